/** Counts by day and bin: what a test with days as units reads, of the reference kept in the baseline, of new rows made here. */
import { type BinCounts, countIntoBins } from '../stats/bin-counts.js';

/** Aligned lists, oldest day first. */
export interface DayCounts {
  /** UTC days since 1970-01-01. */
  readonly days: readonly number[];
  /** By day: rows a bin. */
  readonly counts: readonly (readonly number[])[];
}

/** Rows [from, to) of each day; rows are in the order of their events. */
export function daySpans(day: Int32Array): { readonly day: number; readonly from: number; readonly to: number }[] {
  const spans: { day: number; from: number; to: number }[] = [];
  for (let row = 0; row < day.length; ) {
    const from = row;
    while (row < day.length && day[row] === day[from]) row += 1;
    spans.push({ day: day[from]!, from, to: row });
  }
  return spans;
}

interface Counted {
  readonly byDay: DayCounts;
  readonly total: BinCounts;
}

/** @param edges strictly ascending; NaN values are nulls and lie in no bin */
export function countNumbersByDay(values: Float64Array, day: Int32Array, edges: readonly number[]): Counted {
  const own = Float64Array.from(edges);
  const spans = daySpans(day);
  const counts = spans.map(({ from, to }) => Array.from(countIntoBins(values.subarray(from, to), own).counts));
  return { byDay: { days: spans.map((span) => span.day), counts }, total: countIntoBins(values, own) };
}

/**
 * @param binOf bin of a category; the one after the last is for every other
 * @param options.bins of which the last one is that of every other
 */
export function countCodesByDay(
  codes: Int32Array,
  day: Int32Array,
  options: { readonly binOf: (code: number) => number; readonly bins: number },
): DayCounts {
  const spans = daySpans(day);
  const counts = spans.map(({ from, to }) => {
    const bins = new Array<number>(options.bins).fill(0);
    for (let row = from; row < to; row += 1) if (codes[row]! >= 0) bins[options.binOf(codes[row]!)]! += 1;
    return bins;
  });
  return { days: spans.map((span) => span.day), counts };
}

/** Of the days that `keep` says, at most the newest `most`. */
export function keepDays(of: DayCounts, keep: (day: number) => boolean, most = Number.POSITIVE_INFINITY): DayCounts {
  const places = of.days.flatMap((day, at) => (keep(day) ? [at] : [])).slice(-most);
  return { days: places.map((at) => of.days[at]!), counts: places.map((at) => of.counts[at]!) };
}
