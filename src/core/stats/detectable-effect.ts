/** How large a change has to be for the re-test to find it: what tells "nothing changed" from "too few rows to see it". */
import { kolmogorovTail } from './kolmogorov-tail.js';
import { normalQuantile } from './normal-quantile.js';

/** How often an effect of the size returned is found. */
const POWER = 0.95;

interface Sizes {
  readonly n: number;
  readonly m: number;
  /** Level of the single test: divide by the number of columns where several are tested. */
  readonly alpha: number;
}

/**
 * Definition: the true KS distance that a test at this level finds in about 95 % of cases.
 * Inputs: sample sizes, level in (0, 1). Conventions: critical D of Kolmogorov's limit, plus 1.64 standard errors of a share of
 * one half in both samples (the largest it can be).
 * Output: > 0, above 1 where no distance would be found. Edge cases: Infinity for an empty sample.
 * Reference: Kolmogorov's limit as in kolmogorov-tail.ts; oracle: simulation (test/property/drift.test.ts).
 * Example: 5,000 and 5,000 at .01 give .04900….
 */
export function detectableKs({ n, m, alpha }: Sizes): number {
  if (n === 0 || m === 0) return Infinity;
  let [low, high] = [0, 10];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (kolmogorovTail(middle) > alpha) low = middle;
    else high = middle;
  }
  return (high + normalQuantile(POWER) / 2) * Math.sqrt((n + m) / (n * m));
}

/**
 * Definition: the true Jensen–Shannon distance (base e) that a chi-square test at this level finds in about 95 % of cases.
 * Inputs: sample sizes, level, degrees of freedom of the (pooled) test.
 * Conventions: chi-square's mean is degrees + δ, δ = 8 · JSD · nm/(n+m); normal approximation of both tails.
 * Output: > 0, above .83 (the root of log 2) where no distance would be found. Edge cases: Infinity for an empty sample or 0 degrees.
 * Reference: Patnaik 1949; oracle: simulation (test/property/drift.test.ts).
 * Example: 5,000 and 5,000 at .01 with 150 degrees give .06511….
 */
export function detectableJensenShannon({ n, m, alpha, degrees }: Sizes & { readonly degrees: number }): number {
  if (n === 0 || m === 0 || degrees === 0) return Infinity;
  const z = normalQuantile(1 - alpha);
  // Wilson and Hilferty's cube root for the critical value, which the plain normal understates at few degrees.
  const ninth = 2 / (9 * degrees);
  const critical = degrees * (1 - ninth + z * Math.sqrt(ninth)) ** 3;
  const power = normalQuantile(POWER);
  // degrees + δ − power · √(2 (degrees + 2δ)) = critical, a quadratic in √(degrees + 2δ).
  const root = (2 * power * Math.SQRT2 + Math.sqrt(8 * power * power + 4 * (2 * critical - degrees))) / 2;
  const delta = (root * root - degrees) / 2;
  return Math.sqrt((delta * (n + m)) / (8 * n * m));
}
