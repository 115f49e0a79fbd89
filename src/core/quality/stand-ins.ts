/**
 * Values that stand in for missing ones in a part of the rows: a sentinel, a mean that fills gaps, a category named “unknown”. Each is
 * new or all but new, and the other rows are as they were, which no change of what is measured looks like. An estimate all the same: a
 * person knows what the value means.
 */
import { dayOnset } from '../stats/day-onset.js';
import type { CategoricalInputs, ColumnInputs, NumericInputs, WindowInputs } from '../triage/input-measures.js';
import { type ComparedWindows, feedFailure, passed, startOf, sumOf } from './input-check.js';
import { percent } from './make-check.js';
import type { QualityCheck } from './quality-check.js';

/** Of the window's rows. */
const LEAST_SHARE = 0.01;
const FEWEST_ROWS = 20;
/** Of its present share, that a stand-in had in the reference at most. */
const SHARE_BEFORE = 0.1;
/** A value that some day of the reference had in this part of its present share comes and goes. */
const DAY_BEFORE = 0.5;
const FEWEST_ROWS_OF_DAY = 20;
/** Of the rows of its days: beyond it the column is that value, and nothing is stood in for. */
const MOST_OF_DAYS = 0.99;

const SENTINELS = new Set([-1, -9, -99, -999, -9999, 99, 999, 9999, 99_999]);
/** A column with so many values before measures something: one value for many rows outside them is none of it. */
const MEASURED_VALUES = 30;
/** Fewer values before say nothing of a range, nor that zero is none of them. */
const FEWEST_VALUES = 3;
/** A fill takes this share where no value had the other one. */
const FILLED = 0.1;
const MOST_USUAL = 0.02;
/** Where so many values hold less than this part of what is new, it is the column that has changed; rare values are always new. */
const MOST_AT_ONCE = 3;
const CONCENTRATED = 0.8;
const NEW_SHARE = 0.001;
const NEW_ROWS = 3;

/** Names without case, blanks and punctuation; one of nothing else names nothing either. */
const MISSING_NAMES = new Set(
  ',na,nan,null,none,nil,unk,unknown,undefined,missing,notavailable,other,others'.split(','),
);

const readsAsMissing = (name: string): boolean => MISSING_NAMES.has(name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ''));

/** One value or category that is new, or all but new. */
interface Fresh<T> {
  readonly of: T;
  readonly rows: number;
  readonly share: number;
  readonly before: number;
  /** Of all rows on its days. */
  readonly part: number;
  /** By day of the current window, of that day's rows. */
  readonly days: readonly number[];
  readonly daysBefore: readonly number[];
}

type Counted<T> = ReadonlyMap<T, readonly number[]>;

const shareOf = (count: number, rows: number): number => (rows === 0 ? 0 : count / rows);

const byDay = (counts: readonly number[] | undefined, { rows }: WindowInputs): number[] =>
  rows.map((all, day) => (all < FEWEST_ROWS_OF_DAY ? 0 : shareOf(counts?.[day] ?? 0, all)));

/** Largest first. */
function freshOf<T>(own: Counted<T>, past: Counted<T>, { current, reference }: ComparedWindows): Fresh<T>[] {
  const [all, allBefore] = [sumOf(current.rows), sumOf(reference.rows)];
  const fresh: Fresh<T>[] = [];
  for (const [of, counts] of own) {
    const rows = sumOf(counts);
    const share = shareOf(rows, all);
    const before = shareOf(sumOf(past.get(of) ?? []), allBefore);
    if (rows === 0 || before >= SHARE_BEFORE * share) continue;
    const part = shareOf(rows, sumOf(current.rows.filter((_, day) => counts[day]! > 0)));
    const [days, daysBefore] = [byDay(counts, current), byDay(past.get(of), reference)];
    fresh.push({ of, rows, share, before, part, days, daysBefore });
  }
  return fresh.sort((a, b) => b.rows - a.rows);
}

/** Enough rows, more than on any day before, and not nearly all rows of its days. */
const isPartly = <T>({ rows, share, part, daysBefore }: Fresh<T>): boolean =>
  rows >= FEWEST_ROWS && share >= LEAST_SHARE && part < MOST_OF_DAYS && Math.max(0, ...daysBefore) < DAY_BEFORE * share;

const tableOf = <T>(values: readonly T[], counts: readonly (readonly number[])[]): Counted<T> =>
  new Map(values.map((value, at) => [value, counts.map((day) => day[at]!)] as const));

/** Single values with their counts: all of them, or those that many rows have. */
function valuesOf({ numbers }: NumericInputs): Counted<number> {
  const { values, counts } = numbers.kind === 'values' ? numbers : numbers.frequent;
  return tableOf(values, counts);
}

/** What the reference had: its extremes, about how many values, and the largest share of one of them. */
interface Usual {
  readonly low: number;
  readonly high: number;
  readonly distinct: number;
  readonly most: number;
}

