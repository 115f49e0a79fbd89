/**
 * Applies fitted preprocessing to a table: standardised numbers, and embedding rows by level name. Levels, kinds and nulls
 * that training never saw are all given a defined place here.
 */
import type { CategoricalColumn, ColumnTable, NumericColumn } from '../core/column-table.js';
import {
  type CategoricalPreprocessing,
  columnOf,
  type FeaturePreprocessing,
  FIRST_LEVEL_ROW,
  NULL_ROW,
  type NumericPreprocessing,
  OTHER_ROW,
} from './preprocessing.js';

/** Standardised values are cut to ± this many standard deviations, so that one absurd value cannot swamp the network. */
const CLIP_SD = 10;

/** A table made ready for the network: inputs by column, embedding rows by feature, in preprocessing order. */
export interface EncodedTable {
  readonly rows: number;
  /** Standardised values and missing indicators. */
  readonly numeric: readonly Float32Array[];
  /** A row number of the feature's embedding table a row. */
  readonly categorical: readonly Uint32Array[];
}

function encodeNumeric(column: NumericColumn, fitted: NumericPreprocessing): Float32Array[] {
  const rows = column.values.length;
  const scaled = new Float32Array(rows);
  const missing = fitted.hasMissingInput ? new Float32Array(rows) : null;
  for (let row = 0; row < rows; row += 1) {
    const value = column.values[row] ?? Number.NaN;
    if (Number.isNaN(value)) {
      if (missing !== null) missing[row] = 1;
    } else {
      scaled[row] = Math.max(-CLIP_SD, Math.min(CLIP_SD, (value - fitted.mean) / fitted.sd));
    }
  }
  return missing === null ? [scaled] : [scaled, missing];
}

function encodeCategorical(column: CategoricalColumn, fitted: CategoricalPreprocessing): Uint32Array {
  const rowOfLevel = new Map(fitted.levels.map((level, index) => [level, index + FIRST_LEVEL_ROW]));
  const rowOfCode = Uint32Array.from(column.levels, (level) => rowOfLevel.get(level) ?? OTHER_ROW);
  const encoded = new Uint32Array(column.codes.length);
  for (let row = 0; row < encoded.length; row += 1) {
    const code = column.codes[row] ?? -1;
    encoded[row] = code < 0 ? NULL_ROW : (rowOfCode[code] ?? OTHER_ROW);
  }
  return encoded;
}

/** @throws DATA_SCHEMA_VIOLATION when the table lacks a feature of the model or has it in another kind */
export function encodeTable(table: ColumnTable, fitted: readonly FeaturePreprocessing[]): EncodedTable {
  const numeric: Float32Array[] = [];
  const categorical: Uint32Array[] = [];
  for (const feature of fitted) {
    if (feature.kind === 'numeric') numeric.push(...encodeNumeric(columnOf(table, feature.name, 'numeric'), feature));
    else categorical.push(encodeCategorical(columnOf(table, feature.name, 'categorical'), feature));
  }
  return { rows: table.rows, numeric, categorical };
}
