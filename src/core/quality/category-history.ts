/**
 * Categories that are gone or new. Some always come and go, so both are judged against how the reference's own second half differs from
 * its first. Many that are gone at once are a broken feed; new ones are reported, unless they replace the known ones.
 */
import type { ColumnMap } from '../triage/facts.js';
import type { CategoricalInputs, WindowInputs } from '../triage/input-measures.js';
import { absence, isDwindling, longestAbsence } from './category-absence.js';
import { type ComparedWindows, feedFailure, listed, startOf, sumOf } from './input-check.js';
import { percent } from './make-check.js';
import type { QualityCheck } from './quality-check.js';

/** A category without rows is gone where chance leaves it out less often than this. */
const CHANCE = 1e-4;
/** In fewer days of the reference it is a passing one. */
const FEWEST_DAYS = 3;
const FEWEST_GONE = 3;
/** Of the categories that would be missed, or of all rows: so many gone are no accident. */
const GONE_CATEGORIES = 0.05;
const GONE_ROWS = 0.1;
const MORE_NEW_ROWS = 0.01;
/** New categories for this share of the rows and more replace the known ones. */
const REPLACED = 0.5;
const NAMES_SHOWN = 5;

interface Names {
  readonly days: readonly string[];
  /** Counts a day by name. */
  readonly byName: ReadonlyMap<string, readonly number[]>;
  readonly rows: readonly number[];
  /** Every category was counted by name. */
  readonly isComplete: boolean;
}

function namesOf(column: CategoricalInputs, { days }: WindowInputs): Names {
  const byName = new Map(column.levels.map((level, at) => [level, column.counts.map((day) => day[at]!)] as const));
  const rows = column.counts.map((day, at) => sumOf(day) + column.others[at]!);
  return { days, byName, rows, isComplete: sumOf(column.others) === 0 };
}

const part = (names: Names, from: number, to: number): Names => ({
  ...names,
  days: names.days.slice(from, to),
  byName: new Map([...names.byName].map(([name, counts]) => [name, counts.slice(from, to)])),
  rows: names.rows.slice(from, to),
});

interface Change {
  /** Most frequent first. */
  readonly gone: readonly string[];
  /** Of the earlier rows. */
  readonly goneShare: number;
  /** Place of the first day without any of them. */
  readonly goneFrom: number;
  /** Categories whose absence would be seen. */
  readonly regular: number;
  readonly fresh: readonly string[];
  /** Of the later rows. */
  readonly freshShare: number;
}

/** @param merged into another one: not gone */
function changeBetween(before: Names, after: Names, merged?: string): Change {
  const [earlier, later] = [sumOf(before.rows), sumOf(after.rows)];
  const gone: { name: string; count: number; last: number }[] = [];
  let regular = 0;
  for (const [name, counts] of before.byName) {
    const count = sumOf(counts);
    const isRegular = counts.filter((one) => one > 0).length >= FEWEST_DAYS;
    if (!isRegular || name === merged || absence(count, earlier, later) >= CHANCE) continue;
    if (isDwindling(counts, before.rows)) continue;
    regular += 1;
    const own = after.byName.get(name) ?? [];
    const last = own.findLastIndex((one) => one > 0);
    const since = after.rows.slice(last + 1);
    // A category may belong to its days, as weekdays do: then it stays away for as long as it always does.
    const isLonger = since.filter((one) => one > 0).length > longestAbsence(counts, before.rows);
    if (isLonger && absence(count, earlier, sumOf(since)) < CHANCE) gone.push({ name, count, last });
  }
  gone.sort((a, b) => b.count - a.count);
  const fresh = [...after.byName]
    .map(([name, counts]) => ({ name, count: sumOf(counts) }))
    .filter(({ name, count }) => count > 0 && sumOf([...(before.byName.get(name) ?? [])]) === 0)
    .sort((a, b) => b.count - a.count);
  return {
    gone: gone.map(({ name }) => name),
    goneShare: sumOf(gone.map(({ count }) => count)) / Math.max(1, earlier),
    goneFrom: Math.max(-1, ...gone.map(({ last }) => last)) + 1,
    regular,
    fresh: fresh.map(({ name }) => name),
    freshShare: sumOf(fresh.map(({ count }) => count)) / Math.max(1, later),
  };
}

