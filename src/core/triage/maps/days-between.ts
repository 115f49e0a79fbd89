/** What maps are judged by: on which days one fits better than leaving the values as they are, and how far apart days usually lie. */
import type { DaySpan } from './day-span.js';

/**
 * Definition: the consecutive days whose gains sum to most (Kadane's algorithm).
 * Conventions: of equal sums the earliest and shortest; days after it that neither gain nor lose belong to it where all do.
 * @param gains per day, weighted by its rows, the distance as it is minus the distance mapped back
 * @returns null where no day gains
 */
export function gainingDays(gains: readonly number[]): DaySpan | null {
  let [sum, most, from] = [0, 0, 0];
  let best: DaySpan | null = null;
  for (const [at, gain] of gains.entries()) {
    if (sum <= 0) [sum, from] = [0, at];
    sum += gain;
    if (sum > most) [best, most] = [{ first: from, last: at }, sum];
  }
  if (best === null) return null;
  const isToTheEnd = gains.slice(best.last + 1).every((gain) => gain === 0);
  return isToTheEnd ? { ...best, last: gains.length - 1 } : best;
}

/** Blocks of the reference that are compared with its other days. */
const BLOCKS = 5;
/** Of less than a week, so that every weekday is in them. */
const SHORT_BLOCKS = 28;
const WEEK = 7;

/**
 * The largest distance of some consecutive days of the reference, as many as the span has, to the reference's other days: what
 * is usual when nothing changed. Fewer days differ more. 0 where the reference has a day only.
 */
export function usualDistance(
  days: number,
  own: number,
  distance: (isInBlock: (day: number) => boolean) => number,
): number {
  const length = Math.max(1, Math.min(own, Math.floor(days / 2)));
  if (days < 2) return 0;
  const starts = days - length;
  const blocks = Math.min(starts + 1, length < WEEK ? SHORT_BLOCKS : BLOCKS);
  let widest = 0;
  for (let block = 0; block < blocks; block += 1) {
    const start = Math.round((block / Math.max(1, blocks - 1)) * starts);
    const value = distance((day) => day >= start && day < start + length);
    if (value > widest) widest = value;
  }
  return widest;
}

/** Standard errors that chance alone reaches. */
const ERRORS = 3;

/**
 * How far a share may lie from the expected one where nothing happened to it: by what blocks of days usually differ by, by chance in so few
 * rows, or by the least that says something.
 * @param of.varying the largest difference of a block of the reference, as `usualDistance` has it
 * @param of.rows of the two windows
 */
export function shareMissed(
  expected: number,
  of: { readonly varying: number; readonly least: number; readonly rows: readonly [number, number] },
): number {
  const [before, after] = of.rows;
  const chance = ERRORS * Math.sqrt(expected * (1 - expected) * (1 / before + 1 / after));
  return Math.max(1.5 * of.varying, chance, of.least);
}

/** Counts of the chosen days together. */
export function pooled(counts: readonly ArrayLike<number>[], isChosen: (day: number) => boolean): Float64Array {
  const sum = new Float64Array(counts[0]?.length ?? 0);
  for (const [at, day] of counts.entries()) {
    if (isChosen(at)) for (let bin = 0; bin < sum.length; bin += 1) sum[bin]! += day[bin]!;
  }
  return sum;
}

export const rowsOf = (counts: ArrayLike<number>): number => {
  let sum = 0;
  for (let at = 0; at < counts.length; at += 1) sum += counts[at]!;
  return sum;
};
