/** Regularised incomplete beta function: tails of Student's t and of the binomial. */
import { assertInvariant } from '../errors.js';
import { logGamma } from './log-gamma.js';

const MAX_STEPS = 100_000;
const TINY = 1e-300;

/**
 * Definition: I_x(a, b).
 * Inputs: a, b > 0; x in [0, 1] and its complement 1 − x, given separately so that neither loses digits.
 * Conventions: continued fraction by Lentz's method, on the side where it converges fast.
 * Output: [0, 1], absolute error below 1e-10. Edge cases: 0 at x = 0, 1 at x = 1; NaN in gives NaN.
 * Reference: Abramowitz & Stegun 26.5.8; oracle scipy through test/golden/distributions.json.
 * Example: I_.5(2, 3) = .6875.
 */
export function incompleteBeta({ a, b, x, rest }: { a: number; b: number; x: number; rest: number }): number {
  if (Number.isNaN(a + b + x + rest)) return Number.NaN;
  if (x <= 0) return 0;
  if (rest <= 0) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(rest));
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction(a, b, x)) / a
    : 1 - (front * continuedFraction(b, a, rest)) / b;
}

function continuedFraction(a: number, b: number, x: number): number {
  const guard = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let product = d;
  for (let m = 1; m <= MAX_STEPS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    product *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    product *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) return product;
  }
  assertInvariant(false, `The incomplete beta function did not converge for a = ${a}, b = ${b}, x = ${x}.`);
}
