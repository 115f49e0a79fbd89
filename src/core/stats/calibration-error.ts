/** Expected calibration error in bins of equal mass, with each day left out. */
import type { LeaveOneOut } from './leave-one-out.js';
import { endOfTie, type RankedSample } from './ranked-sample.js';

const BINS = 10;
const NO_BLOCK = -1;

/**
 * Definition: rows in order of score, cut into ten bins of exactly n/10 rows each; the mean over bins of
 * |mean score − share of positives|.
 * Inputs: ranked sample, scores in [0, 1], no NaN.
 * Conventions: a row, or a group of tied rows, that lies on a cut is split in proportion, each part with the group's
 * share of positives: so the order of tied rows does not matter. Left-out days: the cuts are made anew.
 * Output: [0, 1], lower is better. Biased upwards on small samples, equally for both models.
 * Edge cases: fewer than ten rows are split all the same; NaN for no rows.
 * Reference: Nixon et al. 2019 (adaptive calibration error, two classes); oracle: brute force in test/golden/make_golden.py.
 * Example: every score .3 and 3 of 10 labels positive gives 0.
 * Cost: O(n + blocks × log² n): a bin's sum is a difference of two cumulative sums, and so is a sum without a day.
 */
export function calibrationError(sample: RankedSample): LeaveOneOut {
  const cumulated = cumulate(sample);
  const without = new Float64Array(sample.blocks);
  return {
    value: errorWithout(cumulated, NO_BLOCK),
    without: without.map((_, block) => errorWithout(cumulated, block)),
  };
}

/** Counts and gaps (score − label) up to each group of tied rows, over all rows and for each block. */
interface Cumulated {
  /** [groups + 1] rows before each group; the last is all rows. */
  readonly rowsBefore: Float64Array;
  /** [groups + 1] sum of gaps before each group. */
  readonly gapBefore: Float64Array;
  /** By block, in order of score: the group of each of its rows. Block b has [starts[b], starts[b + 1]). */
  readonly groups: Int32Array;
  readonly starts: Int32Array;
  /** Beside `groups`, one longer a block: sum of gaps before each of the block's rows. Block b starts at starts[b] + b. */
  readonly blockGapBefore: Float64Array;
}

function cumulate({ rows, score, label, block, blocks }: RankedSample): Cumulated {
  const starts = new Int32Array(blocks + 1);
  for (let at = 0; at < rows; at += 1) starts[block[at]! + 1]! += 1;
  for (let of = 0; of < blocks; of += 1) starts[of + 1]! += starts[of]!;
  const next = starts.slice();
  const groups = new Int32Array(rows);
  const blockGapBefore = new Float64Array(rows + blocks);
  const rowsBefore = new Float64Array(rows + 1);
  const gapBefore = new Float64Array(rows + 1);
  let group = 0;
  let end = 0;
  let sum = 0;
  for (let start = 0; start < rows; start = end) {
    end = endOfTie(score, start);
    for (let at = start; at < end; at += 1) {
      const of = block[at]!;
      const to = next[of]!;
      const gap = score[at]! - label[at]!;
      groups[to] = group;
      blockGapBefore[to + of + 1] = blockGapBefore[to + of]! + gap;
      next[of] = to + 1;
      sum += gap;
    }
    group += 1;
    rowsBefore[group] = end;
    gapBefore[group] = sum;
  }
  return {
    rowsBefore: rowsBefore.subarray(0, group + 1),
    gapBefore: gapBefore.subarray(0, group + 1),
    groups,
    starts,
    blockGapBefore,
  };
}

function errorWithout(cumulated: Cumulated, out: number): number {
  const last = cumulated.rowsBefore.length - 1;
  const total = before(cumulated, last, out);
  let sum = 0;
  let previous = 0;
  for (let bin = 1; bin <= BINS; bin += 1) {
    const gap = bin === BINS ? total.gap : gapUpTo(cumulated, (bin * total.rows) / BINS, out);
    sum += Math.abs(gap - previous);
    previous = gap;
  }
  return sum / total.rows;
}

/** Sum of gaps over the first `mass` rows; the group on the cut counts in proportion. */
function gapUpTo(cumulated: Cumulated, mass: number, out: number): number {
  let low = 0;
  let high = cumulated.rowsBefore.length - 1;
  // The last group boundary below the mass: rows are whole, so it lies at or before the cut's group.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (before(cumulated, middle, out).rows < mass) low = middle;
    else high = middle;
  }
  const from = before(cumulated, low, out);
  const to = before(cumulated, low + 1, out);
  return from.gap + ((mass - from.rows) / (to.rows - from.rows)) * (to.gap - from.gap);
}

/** Rows and gaps before a group, without those of one block. */
function before(cumulated: Cumulated, group: number, out: number): { rows: number; gap: number } {
  const rows = cumulated.rowsBefore[group]!;
  const gap = cumulated.gapBefore[group]!;
  if (out === NO_BLOCK) return { rows, gap };
  const start = cumulated.starts[out]!;
  let low = start;
  let high = cumulated.starts[out + 1]!;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulated.groups[middle]! < group) low = middle + 1;
    else high = middle;
  }
  return { rows: rows - (low - start), gap: gap - cumulated.blockGapBefore[low + out]! };
}
