/** Upper tail of the standard normal distribution, for the chi-square form of McNemar's test. */

const SERIES_BELOW = 3;
const FRACTION_DEPTH = 200;

/**
 * Definition: 1 − Φ(z). Inputs: z ≥ 0. Conventions: power series below 3, continued fraction above.
 * Output: [0, .5], relative error below 1e-12. Edge cases: 0 for infinity; NaN in gives NaN.
 * Reference: Abramowitz & Stegun 26.2.11 and 26.2.14; oracle scipy.stats.norm.sf (test/golden/distributions.json).
 * Example: normalUpperTail(1.959964) = .025.
 */
export function normalUpperTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < SERIES_BELOW) {
    let term = z;
    let sum = z;
    for (let odd = 3; term > sum * 1e-17; odd += 2) {
      term *= (z * z) / odd;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let step = FRACTION_DEPTH; step >= 1; step -= 1) fraction = z + step / fraction;
  return density / fraction;
}
