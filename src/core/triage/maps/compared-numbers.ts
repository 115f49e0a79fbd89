/** A numeric column of two windows as its maps are judged: by day and together, with what is usual between days and the grid of its values. */
import type { NumericInputs } from '../input-measures.js';
import { type DaySpan, FEWEST_ROWS } from './day-span.js';
import { dayPoints, mappedKs, type Points, poolPoints } from './distribution.js';
import { IDENTITY } from './unit-factors.js';
import { usualKs } from './usual-ks.js';
import { gridOf, type ValueGrid } from './value-grid.js';

export interface ComparedNumbers {
  readonly reference: Points;
  /** Days of the reference. */
  readonly past: readonly Points[];
  readonly days: readonly Points[];
  /** Of each day to the reference, as it is. */
  readonly before: readonly number[];
  /** By the days of a span, the largest distance that is nothing to explain. */
  readonly usual: (days: number) => number;
  readonly grid: ValueGrid;
  /** Of a sample of many values that lie on no grid, no value has to come again. */
  readonly isCountable: boolean;
}

/** A distance that days usually have, or this: nothing to explain below, and nothing left to explain. */
export const LEAST_DISTANCE = 0.02;
/** Of a sketch's steps. */
const SKETCH_ERROR = 0.02;
/** A share counts where wrong maps would show: where they reach less. */
export const MOST_BY_CHANCE = 0.5;
export const WRONG: readonly number[] = [1.0371, 0.9643];

export const ofSpan = (days: readonly Points[], { first, last }: DaySpan): Points =>
  poolPoints(days.slice(first, last + 1));

export const distinctOf = ({ weights }: Points): number =>
  weights.reduce((sum, weight) => sum + (weight > 0 ? 1 : 0), 0);

/** @returns null where either window has too few rows */
export function compareNumbers(before: NumericInputs, after: NumericInputs): ComparedNumbers | null {
  const past = before.numbers.counts.map((_, day) => dayPoints(before.numbers, day));
  const days = after.numbers.counts.map((_, day) => dayPoints(after.numbers, day));
  const reference = poolPoints(past);
  const rows = days.reduce((sum, day) => sum + day.rows, 0);
  if (reference.rows < FEWEST_ROWS || rows < FEWEST_ROWS) return null;
  const between = usualKs(past);
  const isSketched = before.numbers.kind === 'bins' || after.numbers.kind === 'bins';
  const grid = gridOf(reference);
  return {
    reference,
    past,
    days,
    before: days.map((day) => mappedKs(reference, day, IDENTITY)),
    usual: (own) => Math.max(LEAST_DISTANCE, 1.5 * between(own)) + (isSketched ? SKETCH_ERROR : 0),
    grid,
    isCountable: grid.decimals !== null || before.numbers.kind === 'values',
  };
}
