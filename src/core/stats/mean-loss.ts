/** Means of a loss a row, with each day left out: sums a day are enough. Shared by log loss and Brier score. */
import type { LeaveOneOut } from './leave-one-out.js';
import type { RankedSample } from './ranked-sample.js';

/** A row's loss from its score in [0, 1] and its label (0 or 1). */
export type RowLoss = (score: number, label: number) => number;

/** @returns the mean of `loss` over rows; NaN for no rows */
export function meanLoss(sample: RankedSample, loss: RowLoss): LeaveOneOut {
  const sums = new Float64Array(sample.blocks);
  const counts = new Float64Array(sample.blocks);
  for (let at = 0; at < sample.rows; at += 1) {
    const block = sample.block[at]!;
    sums[block]! += loss(sample.score[at]!, sample.label[at]!);
    counts[block]! += 1;
  }
  const total = sums.reduce((sum, one) => sum + one, 0);
  return {
    value: total / sample.rows,
    without: sums.map((sum, block) => (total - sum) / (sample.rows - counts[block]!)),
  };
}