function usualOf(past: NumericInputs, reference: WindowInputs): Usual | null {
  const rows = sumOf(reference.rows);
  const most = Math.max(0, ...[...valuesOf(past).values()].map((counts) => shareOf(sumOf(counts), rows)));
  const { numbers } = past;
  if (numbers.kind === 'values') {
    const there = numbers.values.filter((_, at) => numbers.counts.some((day) => day[at]! > 0));
    const [low, high] = [there[0], there[there.length - 1]];
    return low === undefined || high === undefined ? null : { low, high, distinct: there.length, most };
  }
  const facts = reference.facts.columns.find(({ name, expected }) => name === past.source && expected === 'numeric');
  const { min: low, max: high } = facts ?? { min: null, max: null };
  if (low === null || high === null) return null;
  return { low, high, distinct: Number.POSITIVE_INFINITY, most };
}

/** Why the value looks like none that was measured; null where it does not. */
function whyStandIn({ of: value, share }: Fresh<number>, usual: Usual): string | null {
  const { low, high, distinct, most } = usual;
  const gap = Math.max(low - value, value - high);
  const isFar = distinct >= FEWEST_VALUES && gap > high - low;
  if (isFar || (gap > 0 && distinct >= MEASURED_VALUES)) return `earlier values lie between ${low} and ${high}`;
  if (SENTINELS.has(value)) return 'numbers like it often stand for a missing value';
  if (value === 0 && distinct >= FEWEST_VALUES) return 'zero was no value of it before';
  if (share >= FILLED && most < MOST_USUAL) return `no value had more than ${percent(most)} of the rows before`;
  return null;
}

function failure<T>(
  fresh: Fresh<T>,
  windows: ComparedWindows,
  as: { readonly check: string; readonly column: string; readonly what: string; readonly why: string },
): QualityCheck {
  const { share, before, days, daysBefore, rows } = fresh;
  const { current, reference } = windows;
  const found = dayOnset({ days: reference.days, values: daysBefore }, { days: current.days, values: days });
  const first = days.findIndex((one) => one > Math.max(0, ...daysBefore));
  const onset = current.days[found ?? first];
  const since = onset === undefined ? '' : `, since ${onset}`;
  return feedFailure({
    check: as.check,
    column: as.column,
    value: share,
    threshold: Math.max(LEAST_SHARE, before / SHARE_BEFORE),
    isExact: false,
    onset: startOf(onset),
    text: `${as.what} has ${percent(share)} of the rows (${rows}) of column "${as.column}", ${percent(before)} before${since}: ${as.why}. It seems to stand in for missing values.`,
  });
}

function standInValue(own: NumericInputs, past: NumericInputs, windows: ComparedWindows): QualityCheck | null {
  const usual = usualOf(past, windows.reference);
  const fresh = freshOf(valuesOf(own), valuesOf(past), windows).filter(
    ({ rows, share }) => share >= NEW_SHARE && rows >= NEW_ROWS,
  );
  const all = sumOf(fresh.map(({ rows }) => rows));
  const few = fresh.slice(0, MOST_AT_ONCE);
  if (usual === null || sumOf(few.map(({ rows }) => rows)) < CONCENTRATED * all) return null;
  for (const one of few) {
    const why = isPartly(one) ? whyStandIn(one, usual) : null;
    if (why === null) continue;
    return failure(one, windows, { check: 'stand-in-value', column: own.column, what: `The value ${one.of}`, why });
  }
  return null;
}

function standInCategory(own: CategoricalInputs, past: CategoricalInputs, windows: ComparedWindows) {
  const fresh = freshOf(tableOf(own.levels, own.counts), tableOf(past.levels, past.counts), windows);
  const found = fresh.find((one) => readsAsMissing(one.of) && isPartly(one));
  if (found === undefined) return null;
  const what = `The category “${found.of}”`;
  return failure(found, windows, { check: 'stand-in-category', column: own.column, what, why: 'it names no category' });
}

function standIn(own: ColumnInputs, past: ColumnInputs | undefined, windows: ComparedWindows): QualityCheck | null {
  if (past === undefined || !own.isMeasured || !past.isMeasured) return null;
  if (own.kind === 'numeric' && past.kind === 'numeric') return standInValue(own, past, windows);
  if (own.kind === 'categorical' && past.kind === 'categorical') return standInCategory(own, past, windows);
  return null;
}

/** @param mapped columns that a map explains: all of their values are others, and none stands in */
export function checkStandIns(windows: ComparedWindows, mapped: ReadonlySet<string>): QualityCheck[] {
  const { current, reference } = windows;
  const read = current.columns.filter(({ kind, isMeasured }) => kind !== 'time' && isMeasured);
  const failed = current.columns.flatMap((own, at) => {
    const found = mapped.has(own.column) ? null : standIn(own, reference.columns[at], windows);
    return found === null ? [] : [found];
  });
  // Two features may read one column.
  const once = failed.filter((one, at) => failed.findIndex(({ column }) => column === one.column) === at);
  if (once.length > 0 || read.length === 0) return once;
  const text = 'No new value or category looks as if it stood in for missing ones.';
  return [passed({ check: 'stand-in-value', value: null, threshold: null, text })];
}
