/** A categorical column of two windows with one list of names, as maps of names read it. */
import { correctedJensenShannon } from '../../stats/jensen-shannon.js';
import type { CategoricalInputs, CountsPerDay } from '../input-measures.js';
import type { DaySpan } from './day-span.js';
import { gainingDays, pooled, rowsOf, usualDistance } from './days-between.js';

export interface CategoryDays {
  /** Of either window. */
  readonly levels: readonly string[];
  readonly reference: CountsPerDay;
  readonly current: CountsPerDay;
  /** Rows of each name in the whole reference. */
  readonly before: Float64Array;
  /** Rows of either window whose category was not counted by name. */
  readonly others: { readonly reference: number; readonly current: number };
}

export function categoryDays(reference: CategoricalInputs, current: CategoricalInputs): CategoryDays {
  const levels = [...new Set([...reference.levels, ...current.levels])];
  const place = new Map(levels.map((level, at) => [level, at]));
  const spread = (column: CategoricalInputs): number[][] =>
    column.counts.map((day) => {
      const list = new Array<number>(levels.length).fill(0);
      for (const [at, count] of day.entries()) list[place.get(column.levels[at]!)!]! += count;
      return list;
    });
  const own = spread(reference);
  return {
    levels,
    reference: own,
    current: spread(current),
    before: pooled(own, () => true),
    others: { reference: rowsOf(reference.others), current: rowsOf(current.others) },
  };
}

export const distanceOf = (first: Float64Array, second: Float64Array): number =>
  correctedJensenShannon(first, second, Math.E).distance;

/** Counts with each name's rows moved to the name that it stands for. */
export function mapBack(counts: ArrayLike<number>, to: readonly number[]): Float64Array {
  const mapped = new Float64Array(counts.length);
  for (let at = 0; at < counts.length; at += 1) mapped[to[at]!]! += counts[at]!;
  return mapped;
}

/** Corrected Jensen–Shannon between blocks of the reference's own days. */
export const usualOf = (counts: CountsPerDay, own: number): number =>
  usualDistance(counts.length, own, (isIn) =>
    distanceOf(
      pooled(counts, isIn),
      pooled(counts, (day) => !isIn(day)),
    ),
  );

/** Of each day to all of the reference; 0 for one without rows. */
export const distancesOf = (before: Float64Array, days: CountsPerDay): number[] =>
  days.map((day) => (rowsOf(day) === 0 ? 0 : distanceOf(before, Float64Array.from(day))));

/** The consecutive days that lie further from the reference than a day of its own does. */
export function daysApart({ reference, current }: CategoryDays, distances: readonly number[]): DaySpan | null {
  const usual = usualOf(reference, 1);
  return gainingDays(current.map((day, at) => (rowsOf(day) === 0 ? 0 : (distances[at]! - usual) * rowsOf(day))));
}
