/**
 * A unit that changed in a part of the rows only, as of some of the places that report. The values of that part lie off the grid that all
 * of the reference's lie on, and one unit factor brings them back onto it. A fact about single rows, but never exact: that the others
 * are in the old unit is no fact, and a new kind of row may be measured otherwise.
 */
import type { ColumnMap } from '../facts.js';
import { type ComparedNumbers, distinctOf, MOST_BY_CHANCE, ofSpan, WRONG } from './compared-numbers.js';
import { type DaySpan, instantsOf, isEnough, lengthOf } from './day-span.js';
import { gainingDays, usualDistance } from './days-between.js';
import { mappedKs, type Points, poolPoints } from './distribution.js';
import { linearText } from './linear-text.js';
import { IDENTITY, UNIT_MAPS, type UnitMap } from './unit-factors.js';
import { gridOf, isKnown, isOnGrid, nearestOn, shareOnGrid, type ValueGrid } from './value-grid.js';

/** Of the rows of its days. */
const LEAST_PART = 0.02;
const FEWEST_STRANGE = 50;
/** Few values always go through one factor. */
const FEWEST_VALUES = 3;
/** Of the strange rows. */
const LEAST_SHARE = 0.95;
/** Of the part, how many new values days of the reference have at most. */
const USUALLY_NEW = 0.1;

type Test = (value: number) => boolean;

const weightOf = ({ values, weights }: Points, is: Test): number => {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) if (weights[at]! > 0 && is(values[at]!)) sum += weights[at]!;
  return sum;
};

const only = ({ values, weights }: Points, is: Test): Points => {
  const own = weights.map((weight, at) => (is(values[at]!) ? weight : 0));
  return { values, weights: own, rows: own.reduce((sum, one) => sum + one, 0) };
};

/** Off the grid; where values lie on none, one that the reference never had. */
const strangeTo =
  ({ values, decimals }: ValueGrid): Test =>
  (value) =>
    decimals === null ? !isKnown(values, value) : !isOnGrid(value, decimals);

/** The largest share of rows that some days of the reference have with values of their own. */
function usuallyNew({ past, grid }: ComparedNumbers, own: number): number {
  if (grid.decimals !== null) return 0;
  return usualDistance(past.length, own, (isIn) => {
    const inside = poolPoints(past.filter((_, day) => isIn(day)));
    const { values } = poolPoints(past.filter((_, day) => !isIn(day)));
    return inside.rows === 0 ? 0 : weightOf(inside, (value) => !isKnown(values, value)) / inside.rows;
  });
}

/**
 * Share of the strange rows that the unit brings back. Values with few decimals are brought onto a grid by many factors: of them only
 * values that were there before tell, and not their neighbours.
 */
function fitOf(strange: Points, grid: ValueGrid, unit: UnitMap): number | null {
  const isPlain = gridOf(strange).decimals !== null;
  const told = isPlain ? { ...grid, decimals: null } : grid;
  const wrong = WRONG.map((by) => ({ factor: unit.factor * by, added: unit.added * by }));
  if (isPlain && grid.decimals !== null) {
    const step = 10 ** -grid.decimals * unit.factor;
    wrong.push(...[-step, step].map((by) => ({ factor: unit.factor, added: unit.added + by })));
  }
  const byChance = Math.max(...wrong.map((one) => shareOnGrid(told, strange, one)));
  return byChance > MOST_BY_CHANCE ? null : shareOnGrid(told, strange, unit);
}

/** The unit that brings them back; null where none does, or several do. */
function unitOf(strange: Points, grid: ValueGrid): UnitMap | null {
  const fits = UNIT_MAPS.filter((unit) => (fitOf(strange, grid, unit) ?? 0) >= LEAST_SHARE);
  const [first] = fits;
  const isOne = fits.every(
    ({ factor, added }) => Math.abs(factor / first!.factor - 1) < 1e-9 && Math.abs(added - first!.added) < 1e-9,
  );
  return first !== undefined && isOne ? first : null;
}

function daysOf(days: readonly Points[], isStrange: Test): DaySpan | null {
  const shares = days.map((day) => (day.rows === 0 ? 0 : weightOf(day, isStrange) / day.rows));
  const some = shares.filter((share) => share > 0);
  const mean = some.reduce((sum, share) => sum + share, 0) / some.length;
  // A few strange values before or after it are none of its days.
  return some.length === 0 ? null : gainingDays(days.map(({ rows }, at) => rows * (shares[at]! - mean / 2)));
}

export function partialMap(compared: ComparedNumbers, column: string, days: readonly string[]): ColumnMap | null {
  const { reference, grid, isCountable } = compared;
  if (!isCountable) return null;
  const isStrange = strangeTo(grid);
  const span = daysOf(compared.days, isStrange);
  if (span === null) return null;
  const rest = ofSpan(compared.days, span);
  const strange = only(rest, isStrange);
  const part = strange.rows / rest.rows;
  if (!isEnough(span, rest.rows) || strange.rows < FEWEST_STRANGE || part < LEAST_PART) return null;
  if (distinctOf(strange) < FEWEST_VALUES || usuallyNew(compared, lengthOf(span)) > USUALLY_NEW * part) return null;
  const unit = unitOf(strange, grid);
  if (unit === null) return null;
  const back = strange.values.map((value) => nearestOn(grid, (value - unit.added) / unit.factor));
  const known = only(rest, (value) => !isStrange(value));
  const mapped = poolPoints([known, { ...strange, values: back }]);
  const distanceBefore = mappedKs(reference, rest, IDENTITY);
  const distanceAfter = mappedKs(reference, mapped, IDENTITY);
  // What the rest of the rows does is no matter of the unit, but nothing may be left that is worse than before.
  if (!(distanceAfter <= Math.max(compared.usual(lengthOf(span)), distanceBefore / 2))) return null;
  const inAll = `${(part * 100).toFixed(1)} % of the rows`;
  return {
    column,
    kind: 'part',
    text: `${linearText(column, { ...unit, kind: 'unit', unit })}, in ${inAll}`,
    share: shareOnGrid(grid, mapped, IDENTITY),
    distanceBefore,
    distanceAfter,
    ...instantsOf(span, days),
  };
}
