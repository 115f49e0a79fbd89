/** What maps are judged by: since which day one fits better than leaving the values as they are, and how far apart days usually lie. */

/**
 * @param gains per day, weighted by its rows, the distance as it is minus the distance mapped back
 * @returns the first of the days from which on mapping back gains most in all; null where it gains nothing
 */
export function firstGainingDay(gains: readonly number[]): number | null {
  let [sum, best] = [0, 0];
  let first: number | null = null;
  for (let at = gains.length - 1; at >= 0; at -= 1) {
    sum += gains[at]!;
    if (sum > best) [best, first] = [sum, at];
  }
  return first;
}

/** Blocks of the reference that are compared with its other days. */
const BLOCKS = 5;

/**
 * The largest distance of some consecutive days of the reference, as many as the window has, to the reference's other days: what
 * is usual when nothing changed. 0 where the reference has a day only.
 */
export function usualDistance(
  days: number,
  own: number,
  distance: (isInBlock: (day: number) => boolean) => number,
): number {
  const length = Math.max(1, Math.min(own, Math.floor(days / 2)));
  if (days < 2) return 0;
  let widest = 0;
  for (let block = 0; block < BLOCKS; block += 1) {
    const start = Math.round((block / (BLOCKS - 1)) * (days - length));
    const value = distance((day) => day >= start && day < start + length);
    if (value > widest) widest = value;
  }
  return widest;
}

/** Counts of the chosen days together. */
export function pooled(counts: readonly (readonly number[])[], isChosen: (day: number) => boolean): Float64Array {
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
