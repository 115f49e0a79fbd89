/**
 * A snapshot as typed columns for the trainer: numbers as 64-bit floats (NaN for null), categories as codes into the sorted
 * levels that are present, time parts as codes into fixed levels, all in the snapshot's order.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { ColumnFile } from '../activities/deps.js';
import { type ColumnTable, encodeColumnTable, type TableColumn } from '../core/column-table.js';
import { assertInvariant, PipelineError } from '../core/errors.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Instant } from '../core/types.js';
import { ROW_KEYS } from '../sources/source.js';
import { quoteIdent, quoteLiteral, timestampLiteral } from '../sources/sql.js';
import { type PlannedColumn, planColumns } from './column-plan.js';
import type { Duck } from './duck.js';
import { type SnapshotColumn, snapshotScan } from './snapshot-file.js';
import { TIME_PARTS } from './time-parts.js';
import { vectorItems, vectorValid } from './vectors.js';

const WRITE_BYTES = 16 * 2 ** 20;

/** One column of the query, and how a chunk of it lands in the table. */
interface Reading {
  readonly select: string;
  readonly column: TableColumn;
  readonly take: (chunk: DuckDBDataChunk, at: number, row: number) => void;
}

function numericReading(name: string, select: string, rows: number): Reading {
  const values = new Float64Array(rows);
  const take: Reading['take'] = (chunk, at, row) => {
    values.set(vectorItems(chunk, at, Float64Array), row);
    const valid = vectorValid(chunk, at);
    if (valid === null) return;
    for (let k = 0; k < valid.length; k++) if (valid[k] === 0) values[row + k] = Number.NaN;
  };
  return { select, column: { kind: 'numeric', name, values }, take };
}

/** @param recode DuckDB's code -> ours; null: they are the same */
function codeReading(
  name: string,
  select: string,
  options: { rows: number; levels: readonly string[]; recode: Int32Array | null },
): Reading {
  const { rows, levels, recode } = options;
  const codes = new Int32Array(rows);
  const take: Reading['take'] = (chunk, at, row) => {
    const items = vectorItems(chunk, at, Int32Array);
    const valid = vectorValid(chunk, at);
    for (let k = 0; k < items.length; k++) {
      if (valid !== null && valid[k] === 0) codes[row + k] = -1;
      else codes[row + k] = recode === null ? items[k]! : recode[items[k]!]!;
    }
  };
  return { select: `CAST(${select} AS INTEGER)`, column: { kind: 'categorical', name, codes, levels }, take };
}

/** Levels as an enum of DuckDB, in its order (code points), and the map to ours (code units). */
async function categoricalReading(
  duck: Duck,
  options: { scan: string; name: string; parquet: string; rows: number },
): Promise<Reading> {
  const { scan, name, parquet, rows } = options;
  const value = quoteIdent(parquet);
  const type = quoteIdent(`levels of ${parquet}`);
  const present = `SELECT DISTINCT ${value} FROM ${scan} WHERE ${value} IS NOT NULL ORDER BY ${value}`;
  const found = (await duck.rows(present)).map((row) => String(row[parquet]));
  if (found.length === 0) return codeReading(name, 'NULL', { rows, levels: [], recode: null });
  await duck.run(`CREATE TYPE ${type} AS ENUM (${present})`);
  const levels = found.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const place = new Map(levels.map((level, at) => [level, at]));
  const recode = Int32Array.from(found, (level) => place.get(level) ?? -1);
  return codeReading(name, `enum_code(CAST(${value} AS ${type}))`, { rows, levels, recode });
}

async function readingOf(
  duck: Duck,
  planned: PlannedColumn,
  options: { spec: PipelineSpec; scan: string; rows: number },
): Promise<Reading> {
  const { name, parquet, kind } = planned;
  const { scan, rows } = options;
  if (kind === 'numeric') return numericReading(name, quoteIdent(parquet), rows);
  if (kind === 'categorical') return categoricalReading(duck, { scan, name, parquet, rows });
  const feature = options.spec.features.find((candidate) => candidate.name === name);
  assertInvariant(feature?.kind === 'time', `"${name}" is no time feature of this pipeline.`);
  const part = TIME_PARTS[feature.part];
  const at = planned.key === ROW_KEYS.eventAt ? 'event_at' : quoteIdent(parquet);
  return codeReading(name, part.code(at), { rows, levels: part.levels, recode: null });
}

