// Windows of synthetic counts: what the tests of input facts build on.

import { createRng, type Rng } from '#dist/core/rng.js';
import type { ColumnInputs, NumericInputs, WindowInputs } from '#dist/core/triage/input-measures.js';

export const DAY_MS = 86_400_000;
export const START = Date.parse('2001-01-01T00:00:00Z');
export const dayAt = (at: number): string => new Date(START + at * DAY_MS).toISOString().slice(0, 10);

/** Rows a day with counts drawn from the weights. */
export function drawCounts(weights: readonly number[], rows: number, rng: Rng): number[] {
  const total = weights.reduce((sum, one) => sum + one, 0);
  const counts = weights.map(() => 0);
  for (let row = 0; row < rows; row += 1) {
    let left = rng() * total;
    let at = 0;
    while (at < weights.length - 1 && left >= weights[at]!) left -= weights[at++]!;
    counts[at]! += 1;
  }
  return counts;
}

const common = (name: string, counts: readonly (readonly number[])[]) => ({
  column: name,
  feature: name,
  source: name,
  isMeasured: true,
  nulls: counts.map(() => 0),
  nonFinite: counts.map(() => 0),
  distinct: counts.map((day) => day.filter((count) => count > 0).length),
});
const totals = (counts: readonly (readonly number[])[]): number[] =>
  (counts[0] ?? []).map((_, bin) => counts.reduce((sum, day) => sum + day[bin]!, 0));

export const numeric = (
  name: string,
  values: readonly number[],
  counts: readonly (readonly number[])[],
): NumericInputs => ({
  ...common(name, counts),
  kind: 'numeric',
  numbers: { kind: 'values', values, counts, labelled: totals(counts) },
});

export const categorical = (
  name: string,
  levels: readonly string[],
  counts: readonly (readonly number[])[],
): ColumnInputs => ({
  ...common(name, counts),
  kind: 'categorical',
  levels,
  counts,
  others: counts.map(() => 0),
  labelled: totals(counts),
});

/** A window of whole days from the day `from`; rows a day are those of the first column unless given. */
export function windowOf(
  from: number,
  columns: readonly ColumnInputs[],
  change: Partial<WindowInputs> = {},
): WindowInputs {
  const [first] = columns;
  const counts = first === undefined ? [] : first.kind === 'numeric' ? first.numbers.counts : first.counts;
  const days = counts.map((_, at) => dayAt(from + at));
  const rows = change.rows ?? counts.map((day, at) => day.reduce((sum, one) => sum + one, 0) + first!.nulls[at]!);
  const window = { start: `${dayAt(from)}T00:00:00.000Z`, end: `${dayAt(from + days.length)}T00:00:00.000Z` };
  const all = rows.reduce((sum, one) => sum + one, 0);
  return {
    window,
    facts: {
      window,
      asOf: window.end,
      rows: all,
      duplicateIds: 0,
      newestEventAt: window.end,
      rowsPerDay: days.map((day, at) => ({ day, rows: rows[at]! })),
      columns: columns.map((column) => ({
        name: column.source,
        role: 'feature',
        expected: column.kind,
        type: 'X',
        isCompatible: true,
        nulls: column.nulls.reduce((sum, one) => sum + one, 0),
        nonFinite: 0,
        min: 0,
        max: 1,
        distinct: 9,
        outOfRange: 0,
      })),
      isAsOfGuaranteed: { rows: true, labels: true },
    },
    days,
    rows,
    rowsPerHour: days.map(() => new Array<number>(24).fill(0)),
    duplicateIds: days.map(() => 0),
    duplicateRows: days.map(() => 0),
    repeatedRows: days.map(() => 0),
    columns,
    ...change,
  };
}

export const daysOf = (days: number, draw: (rng: Rng, day: number) => number[], seed: number): number[][] => {
  const rng = createRng(seed);
  return Array.from({ length: days }, (_, day) => draw(rng, day));
};
