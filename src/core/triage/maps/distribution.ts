/** The distribution of a numeric column as sorted points with weights, and how far two of them lie apart after a linear map. */
import type { EdgeCounts, ValueCounts } from '../input-measures.js';
import type { LinearMap } from './unit-factors.js';

export interface Points {
  /** Ascending. */
  readonly values: Float64Array;
  /** Rows, or shares of them. */
  readonly weights: Float64Array;
  readonly rows: number;
}

type Numbers = ValueCounts | EdgeCounts;

const of = (values: ArrayLike<number>, weights: Float64Array): Points => {
  let rows = 0;
  for (let at = 0; at < weights.length; at += 1) rows += weights[at]!;
  return { values: Float64Array.from(values), weights, rows };
};

/** Of a day: its values, or the evenly spaced ones of its sketch. */
export function dayPoints(numbers: Numbers, day: number): Points {
  const counts = numbers.counts[day]!;
  if (numbers.kind === 'values') return of(numbers.values, Float64Array.from(counts));
  const sketch = numbers.sketch[day]!;
  const rows = counts.reduce((sum, one) => sum + one, 0);
  return of(sketch, new Float64Array(sketch.length).fill(sketch.length === 0 ? 0 : rows / sketch.length));
}

/** Of several days together. */
export function poolPoints(days: readonly Points[]): Points {
  const sums = new Map<number, number>();
  for (const day of days) {
    for (let at = 0; at < day.values.length; at += 1) {
      const weight = day.weights[at]!;
      if (weight > 0) sums.set(day.values[at]!, (sums.get(day.values[at]!) ?? 0) + weight);
    }
  }
  const values = Float64Array.from(sums.keys()).sort();
  return of(
    values,
    Float64Array.from(values, (value) => sums.get(value)!),
  );
}

/** Of values times −1. */
const mirrored = ({ values, weights, rows }: Points): Points => ({
  values: Float64Array.from(values, (value) => -value).reverse(),
  weights: Float64Array.from(weights).reverse(),
  rows,
});

/** Equal up to what a division and a multiplication in floating point lose. */
const NEAR = 1e-7;

/**
 * Definition: KS distance of the first points to the second mapped back, (value − added) / factor.
 * Inputs: ascending points; factor not 0. Conventions: values that differ by 1e-7 of themselves count as equal.
 * Output: in [0, 1]; NaN where either has no rows.
 * Reference: as ks-statistic.ts on the values themselves. Example: 1, 2 against 2, 4 with factor 2 is 0.
 */
export function mappedKs(first: Points, second: Points, map: LinearMap): number {
  if (first.rows === 0 || second.rows === 0) return Number.NaN;
  if (map.factor < 0) return mappedKs(first, mirrored(second), { factor: -map.factor, added: -map.added });
  let [f, g, widest, i, j] = [0, 0, 0, 0, 0];
  while (i < first.values.length && j < second.values.length) {
    const own = first.values[i]!;
    const other = (second.values[j]! - map.added) / map.factor;
    const isEqual = Math.abs(own - other) <= NEAR * Math.max(Math.abs(own), Math.abs(other));
    if (isEqual || own < other) f += first.weights[i++]! / first.rows;
    if (isEqual || other < own) g += second.weights[j++]! / second.rows;
    const gap = Math.abs(f - g);
    if (gap > widest) widest = gap;
  }
  return widest;
}

/** The smallest value that reaches the share. */
export function quantileOf({ values, weights, rows }: Points, share: number): number {
  let reached = 0;
  for (let at = 0; at < values.length; at += 1) {
    reached += weights[at]!;
    if (reached >= share * rows - 1e-9 && weights[at]! > 0) return values[at]!;
  }
  return values[values.length - 1] ?? Number.NaN;
}

/** Between the quartiles. */
export const spreadOf = (points: Points): number => quantileOf(points, 0.75) - quantileOf(points, 0.25);

/** The most frequent values, most frequent first. */
export function modes({ values, weights }: Points, count: number): number[] {
  return [...values.keys()]
    .sort((a, b) => weights[b]! - weights[a]! || a - b)
    .slice(0, count)
    .map((at) => values[at]!);
}
