/**
 * A column whose values beyond a limit have become the limit. It cannot be undone, so the reference is clipped instead and has to be
 * spread as the window is then: at the limit stand as many rows as were at it or beyond it before, and below it nothing changed. Never
 * exact: a world that has nothing beyond a limit any more looks the same where as much piles up at it.
 */
import type { ColumnMap } from '../facts.js';
import type { NumericInputs } from '../input-measures.js';
import { type ComparedNumbers, distinctOf, ofSpan } from './compared-numbers.js';
import { type DaySpan, FEWEST_ROWS, instantsOf, isWithin, lengthOf } from './day-span.js';
import { gainingDays, rowsOf, shareMissed, usualDistance } from './days-between.js';
import { mappedKs, type Points, poolPoints, spreadOf } from './distribution.js';
import { shown } from './linear-text.js';
import { IDENTITY } from './unit-factors.js';

type Side = 'above' | 'below';

/** At the limit, of the rows of its days. */
const LEAST_MASS = 0.01;
const FEWEST_MASS = 20;
/** With nearly all rows at it the column is constant, and nothing is left to tell a limit by. */
const MOST_MASS = 0.9;
/** Of the present mass, that the reference had exactly at the limit at most. */
const MASS_BEFORE = 0.1;
/** A day that many rows happen to share a value on is no limit. */
const FEWEST_DAYS = 2;
const FEWEST_VALUES = 3;
/**
 * Of the mass, that it may always miss the reference's by; and at most, which is also what the reference's own days may differ by, or
 * they say nothing.
 */
const LEAST_MISSED = 0.1;
const MOST_MISSED = 0.5;
/** Of the distance between the quartiles, that the farthest value lay beyond the limit: nearer, and nothing was lost. */
const CLEAR = 0.01;
/** Of the distance as it is: what a large loss may leave unexplained where days differ more than they usually do. */
const MOST_LEFT = 0.2;

type Numbers = NumericInputs['numbers'];

const isBeyond = (side: Side, value: number, limit: number): boolean =>
  side === 'above' ? value > limit : value < limit;

/** Rows of each day at single values: of all values, or of the frequent ones. */
const singles = (numbers: Numbers) => (numbers.kind === 'values' ? numbers : numbers.frequent);

/** Rows of each day in bins that lie beyond the limit as a whole; of single values nothing that their points do not tell. */
function binsBeyond(numbers: Numbers, limit: number, side: Side): number[] {
  if (numbers.kind === 'values') return numbers.counts.map(() => 0);
  const { edges } = numbers;
  const isWhole = (bin: number): boolean =>
    side === 'above' ? bin > 0 && edges[bin - 1]! >= limit : bin < edges.length && edges[bin]! < limit;
  return numbers.counts.map((day) => rowsOf(day.filter((_, bin) => isWhole(bin))));
}

function endOf({ values, weights }: Points, side: Side): number | null {
  const at = side === 'above' ? weights.findLastIndex((one) => one > 0) : weights.findIndex((one) => one > 0);
  return values[at] ?? null;
}

const clipped = ({ values, weights }: Points, limit: number, side: Side): Points =>
  poolPoints([
    {
      values: values.map((value) => (isBeyond(side, value, limit) ? limit : value)),
      weights,
      rows: rowsOf(weights),
    },
  ]);

/** Rows of each day at the limit or beyond it; of the bin that it lies in half of them, since nobody knows which. */
function rowsFrom(numbers: Numbers, limit: number, side: Side): number[] {
  if (numbers.kind === 'values') {
    const isFrom = (value: number): boolean => value === limit || isBeyond(side, value, limit);
    return numbers.counts.map((day) => rowsOf(day.filter((_, at) => isFrom(numbers.values[at]!))));
  }
  const found = numbers.edges.findIndex((edge) => limit <= edge);
  const bin = found < 0 ? numbers.edges.length : found;
  return binsBeyond(numbers, limit, side).map((whole, day) => whole + numbers.counts[day]![bin]! / 2);
}

interface Windows {
  readonly before: NumericInputs;
  readonly after: NumericInputs;
  readonly compared: ComparedNumbers;
}

interface Limit {
  readonly limit: number;
  readonly side: Side;
  /** Rows exactly at it by day. */
  readonly rows: readonly number[];
  /** Exactly at it in the reference; of values that are not counted singly unknown, and then less than a thousandth. */
  readonly before: number;
}

