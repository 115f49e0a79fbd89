/**
 * What a metric is to be expected without labels: each row counts as a positive to the part of its calibrated probability,
 * and as a negative to the rest. Right as long as the probabilities are: a change of the concept is not seen.
 */

import type { rowBrier } from './brier.js';
import type { LeaveOneOut } from './leave-one-out.js';
import type { rowLogLoss } from './log-loss.js';

export interface ExpectedSample {
  /** Ascending. */
  readonly score: Float32Array;
  /** Calibrated probability of the positive class, aligned. */
  readonly probability: Float64Array;
  /** 0 … blocks − 1, aligned. */
  readonly block: Int32Array;
  readonly blocks: number;
}

/**
 * Definition: E[pairs won] / E[pairs], over pairs of different rows, with independent labels of the given probabilities.
 * Inputs: as ExpectedSample; no NaN.
 * Conventions: ties count one half; pooled over days, as auc.ts.
 * Output: [0, 1].
 * Edge cases: NaN where one class is not expected at all, and for fewer than two rows.
 * Reference: confidence-based performance estimation, as NannyML names it; oracle: every pair in numpy (test/golden/monitor.json).
 * Example: scores .2 .8 with probabilities .2 .8: .64 of .68 expected pairs are won, .941….
 */
export function expectedAuc(sample: ExpectedSample): LeaveOneOut {
  const { score, probability, block, blocks } = sample;
  const pairs = new Float64Array(blocks * blocks);
  const positives = new Float64Array(blocks);
  const below = new Float64Array(blocks);
  const selves = new Float64Array(blocks);
  const halfNegatives = (from: number, to: number): void => {
    for (let at = from; at < to; at += 1) below[block[at]!]! += (1 - probability[at]!) / 2;
  };
  for (let start = 0, end = 0; start < score.length; start = end) {
    while (end < score.length && score[end] === score[start]) end += 1;
    halfNegatives(start, end);
    for (let at = start; at < end; at += 1) {
      const own = block[at]!;
      const weight = probability[at]!;
      positives[own]! += weight;
      selves[own]! += weight * (1 - weight);
      for (let other = 0; other < blocks; other += 1) pairs[own * blocks + other]! += weight * below[other]!;
    }
    halfNegatives(start, end);
  }
  return fromPairs({ pairs, positives, negatives: below, selves });
}

/** Without the pairs of a row with itself, of which half counted as won. */
function fromPairs(of: {
  readonly pairs: Float64Array;
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
  readonly selves: Float64Array;
}): LeaveOneOut {
  const { pairs, positives, negatives, selves } = of;
  const blocks = positives.length;
  const total = (values: Float64Array): number => values.reduce((sum, one) => sum + one, 0);
  const [won, p, n, self] = [total(pairs), total(positives), total(negatives), total(selves)];
  const ratio = (wonNow: number, all: number, selfNow: number): number =>
    all - selfNow > 0 ? (wonNow - selfNow / 2) / (all - selfNow) : Number.NaN;
  const without = positives.map((own, at) => {
    let touching = pairs[at * blocks + at]!;
    for (let other = 0; other < blocks; other += 1) {
      if (other !== at) touching += pairs[at * blocks + other]! + pairs[other * blocks + at]!;
    }
    return ratio(won - touching, (p - own) * (n - negatives[at]!), self - selves[at]!);
  });
  return { value: ratio(won, p * n, self), without };
}

/** Mean over rows of the loss that is to be expected of the score. @param loss log loss or Brier score of a row */
export function expectedLoss(sample: ExpectedSample, loss: typeof rowBrier | typeof rowLogLoss): LeaveOneOut {
  const { score, probability, block, blocks } = sample;
  const sums = new Float64Array(blocks);
  const counts = new Float64Array(blocks);
  for (let at = 0; at < score.length; at += 1) {
    const p = probability[at]!;
    sums[block[at]!]! += p * loss(score[at]!, 1) + (1 - p) * loss(score[at]!, 0);
    counts[block[at]!]! += 1;
  }
  const total = sums.reduce((sum, one) => sum + one, 0);
  return {
    value: total / score.length,
    without: sums.map((sum, at) => (total - sum) / (score.length - counts[at]!)),
  };
}
