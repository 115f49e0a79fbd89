/** DeLong's interval for a difference of two AUCs on the same rows. Assumes independent rows: printed, never gates. */
import type { Interval } from '../types.js';
import { normalQuantile } from './normal-quantile.js';
import { endOfTie, type RankedSample } from './ranked-sample.js';

/**
 * Definition: difference of AUCs ± z · √(S₁₀/P + S₀₁/N), S the sample variances of the paired placements' differences.
 * Inputs: two ranked samples of the same holdout rows (all of them); no NaN.
 * Conventions: placements by midranks (ties one half); sample variances with P − 1 and N − 1.
 * Output: interval of first − second. Edge cases: null with fewer than two rows of a class.
 * Reference: DeLong et al. 1988, placements by ranks as in Sun & Xu 2014; oracle: the O(n²) formula in
 * test/golden/make_golden.py (statsmodels has none).
 * Example: two identical models give [0, 0].
 */
export function delongInterval(first: RankedSample, second: RankedSample, confidence: number): Interval | null {
  const difference = placements(first);
  const other = placements(second);
  const moments = [moment(), moment()] as const;
  for (let at = 0; at < first.rows; at += 1) {
    const row = first.row[at]!;
    add(moments[first.label[at] === 1 ? 1 : 0], difference[row]! - other[row]!);
  }
  const [negatives, positives] = moments;
  if (negatives.count < 2 || positives.count < 2) return null;
  const variance =
    positives.squares / (positives.count - 1) / positives.count +
    negatives.squares / (negatives.count - 1) / negatives.count;
  const reach = normalQuantile((1 + confidence) / 2) * Math.sqrt(variance);
  return { lower: positives.mean - reach, upper: positives.mean + reach, confidence };
}

/** By holdout row: the share of the other class that the row is on the right side of, ties as half. Its mean is the AUC. */
function placements(sample: RankedSample): Float64Array {
  const { rows, score, label, row } = sample;
  const placement = new Float64Array(rows);
  const positives = label.reduce((sum, one) => sum + one, 0);
  const negatives = rows - positives;
  let negativesBelow = 0;
  let positivesBelow = 0;
  let end = 0;
  for (let start = 0; start < rows; start = end) {
    end = endOfTie(score, start);
    let tied = 0;
    for (let at = start; at < end; at += 1) tied += label[at]!;
    const tiedNegatives = end - start - tied;
    for (let at = start; at < end; at += 1) {
      placement[row[at]!] =
        label[at] === 1
          ? (negativesBelow + tiedNegatives / 2) / negatives
          : (positives - positivesBelow - tied / 2) / positives;
    }
    negativesBelow += tiedNegatives;
    positivesBelow += tied;
  }
  return placement;
}

interface Moment {
  count: number;
  mean: number;
  squares: number;
}

const moment = (): Moment => ({ count: 0, mean: 0, squares: 0 });

function add(to: Moment, value: number): void {
  to.count += 1;
  const step = value - to.mean;
  to.mean += step / to.count;
  to.squares += step * (value - to.mean);
}
