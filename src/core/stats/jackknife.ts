/** Delete-one-block jackknife with Student's t: the interval that gates, because days and not rows are the sample. */
import type { Interval } from '../types.js';
import type { LeaveOneOut } from './leave-one-out.js';
import { studentTQuantile } from './student-t.js';

export interface Jackknife {
  readonly value: number;
  readonly standardError: number;
  readonly degreesOfFreedom: number;
}

/**
 * Definition: standard error = √((D − 1)/D · Σ (θ₍₋d₎ − mean of θ₍₋d₎)²) over D blocks.
 * Inputs: a statistic and its leave-one-out values, or a difference or ratio of two.
 * Conventions: centred on the full estimate (no bias correction); D − 1 degrees of freedom; blocks weigh the same.
 * Output: standard error ≥ 0 in the statistic's unit.
 * Edge cases: null with fewer than two blocks, or when any value is not finite (a day holds all the positives, say).
 * Reference: Efron & Tibshirani 1993, ch. 11; oracle: days deleted one by one in numpy (test/golden/jackknife.json).
 * Example: the mean of 1, 2, 3 (one row a day) has standard error .57735….
 */
export function jackknife(statistic: LeaveOneOut): Jackknife | null {
  const { value, without } = statistic;
  const blocks = without.length;
  if (blocks < 2 || !Number.isFinite(value)) return null;
  let sum = 0;
  for (const one of without) sum += one;
  const mean = sum / blocks;
  let squares = 0;
  for (const one of without) squares += (one - mean) ** 2;
  const standardError = Math.sqrt(((blocks - 1) / blocks) * squares);
  return Number.isFinite(standardError) ? { value, standardError, degreesOfFreedom: blocks - 1 } : null;
}

/** Two-sided interval value ± t · standard error. Example: confidence .975 with 27 degrees of freedom uses t = 2.3734. */
export function jackknifeInterval(estimate: Jackknife, confidence: number): Interval {
  const reach = estimate.standardError * studentTQuantile((1 + confidence) / 2, estimate.degreesOfFreedom);
  return { lower: estimate.value - reach, upper: estimate.value + reach, confidence };
}
