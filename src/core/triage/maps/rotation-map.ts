/**
 * Hours that are moved around the clock, as by another time zone: of a time feature, of a column of whole numbers from 0 to 23, or of
 * categories that are such numbers. The same hours occur before and after, so values alone prove nothing: never exact.
 */

import type { ColumnMap } from '../facts.js';
import type { ColumnInputs, CountsPerDay } from '../input-measures.js';
import { distanceOf, distancesOf, usualOf } from './category-days.js';
import { type DaySpan, instantsOf, isEnough, isWithin, lengthOf } from './day-span.js';
import { gainingDays, pooled, rowsOf } from './days-between.js';

const HOURS = 24;
/** Hours that the reference has to have, and that a day of it has to have on average: else it is no clock. */
const LEAST_HOURS = 12;
const LEAST_HOURS_A_DAY = 6;
/** On a flat clock nothing is told. */
const LEAST_BEFORE = 0.1;
const LEAST_DISTANCE = 0.03;

interface Clock {
  readonly reference: CountsPerDay;
  readonly current: CountsPerDay;
}

/** Counts by hour; null where a value is no whole hour from 0 to 23. */
function hoursOf(column: ColumnInputs): CountsPerDay | null {
  if (column.kind === 'time') return column.part === 'hour' ? column.counts : null;
  const values = column.kind === 'categorical' ? column.levels.map(hourOf) : valuesOf(column);
  if (values === null) return null;
  if (column.kind === 'categorical' && rowsOf(column.others) > 0) return null;
  const counts = column.kind === 'categorical' ? column.counts : column.numbers.counts;
  const hours = counts.map(() => new Array<number>(HOURS).fill(0));
  for (const [day, own] of counts.entries()) {
    for (const [at, count] of own.entries()) {
      if (count === 0) continue;
      const hour = values[at]!;
      if (!Number.isInteger(hour) || hour < 0 || hour >= HOURS) return null;
      hours[day]![hour]! += count;
    }
  }
  return hours;
}

const hourOf = (level: string): number => (/^\d{1,2}$/.test(level) ? Number(level) : Number.NaN);
const valuesOf = (column: Extract<ColumnInputs, { kind: 'numeric' }>): readonly number[] | null =>
  column.numbers.kind === 'values' ? column.numbers.values : null;

function clockOf(reference: ColumnInputs, current: ColumnInputs): Clock | null {
  const [before, after] = [hoursOf(reference), hoursOf(current)];
  if (before === null || after === null) return null;
  const all = pooled(before, () => true).filter((count) => count > 0).length;
  const aDay = before.reduce((sum, day) => sum + day.filter((count) => count > 0).length, 0) / before.length;
  return all >= LEAST_HOURS && aDay >= LEAST_HOURS_A_DAY ? { reference: before, current: after } : null;
}

/** Counts with every hour `by` later. */
const rotated = (counts: ArrayLike<number>, by: number): Float64Array =>
  Float64Array.from({ length: HOURS }, (_, hour) => counts[(hour - by + HOURS) % HOURS]!);

function ks(first: Float64Array, second: Float64Array): number {
  const [n, m] = [rowsOf(first), rowsOf(second)];
  let [lead, widest] = [0, 0];
  for (let hour = 0; hour < HOURS; hour += 1) {
    lead += first[hour]! / n - second[hour]! / m;
    widest = Math.max(widest, Math.abs(lead));
  }
  return widest;
}

interface Turned {
  /** Hours that the values are moved by, to be as before. */
  readonly back: number;
  readonly span: DaySpan;
  readonly gain: number;
}

/** The rotation that gains most on its days. */
function bestTurn({ current }: Clock, before: Float64Array): Turned | null {
  const distances = distancesOf(before, current);
  // Pooled days lie no farther than the farthest of them.
  if (distances.every((distance) => distance < LEAST_BEFORE)) return null;
  const found = Array.from({ length: HOURS - 1 }, (_, at) => at + 1).flatMap((back): Turned[] => {
    const gains = current.map((day, at) => {
      const rows = rowsOf(day);
      return rows === 0 ? 0 : (distances[at]! - distanceOf(before, rotated(day, back))) * rows;
    });
    const span = gainingDays(gains);
    if (span === null) return [];
    return [{ back, span, gain: gains.filter((_, day) => isWithin(span)(day)).reduce((sum, one) => sum + one, 0) }];
  });
  return found.sort((a, b) => b.gain - a.gain)[0] ?? null;
}

export function rotationMap(reference: ColumnInputs, current: ColumnInputs, days: readonly string[]): ColumnMap | null {
  const clock = clockOf(reference, current);
  if (clock === null) return null;
  const before = pooled(clock.reference, () => true);
  const best = bestTurn(clock, before);
  if (best === null) return null;
  const { back, span } = best;
  const rest = pooled(clock.current, isWithin(span));
  if (!isEnough(span, rowsOf(rest))) return null;
  const distance = distanceOf(before, rest);
  const left = distanceOf(before, rotated(rest, back));
  const others = Array.from({ length: HOURS }, (_, by) => by)
    .filter((by) => by !== back)
    .map((by) => distanceOf(before, rotated(rest, by)));
  const usual = Math.max(LEAST_DISTANCE, 1.5 * usualOf(clock.reference, lengthOf(span)));
  const isTold = Math.min(...others) >= Math.max(2 * left, usual);
  const isFar = distance >= Math.max(LEAST_BEFORE, 2 * usual);
  if (!(isFar && left <= usual && left <= distance / 3 && isTold)) return null;
  const isNamed = current.kind === 'categorical';
  const moved = back <= HOURS / 2 ? `− ${back}` : `+ ${HOURS - back}`;
  return {
    column: current.column,
    kind: 'rotate',
    text: `${current.column} ${moved}, around the clock`,
    share: null,
    distanceBefore: isNamed ? distance : ks(before, rest),
    distanceAfter: isNamed ? left : ks(before, rotated(rest, back)),
    ...instantsOf(span, days),
  };
}