/** Values that many rows have and that are the last ones of a day. */
function limitsOf({ before, after, compared }: Windows): Limit[] {
  const [own, past] = [singles(after.numbers), singles(before.numbers)];
  return (['above', 'below'] as const).flatMap((side) => {
    const ends = new Set(compared.days.map((day) => endOf(day, side)));
    return own.values.flatMap((limit, at): Limit[] => {
      const rows = own.counts.map((day) => day[at]!);
      if (!ends.has(limit) || rowsOf(rows) < FEWEST_MASS) return [];
      const place = past.values.indexOf(limit);
      const known = place < 0 ? 0 : rowsOf(past.counts.map((day) => day[place]!)) / compared.reference.rows;
      return [{ limit, side, rows, before: known }];
    });
  });
}

/** As many rows as were at the limit or beyond it, up to what so many days of the reference differ by. */
function isAsMany(
  { limit, side }: Limit,
  before: NumericInputs,
  of: { readonly mass: number; readonly rows: number; readonly days: number },
): boolean {
  const from = rowsFrom(before.numbers, limit, side);
  const rows = before.numbers.counts.map(rowsOf);
  const shareOf = (isIn: (day: number) => boolean): number =>
    rowsOf(from.filter((_, day) => isIn(day))) / Math.max(1, rowsOf(rows.filter((_, day) => isIn(day))));
  const share = shareOf(() => true);
  const varying = usualDistance(rows.length, of.days, (isIn) =>
    rowsOf(rows.filter((_, day) => isIn(day))) === 0 ? 0 : Math.abs(shareOf(isIn) - share),
  );
  const ceiling = MOST_MISSED * of.mass;
  const most = Math.min(
    ceiling,
    shareMissed(share, { varying, least: LEAST_MISSED * share, rows: [rowsOf(rows), of.rows] }),
  );
  return 1.5 * varying <= ceiling && Math.abs(of.mass - share) <= most;
}

function daysOf({ limit, side, rows }: Limit, after: NumericInputs, days: readonly Points[]): DaySpan | null {
  const beyond = binsBeyond(after.numbers, limit, side);
  return gainingDays(
    days.map((day, at) => {
      const end = endOf(day, side);
      const isCrossed = beyond[at]! > 0 || (end !== null && isBeyond(side, end, limit));
      return isCrossed ? Number.NEGATIVE_INFINITY : rows[at]!;
    }),
  );
}

interface Judged {
  readonly of: Limit;
  readonly span: DaySpan;
  readonly mass: number;
  readonly distanceBefore: number;
  readonly distanceAfter: number;
}

function judge(of: Limit, { before, after, compared }: Windows): Judged | null {
  const { reference, days } = compared;
  const span = daysOf(of, after, days);
  if (span === null) return null;
  const rest = ofSpan(days, span);
  const own = of.rows.filter((_, day) => isWithin(span)(day));
  const mass = rowsOf(own) / rest.rows;
  const isMass = mass >= LEAST_MASS && mass <= MOST_MASS && rowsOf(own) >= FEWEST_MASS && rest.rows >= FEWEST_ROWS;
  if (!isMass || own.filter((rows) => rows > 0).length < FEWEST_DAYS || distinctOf(rest) < FEWEST_VALUES) return null;
  const end = endOf(reference, of.side);
  if (end === null || !(Math.abs(end - of.limit) >= CLEAR * spreadOf(reference))) return null;
  const given = { mass, rows: rest.rows, days: lengthOf(span) };
  if (!(of.before <= MASS_BEFORE * mass && isAsMany(of, before, given))) return null;
  const distanceBefore = mappedKs(reference, rest, IDENTITY);
  const distanceAfter = mappedKs(clipped(reference, of.limit, of.side), rest, IDENTITY);
  const most = Math.max(compared.usual(lengthOf(span)), MOST_LEFT * distanceBefore);
  return distanceAfter <= Math.min(most, distanceBefore) ? { of, span, mass, distanceBefore, distanceAfter } : null;
}

export function clipMap(windows: Windows, days: readonly string[]): ColumnMap | null {
  const { column } = windows.after;
  const found = limitsOf(windows).flatMap((of) => judge(of, windows) ?? []);
  const [best] = found.toSorted((a, b) => b.mass - a.mass);
  if (best === undefined) return null;
  const { of, span, mass, distanceBefore, distanceAfter } = best;
  return {
    column,
    kind: 'clip',
    text: `${column} clipped ${of.side} ${shown(of.limit)}, where ${(mass * 100).toFixed(1)} % of the rows are`,
    share: null,
    distanceBefore,
    distanceAfter,
    ...instantsOf(span, days),
  };
}