/** The spec's columns by what they are called in the file, which may have been frozen with more of them, or fewer. */
function storedColumns(spec: PipelineSpec, schema: readonly SnapshotColumn[]): PlannedColumn[] {
  const missing: string[] = [];
  const columns = planColumns(spec).columns.map((column) => {
    if (column.key === ROW_KEYS.eventAt) return column;
    const { role, name, kind, source } = column;
    const stored = schema.find((one) => one.role === role && one.name === name && one.kind === kind);
    if (stored?.source !== source) missing.push(name);
    return { ...column, parquet: stored?.parquet ?? column.parquet };
  });
  if (missing.length === 0) return columns;
  throw new PipelineError(
    'DATA_SCHEMA_VIOLATION',
    `The snapshot was frozen without ${missing.map((name) => `"${name}"`).join(', ')}; freeze it again, in a new run.`,
    { details: { missing } },
  );
}

async function readTable(
  duck: Duck,
  options: { spec: PipelineSpec; scan: string; rows: number; schema: readonly SnapshotColumn[] },
): Promise<ColumnTable> {
  const { spec, scan, rows } = options;
  const planned = storedColumns(spec, options.schema);
  const readings: Reading[] = [];
  for (const column of planned) readings.push(await readingOf(duck, column, options));
  const label = new Uint8Array(rows);
  const day = new Int32Array(rows);
  const select = [
    ...readings.map((reading) => reading.select),
    'label',
    `date_diff('day', DATE '1970-01-01', CAST(event_at AS DATE))::INTEGER`,
  ];
  let row = 0;
  for await (const chunk of duck.chunks(`SELECT ${select.join(', ')} FROM ${scan}`)) {
    if (row + chunk.rowCount > rows)
      throw new PipelineError('INVARIANT_BROKEN', `The snapshot holds more than its ${rows} rows.`);
    for (const [at, reading] of readings.entries()) reading.take(chunk, at, row);
    label.set(vectorItems(chunk, readings.length, Uint8Array), row);
    day.set(vectorItems(chunk, readings.length + 1, Int32Array), row);
    row += chunk.rowCount;
  }
  assertInvariant(row === rows, `The snapshot holds ${row} rows, not ${rows} as it says.`);
  const columnsOf = (role: PlannedColumn['role']): TableColumn[] =>
    readings.flatMap((reading, at) => (planned[at]?.role === role ? [reading.column] : []));
  return { rows, features: columnsOf('feature'), sliceColumns: columnsOf('slice'), label, day };
}

async function writeAll(handle: FileHandle, parts: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      signal.throwIfAborted();
      const { bytesWritten } = await handle.write(part, at, Math.min(part.length - at, WRITE_BYTES));
      at += bytesWritten;
    }
  }
  await handle.sync();
}

/** Under a temporary name beside it first: a file at `path` is always whole. */
async function writeAtomically(path: string, parts: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      await writeAll(handle, parts, signal);
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Every k-th row of the file, in its order. */
const everyRow = (path: string, step: number): string =>
  step === 1
    ? snapshotScan(path)
    : `(SELECT * EXCLUDE (file_row_number) FROM read_parquet(${quoteLiteral(path)}, hive_partitioning = false, ` +
      `file_row_number = true) WHERE file_row_number % ${step} = 0)`;

/**
 * @param options.parquetPath the snapshot's verified file, which holds `rows` rows in the columns of `schema`
 * @param options.maxRows at most so many of them: every k-th one
 */
export async function writeColumnFile(
  duck: Duck,
  options: {
    spec: PipelineSpec;
    parquetPath: string;
    rows: number;
    schema: readonly SnapshotColumn[];
    path: string;
    boundaryAt: Instant | null;
    maxRows?: number;
  },
): Promise<ColumnFile> {
  const { spec, schema, path, boundaryAt, maxRows } = options;
  const step = maxRows === undefined ? 1 : Math.max(1, Math.ceil(options.rows / maxRows));
  const rows = Math.ceil(options.rows / step);
  const scan = everyRow(options.parquetPath, step);
  const table = await readTable(duck, { spec, scan, rows, schema });
  await writeAtomically(path, encodeColumnTable(table), duck.signal);
  if (boundaryAt === null) return { path, rows, rowsBefore: rows };
  const [row] = await duck.rows(`SELECT count(*) AS n FROM ${scan} WHERE event_at < ${timestampLiteral(boundaryAt)}`);
  return { path, rows, rowsBefore: Number(row?.n) };
}
