/** Interval of the difference of two means whose samples vary differently: this window's days against the reference's. */
import type { Interval } from '../types.js';
import { mean } from './mean.js';
import { studentTQuantile } from './student-t.js';

export interface MeanDifference {
  /** Mean of the first sample minus mean of the second. */
  readonly difference: number;
  readonly interval: Interval;
}

const varianceOfMean = (values: readonly number[], centre: number): number =>
  values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1) / values.length;

/**
 * Definition: mean(first) − mean(second) ± t · √(s₁²/n₁ + s₂²/n₂), t with the degrees of freedom of Welch and Satterthwaite.
 * Inputs: two samples of independent values, e.g. one value a day; confidence in (0, 1).
 * Conventions: two-sided; variances with n − 1.
 * Output: in the values' unit; above zero the first sample is larger.
 * Edge cases: null with fewer than two values in a sample or with one that is not finite; two constant samples give an interval
 * of no width.
 * Reference: Welch 1947; oracle: the pooled t interval, which it equals for samples of one size and variance (test/unit/stats-welch.test.ts).
 * Example: [1, 2, 3, 4] against [2, 2, 3] at .95: difference .166667, interval [−1.788050, 2.121384].
 */
export function meanDifference(
  first: readonly number[],
  second: readonly number[],
  confidence: number,
): MeanDifference | null {
  if (first.length < 2 || second.length < 2) return null;
  const [own, other] = [mean(first), mean(second)];
  const [a, b] = [varianceOfMean(first, own), varianceOfMean(second, other)];
  const difference = own - other;
  if (!Number.isFinite(difference) || !Number.isFinite(a + b)) return null;
  if (a + b === 0) return { difference, interval: { lower: difference, upper: difference, confidence } };
  const degrees = (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  const reach = studentTQuantile((1 + confidence) / 2, degrees) * Math.sqrt(a + b);
  return { difference, interval: { lower: difference - reach, upper: difference + reach, confidence } };
}
