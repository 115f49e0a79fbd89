/**
 * The refit probe: would a model that learnt from recent rows do better than the same learner on as many earlier rows, on days later
 * than both? Like against like: neither learner is the champion, which had more rows, and both lose the same by being small.
 */

import { type ColumnTable, type TableColumn, UNKNOWN_LABEL } from '../column-table.js';
import { PipelineError } from '../errors.js';
import { createRng, permutation } from '../rng.js';
import { jackknife, jackknifeInterval } from '../stats/jackknife.js';
import { mean } from '../stats/mean.js';
import type { RefitFacts } from './facts.js';
import type { ScoredDay } from './scored-days.js';

const CONFIDENCE = 0.95;
/** Of the recent days the later half is held apart to be scored: the interval's width hangs on its days more than on a learner's rows. */
const HELD_APART = 1 / 2;
export const LEAST_TEST_DAYS = 5;
/** More rows teach a small learner little and take longer. */
const MOST_ROWS = 20_000;
const LEAST_ROWS = 500;
/** Of a learner's rows, drawn at random: what its early stopping watches. */
const WATCHED = 0.2;

interface RefitSplit {
  /** Places in the table; the rows to fit on come first, then those that are watched. */
  readonly recent: Uint32Array;
  readonly earlier: Uint32Array;
  /** How many of each are fitted on. */
  readonly fitted: number;
  /** Rows of the days held apart, in the table's order. */
  readonly test: Uint32Array;
}

export type RefitPlan =
  | { readonly split: RefitSplit; readonly why: null }
  | { readonly split: null; readonly why: string };

function draw(rows: readonly number[], options: { size: number; seed: number; stream: number }): Uint32Array {
  const order = permutation(rows.length, createRng(options.seed, options.stream));
  return Uint32Array.from(order.subarray(0, options.size), (at) => rows[at]!);
}

/**
 * Definition: mature labelled rows of the days `recent`, but for their later half, against as many mature labelled rows of the
 * days `reference`, both drawn at random; all mature labelled rows of that half are to be scored.
 * @param days mature days on which the two learn and are scored, ascending
 */
export function splitForRefit(
  table: Pick<ColumnTable, 'label' | 'day'>,
  days: { readonly recent: readonly number[]; readonly reference: readonly number[]; readonly seed: number },
): RefitPlan {
  const apart = Math.max(LEAST_TEST_DAYS, Math.ceil(days.recent.length * HELD_APART));
  const taught = days.recent.length - apart;
  if (taught < LEAST_TEST_DAYS) {
    const why =
      `No refit was tried: of the ${days.recent.length} days with mature labels since the change, ${apart} are held apart to be ` +
      `scored and at least ${LEAST_TEST_DAYS} must be left to learn from.`;
    return { split: null, why };
  }
  const labelledRows = (wanted: readonly number[]): number[] => {
    const set = new Set(wanted);
    return [...table.label.keys()].filter((row) => table.label[row] !== UNKNOWN_LABEL && set.has(table.day[row]!));
  };
  const recent = labelledRows(days.recent.slice(0, taught));
  const earlier = labelledRows(days.reference);
  const size = Math.min(recent.length, earlier.length, MOST_ROWS);
  if (size < LEAST_ROWS) {
    const why = `No refit was tried: ${recent.length} recent and ${earlier.length} earlier labelled rows are fewer than ${LEAST_ROWS}.`;
    return { split: null, why };
  }
  const { seed } = days;
  const split = {
    recent: draw(recent, { size, seed, stream: 1 }),
    earlier: draw(earlier, { size, seed, stream: 2 }),
    fitted: size - Math.floor(size * WATCHED),
    test: Uint32Array.from(labelledRows(days.recent.slice(taught))),
  };
  return { split, why: null };
}

/** The rows at these places, in this order. */
export function pickRows(table: ColumnTable, rows: Uint32Array): ColumnTable {
  const pick = (column: TableColumn): TableColumn =>
    column.kind === 'numeric'
      ? { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) }
      : { ...column, codes: Int32Array.from(rows, (row) => column.codes[row]!) };
  const label = Uint8Array.from(rows, (row) => table.label[row]!);
  if (label.includes(UNKNOWN_LABEL)) throw new PipelineError('INVARIANT_BROKEN', 'A row without its label was picked.');
  return {
    rows: rows.length,
    features: table.features.map(pick),
    sliceColumns: [],
    label,
    day: Int32Array.from(rows, (row) => table.day[row]!),
  };
}

/**
 * Definition: by day, the loss of the earlier learner minus that of the recent one, both after the day's own intercept (so that
 * whoever knows the recent share of positives does not win by that alone); mean over days with the jackknife's t interval.
 * @param earlier, recent the same days, oldest first, as scored by either learner
 */
export function refitFacts(
  earlier: readonly ScoredDay[],
  recent: readonly ScoredDay[],
  sizes: { readonly trainRows: number },
): RefitFacts | null {
  const gains = recent.flatMap((day, at) => {
    const other = earlier[at];
    return day.loss === null || other?.loss == null ? [] : [{ gain: other.loss.shifted - day.loss.shifted, ...day }];
  });
  if (gains.length < LEAST_TEST_DAYS) return null;
  const values = gains.map(({ gain }) => gain);
  const value = mean(values);
  const without = Float64Array.from(values, (one) => (value * values.length - one) / (values.length - 1));
  const estimate = jackknife({ value, without });
  if (estimate === null) return null;
  return {
    gain: value,
    interval: jackknifeInterval(estimate, CONFIDENCE),
    days: values.length,
    trainRows: sizes.trainRows,
    testRows: gains.reduce((sum, { labelled }) => sum + labelled, 0),
  };
}
