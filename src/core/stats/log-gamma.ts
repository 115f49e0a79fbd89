/** Natural log of the gamma function, for the incomplete beta function and Student's t. */

/** Stirling's series coefficients B(2k) / (2k (2k − 1)). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
const SERIES_FROM = 12;

/**
 * Definition: ln Γ(x). Inputs: x > 0. Conventions: Stirling's series above 12, recurrence below.
 * Output: relative error below 1e-14. Edge cases: NaN for x ≤ 0.
 * Reference: Abramowitz & Stegun 6.1.41; oracle scipy through test/golden/distributions.json.
 * Example: logGamma(5) = ln 24 = 3.17805….
 */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  let shifted = x;
  let product = 1;
  while (shifted < SERIES_FROM) {
    product *= shifted;
    shifted += 1;
  }
  let series = 0;
  let power = 1 / shifted;
  for (const coefficient of STIRLING) {
    series += coefficient * power;
    power /= shifted * shifted;
  }
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
