/**
 * Whole-vector access to DuckDB's chunks: value by value through the public getters costs ten times as much. The fields
 * read here are stable in the pinned version and checked at every use; if an update moves them, this stops with a clear error.
 */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { PipelineError } from '../core/errors.js';

type Typed = Float64Array | Float32Array | BigInt64Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

interface Opened {
  readonly items?: unknown;
  readonly dataView?: unknown;
  readonly validity?: { readonly data?: unknown; readonly offset?: unknown };
}

const open = (chunk: DuckDBDataChunk, column: number): Opened => chunk.getColumnVector(column) as unknown as Opened;

const moved = (what: string): PipelineError =>
  new PipelineError(
    'INVARIANT_BROKEN',
    `The DuckDB package no longer shows a vector's ${what}; pin the version that does.`,
  );

/** A view on the chunk's own memory: use it before the next chunk is asked for. Slots of nulls hold anything. */
export function vectorItems<T extends Typed>(
  chunk: DuckDBDataChunk,
  column: number,
  type: { new (length: number): T },
): T {
  const { items } = open(chunk, column);
  if (!(items instanceof type)) throw moved('values');
  return items;
}

/** A vector of a chunk that is being filled; `flush` after the last value. */
export const writable = (
  chunk: DuckDBDataChunk,
  column: number,
): { setItem(row: number, value: unknown): void; flush(): void } =>
  chunk.getColumnVector(column) as unknown as { setItem(row: number, value: unknown): void; flush(): void };

interface Fillable {
  items: unknown;
  readonly validity?: { data: unknown };
  flush(): void;
}

const BITS = 64;

/** DuckDB's form: a bit a row, set where there is a value. */
function bitsOf(valid: Uint8Array): BigUint64Array {
  const bytes = new Uint8Array(Math.ceil(valid.length / BITS) * (BITS / 8)).fill(0xff);
  for (let row = 0; row < valid.length; row++) if (valid[row] === 0) bytes[row >> 3]! &= ~(1 << (row & 7));
  return new BigUint64Array(bytes.buffer);
}

/**
 * Fills a chunk by one copy a column. A view on the chunk's own memory would cost more than the copy, and leave as much garbage
 * as the vector is long: here views are of one row, until the chunk is told its rows.
 * @param columnOf values and, where some are null, one byte a row, 1 where there is a value
 */
export function putColumns(
  chunk: DuckDBDataChunk,
  rows: number,
  columnOf: (column: number) => { readonly items: Typed; readonly valid: Uint8Array | null } | undefined,
): void {
  chunk.rowCount = Math.min(rows, 1);
  const columns = rows === 0 ? 0 : chunk.columnCount;
  for (let at = 0; at < columns; at++) {
    const column = columnOf(at);
    const vector = chunk.getColumnVector(at) as unknown as Fillable;
    if (column?.items.length !== rows || vector.items?.constructor !== column.items.constructor) throw moved('values');
    if (vector.validity === undefined || !('data' in vector.validity)) throw moved('nulls');
    vector.items = column.items;
    if (column.valid !== null) vector.validity.data = bitsOf(column.valid);
    vector.flush();
  }
  chunk.rowCount = rows;
}

/** One byte a row, 1 where there is a value; null when no row is null. */
export function vectorValid(chunk: DuckDBDataChunk, column: number): Uint8Array | null {
  const { validity } = open(chunk, column);
  if (validity === undefined || validity.offset !== 0 || validity.data === undefined) throw moved('nulls');
  if (validity.data === null) return null;
  if (!(validity.data instanceof BigUint64Array)) throw moved('nulls');
  const bits = new Uint8Array(validity.data.buffer, validity.data.byteOffset, validity.data.byteLength);
  const rows = chunk.rowCount;
  const wholeBytes = rows >> 3;
  let set = 0;
  while (set < wholeBytes && bits[set] === 0xff) set++;
  if (set === wholeBytes && (rows & 7) === 0) return null;
  const valid = new Uint8Array(rows);
  let nulls = 0;
  for (let row = 0; row < valid.length; row++) {
    const isValid = (bits[row >> 3]! >> (row & 7)) & 1;
    valid[row] = isValid;
    nulls += 1 - isValid;
  }
  return nulls === 0 ? null : valid;
}

/** DuckDB's string_t: length, then up to twelve bytes in place, longer ones behind a pointer. */
const STRING_BYTES = 16;
const INLINE_BYTES = 12;

/** Calls back with each row's text as UTF-8 bytes in a buffer, null rows left out. */
export function eachText(
  chunk: DuckDBDataChunk,
  column: number,
  visit: (source: Uint8Array, start: number, length: number) => void,
): void {
  const vector = chunk.getColumnVector(column);
  const { dataView } = open(chunk, column);
  if (!(dataView instanceof DataView)) throw moved('texts');
  const bytes = new Uint8Array(dataView.buffer, dataView.byteOffset, dataView.byteLength);
  const valid = vectorValid(chunk, column);
  // The package asks DuckDB for it at every read.
  const rows = chunk.rowCount;
  for (let row = 0; row < rows; row++) {
    if (valid !== null && valid[row] === 0) continue;
    const length = dataView.getUint32(row * STRING_BYTES, true);
    if (length <= INLINE_BYTES) visit(bytes, row * STRING_BYTES + 4, length);
    else {
      const text = Buffer.from(String(vector.getItem(row)), 'utf8');
      visit(text, 0, text.length);
    }
  }
}
