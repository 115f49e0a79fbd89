// Columns that belong to their day, as weekdays and months do: one value in a day's rows, all others away for days, and nothing wrong.
import { expect, it } from 'vitest';
import { checkCategoryHistory } from '#dist/core/quality/category-history.js';
import { checkColumnHistory } from '#dist/core/quality/column-history.js';
import type { CategoricalInputs, WindowInputs } from '#dist/core/triage/input-measures.js';

const DAY_MS = 86_400_000;
const ROWS = 700;
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const dayOf = (at: number): string => new Date(Date.parse('2001-01-08') + at * DAY_MS).toISOString().slice(0, 10);

/** Days from a Monday on; `levelOf` says which weekday's name the rows of a day have, null: all of them evenly. */
function windowOf(first: number, days: number, levelOf: (day: number) => number | null): WindowInputs {
  const names = Array.from({ length: days }, (_, at) => dayOf(first + at));
  const counts = names.map((_, at) => {
    const level = levelOf(first + at);
    return WEEKDAYS.map((_, own) => (level === null ? ROWS / WEEKDAYS.length : own === level ? ROWS : 0));
  });
  const nothing = names.map(() => 0);
  const column: CategoricalInputs = {
    kind: 'categorical',
    column: 'weekday',
    feature: 'weekday',
    source: 'weekday',
    isMeasured: true,
    nulls: nothing,
    nonFinite: nothing,
    distinct: counts.map((day) => day.filter((count) => count > 0).length),
    levels: WEEKDAYS,
    counts,
    others: nothing,
    labelled: WEEKDAYS.map(() => 0),
  };
  const rest = { duplicateIds: nothing, duplicateRows: nothing, repeatedRows: nothing, rowsPerHour: [] };
  const window = { start: `${names[0]}T00:00:00.000Z`, end: `${dayOf(first + days)}T00:00:00.000Z` };
  return { window, days: names, rows: names.map(() => ROWS), columns: [column], ...rest } as unknown as WindowInputs;
}

const failures = (current: WindowInputs, reference: WindowInputs): (string | null)[] =>
  [...checkColumnHistory({ current, reference }), ...checkCategoryHistory({ current, reference }, [])]
    .filter(({ passed }) => !passed)
    .map(({ check }) => check);

const calendar = (day: number): number => day % 7;

it('a weekday is neither constant nor are its other days gone, wherever the window ends', () => {
  for (const days of [7, 10, 17]) {
    expect(failures(windowOf(28, days, calendar), windowOf(0, 28, calendar))).toEqual([]);
  }
});

it('a weekday that stands still is constant from its second day on', () => {
  const stuck = (day: number): number => (day < 30 ? calendar(day) : 2);
  expect(failures(windowOf(28, 10, stuck), windowOf(0, 28, calendar))).toContain('constant-column');
});

it('a column of many values a day that has one is constant on its first day', () => {
  const stuck = (day: number): number | null => (day === 33 ? 4 : null);
  expect(
    failures(
      windowOf(28, 6, stuck),
      windowOf(0, 28, () => null),
    ),
  ).toContain('constant-column');
});

it('categories that came every day and stay away are gone', () => {
  const fewer = (day: number): number | null => (day < 31 ? null : 0);
  expect(
    failures(
      windowOf(28, 10, fewer),
      windowOf(0, 28, () => null),
    ),
  ).toContain('categories-gone');
});