const quoted = (names: readonly string[]): string =>
  listed(
    names.map((name) => `“${name}”`),
    NAMES_SHOWN,
  );

function checkGone(column: string, change: Change, of: { usual: Change | null; after: Names }): QualityCheck[] {
  const { gone, goneShare, goneFrom, regular } = change;
  if (gone.length === 0) return [];
  const usually = of.usual?.gone.length ?? 0;
  const threshold = Math.max(FEWEST_GONE, 3 * usually + 1, GONE_CATEGORIES * regular);
  const mostRows = Math.max(GONE_ROWS, 3 * (of.usual?.goneShare ?? 0));
  const day = of.after.days[goneFrom];
  const text = `${gone.length} of ${regular} regular categories of column "${column}" (${percent(goneShare)} of the earlier rows) are gone since ${day}: ${quoted(gone)}.`;
  const common = { check: 'categories-gone', column, value: gone.length, threshold, text };
  if (gone.length >= threshold || goneShare >= mostRows) {
    return [feedFailure({ ...common, isExact: true, onset: startOf(day) })];
  }
  return [{ ...common, severity: 'warn', passed: false, onset: startOf(day) }];
}

function checkFresh(column: string, change: Change, of: { usual: Change | null; after: Names }): QualityCheck[] {
  const { fresh, freshShare } = change;
  const threshold = Math.max(MORE_NEW_ROWS, 3 * (of.usual?.freshShare ?? 0));
  if (!(freshShare > threshold)) return [];
  const first = of.after.days.findIndex((_, day) => fresh.some((name) => (of.after.byName.get(name)?.[day] ?? 0) > 0));
  const onset = startOf(of.after.days[first]);
  const text = `${percent(freshShare)} of the rows have a category in column "${column}" that was not there before: ${quoted(fresh)}.`;
  const common = { check: 'new-categories', column, passed: false, value: freshShare, threshold, text, onset };
  if (freshShare < REPLACED) return [{ ...common, severity: 'warn', fault: null }];
  return [{ ...common, severity: 'error', fault: 'logging-change', isExact: false }];
}

/**
 * @param maps of columns. A map of all names changed them, not what they stand for; a merge explains the one category that is gone by it,
 *   and no other
 */
export function checkCategoryHistory(windows: ComparedWindows, maps: readonly ColumnMap[]): QualityCheck[] {
  const { current, reference } = windows;
  const merged = new Map(maps.flatMap(({ column, gone }) => (gone === undefined ? [] : [[column, gone] as const])));
  const mapped = new Set(maps.filter(({ gone }) => gone === undefined).map(({ column }) => column));
  return current.columns.flatMap((column, at): QualityCheck[] => {
    const past = reference.columns[at];
    if (column.kind !== 'categorical' || past?.kind !== 'categorical' || mapped.has(column.column)) return [];
    if (!column.isMeasured || !past.isMeasured) return [];
    const [before, after] = [namesOf(past, reference), namesOf(column, current)];
    const half = Math.floor(before.days.length / 2);
    const usual = half < 1 ? null : changeBetween(part(before, 0, half), part(before, half, before.days.length));
    const change = changeBetween(before, after, merged.get(column.column));
    const fresh = before.isComplete ? checkFresh(column.column, change, { usual, after }) : [];
    // Where other names took their place the known ones did not stay away.
    if (fresh.some(({ severity }) => severity === 'error')) return fresh;
    return [...checkGone(column.column, change, { usual, after }), ...fresh];
  });
}
