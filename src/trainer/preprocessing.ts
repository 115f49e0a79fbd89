/**
 * Preprocessing of the embedding network: fitted on the training rows alone, stored in the artifact, applied by name to
 * any later table. Numbers are standardised; categories become rows of an embedding table, by level name, because codes
 * belong to one column file only.
 */
import type { CategoricalColumn, ColumnTable, NumericColumn, TableColumn } from '../core/column-table.js';
import { PipelineError } from '../core/errors.js';
import type { SpecFeature } from '../core/spec/schema.js';

/** The first rows of every embedding table. */
export const NULL_ROW = 0;
export const OTHER_ROW = 1;
export const FIRST_LEVEL_ROW = 2;

export interface NumericPreprocessing {
  readonly kind: 'numeric';
  readonly name: string;
  /** Over the finite training values; 0 when there is none. */
  readonly mean: number;
  /** Population standard deviation; 1 for a constant column. */
  readonly sd: number;
  /** Nulls occurred in training: a second input is 1 where the value is null. */
  readonly hasMissingInput: boolean;
}

export interface CategoricalPreprocessing {
  readonly kind: 'categorical';
  readonly name: string;
  /** Levels with a row of their own, most frequent first, ties by code unit; row = index + 2. */
  readonly levels: readonly string[];
  readonly width: number;
  /** Training rows per embedding row, null and other included: the weights of the mean that stands in for untrained rows. */
  readonly counts: readonly number[];
}

export type FeaturePreprocessing = NumericPreprocessing | CategoricalPreprocessing;

/** @throws DATA_SCHEMA_VIOLATION when the feature is missing or of another kind */
export function columnOf<K extends TableColumn['kind']>(
  table: ColumnTable,
  name: string,
  kind: K,
): Extract<TableColumn, { kind: K }> {
  const column = table.features.find((candidate) => candidate.name === name);
  if (column?.kind !== kind) {
    const found = column === undefined ? 'is missing' : `is ${column.kind}`;
    throw new PipelineError(
      'DATA_SCHEMA_VIOLATION',
      `Feature ${name} ${found} in the table; the model needs it ${kind}.`,
      {
        details: { feature: name, expected: kind, found: column?.kind ?? null },
      },
    );
  }
  return column as Extract<TableColumn, { kind: K }>;
}

function fitNumeric(column: NumericColumn, trainRows: number): NumericPreprocessing {
  const { values } = column;
  let n = 0;
  let mean = 0;
  let squares = 0;
  let hasMissingInput = false;
  for (let row = 0; row < trainRows; row += 1) {
    const value = values[row] ?? Number.NaN;
    if (Number.isNaN(value)) hasMissingInput = true;
    if (!Number.isFinite(value)) continue;
    n += 1;
    const delta = value - mean;
    mean += delta / n; // Welford: no cancellation for large means
    squares += delta * (value - mean);
  }
  const spread = n === 0 ? 0 : Math.sqrt(squares / n);
  // A spread below the rounding of the mean itself is noise, not information.
  const sd = Number.isFinite(spread) && spread > Math.abs(mean) * 1e-12 ? spread : 1;
  return { kind: 'numeric', name: column.name, mean: Number.isFinite(mean) ? mean : 0, sd, hasMissingInput };
}

function fitCategorical(
  column: CategoricalColumn,
  trainRows: number,
  settings: { readonly width: number; readonly minCount: number },
): CategoricalPreprocessing {
  const perLevel = new Map<string, number>();
  const byCode = new Float64Array(column.levels.length);
  let nulls = 0;
  for (let row = 0; row < trainRows; row += 1) {
    const code = column.codes[row] ?? -1;
    if (code < 0) nulls += 1;
    else byCode[code] = (byCode[code] ?? 0) + 1;
  }
  column.levels.forEach((level, code) => {
    perLevel.set(level, (perLevel.get(level) ?? 0) + (byCode[code] ?? 0));
  });
  const kept = [...perLevel].filter(([, count]) => count >= settings.minCount);
  kept.sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  const keptRows = kept.reduce((sum, [, count]) => sum + count, 0);
  return {
    kind: 'categorical',
    name: column.name,
    levels: kept.map(([level]) => level),
    width: settings.width,
    counts: [nulls, trainRows - nulls - keptRows, ...kept.map(([, count]) => count)],
  };
}

/**
 * Reads rows [0, trainRows) only. Nulls: NaN in numbers, code -1 in categories; ± Infinity counts for neither mean nor sd.
 * @throws DATA_SCHEMA_VIOLATION when a feature is missing from the table or of another kind
 */
export function fitPreprocessing(
  table: ColumnTable,
  trainRows: number,
  features: readonly SpecFeature[],
): FeaturePreprocessing[] {
  return features.map((feature) => {
    if (feature.kind === 'numeric') return fitNumeric(columnOf(table, feature.name, 'numeric'), trainRows);
    // Parts of an instant are few and fixed: each that occurs gets its row.
    const minCount = feature.kind === 'time' ? 1 : feature.minCount;
    return fitCategorical(columnOf(table, feature.name, 'categorical'), trainRows, {
      width: feature.embedding,
      minCount,
    });
  });
}
