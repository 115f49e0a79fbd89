/** Interval for a difference of two mean losses from paired rows. Assumes independent rows: printed, never gates. */
import type { Interval } from '../types.js';
import type { RowLoss } from './mean-loss.js';
import { normalQuantile } from './normal-quantile.js';

interface PairedRows {
  /** Scores of the two models on the same rows, in the same order. */
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly label: Uint8Array;
  readonly loss: RowLoss;
  readonly confidence: number;
}

/**
 * Definition: mean of loss(first) − loss(second) over rows ± z · s/√n.
 * Inputs: aligned arrays, scores in [0, 1]; no NaN. Conventions: normal quantile, s with n − 1.
 * Output: interval of the first's mean loss minus the second's: negative where the first is better.
 * Edge cases: null with fewer than two rows.
 * Reference: the paired z interval; oracle numpy (test/golden/metrics.json).
 * Example: equal scores give [0, 0].
 */
export function pairedRowInterval({ first, second, label, loss, confidence }: PairedRows): Interval | null {
  const rows = label.length;
  if (rows < 2) return null;
  let mean = 0;
  let squares = 0;
  for (let row = 0; row < rows; row += 1) {
    const difference = loss(first[row]!, label[row]!) - loss(second[row]!, label[row]!);
    const step = difference - mean;
    mean += step / (row + 1);
    squares += step * (difference - mean);
  }
  const reach = normalQuantile((1 + confidence) / 2) * Math.sqrt(squares / (rows - 1) / rows);
  return { lower: mean - reach, upper: mean + reach, confidence };
}
