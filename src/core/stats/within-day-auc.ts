/** Mean of the days' own AUCs: ranking within a day, blind to how well days are told apart. Printed beside the pooled AUC. */
import { concordance } from './concordance.js';
import type { LeaveOneOut } from './leave-one-out.js';
import type { RankedSample } from './ranked-sample.js';

/**
 * Definition: the plain mean of AUC over the days that have both classes.
 * Inputs: ranked sample, scores of any scale, no NaN.
 * Conventions: every such day weighs the same, whatever its rows; ties count one half; days of one class are left aside.
 * Output: [0, 1], higher is better.
 * Edge cases: NaN when no day has both classes.
 * Reference: oracle: mean of sklearn.metrics.roc_auc_score by day (test/golden/metrics.json).
 * Example: a day of AUC 1 with 10 rows and a day of AUC .5 with 1,000 rows give .75.
 */
export function withinDayAuc(sample: RankedSample): LeaveOneOut {
  const { blocks, pairs, positives, negatives } = concordance(sample);
  const own = new Float64Array(blocks);
  let sum = 0;
  let days = 0;
  for (let block = 0; block < blocks; block += 1) {
    own[block] = pairs[block * blocks + block]! / (positives[block]! * negatives[block]!);
    if (Number.isNaN(own[block])) continue;
    sum += own[block]!;
    days += 1;
  }
  const value = sum / days;
  return { value, without: own.map((day) => (Number.isNaN(day) ? value : (sum - day) / (days - 1))) };
}
