/** Which holdout rows belong to a declared slice, or to each value of a column (`each:<column>`). */

import type { ColumnTable, TableColumn } from '../column-table.js';
import { shownValue } from '../gates/wording.js';
import type { SpecSlice } from '../spec/schema.js';

const EACH = 'each:';
const MISSING = '(missing)';
/** More values than this are not "every value of a column" but a continuous one. */
const MAX_VALUES = 1000;

export interface Grouping {
  /** As a gate names it: a slice's name or `each:<column>`. */
  readonly on: string;
  /** What each group is called in results: the slice's name, or `each:<column>=<value>` (a long value shortened). */
  readonly names: readonly string[];
  /** Per row: index into `names`, or -1. */
  readonly groupOf: Int32Array;
  /** Why the rows cannot be told; null: they can. */
  readonly problem: string | null;
}

export const isEach = (on: string): boolean => on.startsWith(EACH);

/** @param on a slice's name or `each:<column>`; an unknown one gives a grouping with a problem, never an empty pass */
export function groupRows(on: string, table: ColumnTable, slices: readonly SpecSlice[]): Grouping {
  const slice = slices.find(({ name }) => name === on);
  const isEvery = slice === undefined && isEach(on);
  const columnName = slice?.column ?? (isEvery ? on.slice(EACH.length) : null);
  if (columnName === null) return unknown(on, `no slice is called ${on}`);
  const column = [...table.sliceColumns, ...table.features].find(({ name }) => name === columnName);
  if (column === undefined) return unknown(on, `the holdout has no column ${columnName}`);
  return slice === undefined ? everyValue(on, column) : oneSlice(slice, column);
}

function unknown(on: string, problem: string): Grouping {
  return { on, names: [], groupOf: new Int32Array(0), problem };
}

/** Numbers match by value, categories by text: `in: [1]` and `in: ["1"]` mean the same rows. */
function oneSlice(slice: SpecSlice, column: TableColumn): Grouping {
  const names = [slice.name];
  if (column.kind === 'numeric') {
    const wanted = new Set(slice.in.map(Number).filter((value) => !Number.isNaN(value)));
    return {
      on: slice.name,
      names,
      groupOf: groupsOf(column.values, (value) => (wanted.has(value) ? 0 : -1)),
      problem: null,
    };
  }
  const wanted = new Set(slice.in.map(String));
  const isWanted = column.levels.map((level) => wanted.has(level));
  return {
    on: slice.name,
    names,
    groupOf: groupsOf(column.codes, (code) => (isWanted[code] === true ? 0 : -1)),
    problem: null,
  };
}

/** Values in the order of levels, or ascending; missing ones are a group of their own, if there are any. */
function everyValue(on: string, column: TableColumn): Grouping {
  const values = column.kind === 'numeric' ? column.values : column.codes;
  const seen = new Set<number>();
  for (const value of values) {
    seen.add(value);
    if (seen.size > MAX_VALUES) {
      return unknown(on, `${column.name} has more than ${MAX_VALUES} values; declare slices instead`);
    }
  }
  const isMissing = (value: number): boolean => (column.kind === 'numeric' ? Number.isNaN(value) : value < 0);
  const ordered = [...seen].sort((a, b) => (isMissing(a) ? 1 : isMissing(b) ? -1 : a - b));
  const numberOf = new Map(ordered.map((value, at) => [value, at]));
  const textOf = (value: number): string => {
    if (isMissing(value)) return MISSING;
    return column.kind === 'numeric' ? String(value) : shownValue(column.levels[value] ?? String(value));
  };
  return {
    on,
    names: ordered.map((value) => `${on}=${textOf(value)}`),
    groupOf: groupsOf(values, (value) => numberOf.get(value) ?? -1),
    problem: null,
  };
}

function groupsOf(values: Float64Array | Int32Array, groupOf: (value: number) => number): Int32Array {
  const groups = new Int32Array(values.length);
  for (let row = 0; row < values.length; row += 1) groups[row] = groupOf(values[row]!);
  return groups;
}
