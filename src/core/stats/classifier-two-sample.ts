/**
 * Classifier two-sample test: how well a small model tells two windows apart by all columns together. The pure part; whoever
 * calls it has trained the model and scored each row by a fold that did not hold it.
 */
import { ascendingOrder } from './ascending-order.js';
import { normalUpperTail } from './normal-upper-tail.js';

export interface ClassifierTwoSample {
  /** Chance that a row of the second sample scores above one of the first, ties one half. */
  readonly auc: number;
  /** One-sided: small where the samples can be told apart. */
  readonly pValue: number;
}

/**
 * Definition: AUC of out-of-fold scores for "row is of the second sample", with Mann–Whitney's p-value of AUC > .5.
 * Inputs: scores of any scale, no NaN; 1 for rows of the second sample, 0 for the first; aligned.
 * Conventions: ties count one half, and the variance is corrected for them; no continuity correction.
 * Output: AUC in [0, 1]: .5 when the samples are alike (a little below out of fold), 1 when fully separable; p in [0, 1].
 * Edge cases: NaN for both without rows of either sample; p 1 when all scores are equal. Assumes independent rows, and rows of
 * one fold share a model, so p is rough where it decides alone: judge by the AUC against a limit as well.
 * Reference: Lopez-Paz & Oquab 2017 with Mann & Whitney 1947; oracle scipy.stats.mannwhitneyu (test/golden/drift.json).
 * Example: scores .1 .4 .35 .8 with 0 0 1 1 give AUC .75, p .2193….
 */
export function classifierTwoSample(score: Float32Array, isSecond: Uint8Array): ClassifierTwoSample {
  const order = ascendingOrder(score);
  const rows = order.length;
  let [rankSum, m, tieTerm] = [0, 0, 0];
  let end = 0;
  for (let start = 0; start < rows; start = end) {
    const value = score[order[start]!];
    let own = 0;
    for (end = start; end < rows && score[order[end]!] === value; end += 1) own += isSecond[order[end]!]!;
    const ties = end - start;
    rankSum += own * ((start + 1 + end) / 2);
    tieTerm += ties * (ties * ties - 1);
    m += own;
  }
  const n = rows - m;
  if (n === 0 || m === 0) return { auc: Number.NaN, pValue: Number.NaN };
  const auc = (rankSum - (m * (m + 1)) / 2) / (n * m);
  const variance = (rows + 1 - tieTerm / (rows * (rows - 1))) / (12 * n * m);
  if (!(variance > 0)) return { auc, pValue: 1 };
  const z = (auc - 0.5) / Math.sqrt(variance);
  return { auc, pValue: z >= 0 ? normalUpperTail(z) : 1 - normalUpperTail(-z) };
}
