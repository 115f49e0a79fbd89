/** Pooled area under the ROC curve, with each day left out. */
import { concordance, weightedAuc } from './concordance.js';
import type { LeaveOneOut } from './leave-one-out.js';
import type { RankedSample } from './ranked-sample.js';

/**
 * Definition: the chance that a random positive row scores above a random negative one (Mann–Whitney U / (P·N)).
 * Inputs: ranked sample, scores of any scale, no NaN.
 * Conventions: ties count one half; pooled over days: pairs of different days count like pairs of one day.
 * Output: [0, 1], higher is better.
 * Edge cases: NaN without a positive or without a negative row, for `value` and for each `without`.
 * Reference: Hanley & McNeil 1982; oracle sklearn.metrics.roc_auc_score (test/golden/metrics.json).
 * Example: scores .1 .4 .35 .8 with labels 0 0 1 1 give .75.
 */
export function auc(sample: RankedSample): LeaveOneOut {
  const matrix = concordance(sample);
  const { blocks, pairs, positives, negatives } = matrix;
  const touching = new Float64Array(blocks);
  let won = 0;
  let allPositives = 0;
  let allNegatives = 0;
  for (let i = 0; i < blocks; i += 1) {
    allPositives += positives[i]!;
    allNegatives += negatives[i]!;
    for (let j = 0; j < blocks; j += 1) {
      const count = pairs[i * blocks + j]!;
      won += count;
      touching[i]! += count;
      if (i !== j) touching[j]! += count;
    }
  }
  return {
    value: weightedAuc(matrix, new Float64Array(blocks).fill(1)),
    without: touching.map(
      (count, block) => (won - count) / ((allPositives - positives[block]!) * (allNegatives - negatives[block]!)),
    ),
  };
}
