/**
 * A column that is rounded to a coarser grid than before: whole numbers, tens, steps of 0.5. It cannot be undone, so the reference is
 * rounded instead and has to be spread as the window is then. Told only where the loss is clear: the step is no small part of how far
 * values usually lie apart, or the column is far from what it was. Never exact: what is measured may have become coarser by itself.
 */
import type { ColumnMap } from '../facts.js';
import { type ComparedNumbers, distinctOf, ofSpan } from './compared-numbers.js';
import { type DaySpan, FEWEST_ROWS, instantsOf, lengthOf } from './day-span.js';
import { gainingDays, usualDistance } from './days-between.js';
import { mappedKs, type Points, poolPoints, spreadOf } from './distribution.js';
import { shown } from './linear-text.js';
import { IDENTITY } from './unit-factors.js';
import { isOnGrid } from './value-grid.js';

/** Of the rows of its days; and of so many of the reference's, at most. */
const LEAST_ON = 0.99;
const MOST_BEFORE = 0.5;
/** A day below it is none of its days. */
const LEAST_OF_DAY = 0.95;
/** Of fewer different values it is by chance that all lie on a grid. */
const FEWEST_VALUES = 5;
/** Of the distance between the quartiles. */
const CLEAR = 0.1;
const LEAST_POWER = -4;
const MOST_POWER = 6;
/** Up to what a division in floating point loses. */
const SLACK = 1e-9;

const STEPS: readonly number[] = Array.from(
  { length: MOST_POWER - LEAST_POWER + 1 },
  (_, at) => MOST_POWER - at,
).flatMap((power) => [5, 2, 1].map((digit) => Number(`${digit}e${power}`)));

const MODES: readonly { readonly name: string; readonly to: (steps: number) => number }[] = [
  { name: 'rounded', to: (steps) => Math.floor(steps + 0.5 + SLACK) },
  { name: 'rounded down', to: (steps) => Math.floor(steps + SLACK) },
  { name: 'rounded up', to: (steps) => Math.ceil(steps - SLACK) },
];

function shareOn({ values, weights, rows }: Points, step: number): number {
  let own = 0;
  for (let at = 0; at < values.length; at += 1) {
    if (weights[at]! > 0 && isOnGrid(values[at]! / step, 0)) own += weights[at]!;
  }
  return rows === 0 ? 0 : own / rows;
}

interface Judged {
  readonly step: number;
  readonly name: string;
  readonly span: DaySpan;
  readonly rows: number;
  readonly distanceBefore: number;
  readonly distanceAfter: number;
}

function judge(step: number, compared: ComparedNumbers): Judged | null {
  const { reference, past, days } = compared;
  if (shareOn(reference, step) > MOST_BEFORE) return null;
  const span = gainingDays(days.map((day) => (day.rows === 0 ? 0 : (shareOn(day, step) - LEAST_OF_DAY) * day.rows)));
  if (span === null) return null;
  const rest = ofSpan(days, span);
  if (rest.rows < FEWEST_ROWS || distinctOf(rest) < FEWEST_VALUES || shareOn(rest, step) < LEAST_ON) return null;
  const before = usualDistance(past.length, lengthOf(span), (isIn) =>
    shareOn(poolPoints(past.filter((_, day) => isIn(day))), step),
  );
  if (before > MOST_BEFORE) return null;
  const usual = compared.usual(lengthOf(span));
  const distanceBefore = mappedKs(reference, rest, IDENTITY);
  const spread = spreadOf(reference);
  if (!(distanceBefore >= 2 * usual || (spread > 0 && step >= CLEAR * spread))) return null;
  const [best] = MODES.map(({ name, to }) => {
    const values = reference.values.map((value) => to(value / step) * step);
    return { name, distance: mappedKs(poolPoints([{ ...reference, values }]), rest, IDENTITY) };
  }).toSorted((a, b) => a.distance - b.distance);
  if (best === undefined || !(best.distance <= usual)) return null;
  return { step, name: best.name, span, rows: rest.rows, distanceBefore, distanceAfter: best.distance };
}

/** @returns the map that holds for most rows; of several steps the coarsest */
export function roundMap(compared: ComparedNumbers, column: string, days: readonly string[]): ColumnMap | null {
  const found = STEPS.flatMap((step) => judge(step, compared) ?? []);
  const [best] = found.toSorted((a, b) => b.rows - a.rows);
  if (best === undefined) return null;
  const { step, name, span, distanceBefore, distanceAfter } = best;
  const grid = step === 1 ? 'whole numbers' : `multiples of ${shown(step)}`;
  const text = `${column} ${name} to ${grid}`;
  return { column, kind: 'round', text, share: null, distanceBefore, distanceAfter, ...instantsOf(span, days) };
}
