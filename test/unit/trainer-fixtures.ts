// Small tables and settings that the trainer's tests share.
import type { CategoricalColumn, ColumnTable, NumericColumn } from '#dist/core/column-table.js';
import { createRng, type Rng } from '#dist/core/rng.js';
import { type SpecFeature, specSchema, type TrainerSpec } from '#dist/core/spec/schema.js';

export const numeric = (name: string, values: ArrayLike<number>): NumericColumn => ({
  kind: 'numeric',
  name,
  values: Float64Array.from(values),
});

/** Null in `values` becomes code -1. */
export function categorical(name: string, values: readonly (string | null)[]): CategoricalColumn {
  const levels = [...new Set(values.filter((value): value is string => value !== null))].sort();
  const codeOf = new Map(levels.map((level, code) => [level, code]));
  return {
    kind: 'categorical',
    name,
    codes: Int32Array.from(values, (value) => (value === null ? -1 : (codeOf.get(value) ?? -1))),
    levels,
  };
}

export function tableOf(features: ColumnTable['features'], label: ArrayLike<number>): ColumnTable {
  const rows = label.length;
  return { rows, features, sliceColumns: [], label: Uint8Array.from(label), day: new Int32Array(rows) };
}

export const numericFeature = (name: string): SpecFeature => ({ kind: 'numeric', name });
export const categoricalFeature = (
  name: string,
  options: { minCount?: number; embedding?: number } = {},
): SpecFeature => ({
  kind: 'categorical',
  name,
  minCount: options.minCount ?? 1,
  embedding: options.embedding ?? 4,
});

export function trainerSpec(settings: Partial<TrainerSpec> = {}): TrainerSpec {
  return { ...specSchema.shape.trainer.parse({}), ...settings };
}

const draw = (rng: Rng, levels: readonly string[]): string => levels[Math.floor(rng() * levels.length)] ?? '';

/** Label 1 when exactly one of `a = left` and `b = up` holds: neither column alone says anything. `noise` adds numbers. */
export function xorTable(rows: number, seed = 7): ColumnTable {
  const rng = createRng(seed);
  const a = Array.from({ length: rows }, () => draw(rng, ['left', 'right']));
  const b = Array.from({ length: rows }, () => draw(rng, ['up', 'down', 'down']));
  const noise = Array.from({ length: rows }, () => rng() * 100 - 20);
  const label = a.map((value, row) => Number((value === 'left') !== (b[row] === 'up')));
  return tableOf([categorical('a', a), categorical('b', b), numeric('noise', noise)], label);
}

export const xorFeatures: SpecFeature[] = [categoricalFeature('a'), categoricalFeature('b'), numericFeature('noise')];

/** The same table, its rows in another numbering of the levels. */
export function withReversedLevels(column: CategoricalColumn): CategoricalColumn {
  const last = column.levels.length - 1;
  return {
    ...column,
    levels: [...column.levels].reverse(),
    codes: column.codes.map((code) => (code < 0 ? code : last - code)),
  };
}
