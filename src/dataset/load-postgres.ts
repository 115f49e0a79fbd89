/** Postgres: streamed by COPY, batch by batch, into `source_rows` and `label_facts`. */
import {
  BIGINT,
  DOUBLE,
  type DuckDBAppender,
  DuckDBDataChunk,
  type DuckDBType,
  TIMESTAMP,
  VARCHAR,
} from '@duckdb/node-api';
import type { SpecSource } from '../core/spec/schema.js';
import type { BatchColumn, CopyDecoder, WireType } from '../sources/postgres/copy-decoder.js';
import { type BatchSink, openPostgresReader } from '../sources/postgres/read.js';
import type { WantedColumn } from '../sources/source.js';
import type { Duck } from './duck.js';
import type { ConnectionUrl, OpenSource } from './open-source.js';
import { vectorItems } from './vectors.js';

const TYPES: Record<WireType, DuckDBType> = { float8: DOUBLE, int8: BIGINT, timestamp: TIMESTAMP, text: VARCHAR };

/** Batches between flushes of the appender: it copies what it holds at once, on the event loop. */
const FLUSH_BATCHES = 16;

/** The ends of 64 bits stand for infinity in Postgres: no instant. */
const EARLIEST = -9_000_000_000_000_000_000n;
const LATEST = 9_000_000_000_000_000_000n;

function fill(chunk: DuckDBDataChunk, at: number, column: BatchColumn): void {
  const rows = chunk.rowCount;
  const vector = chunk.getColumnVector(at) as unknown as {
    setItem(row: number, value: unknown): void;
    flush(): void;
  };
  if (column.wire === 'float8') vectorItems(chunk, at, Float64Array).set(column.floats.subarray(0, rows));
  else if (column.wire === 'text') for (let row = 0; row < rows; row++) vector.setItem(row, column.texts[row]);
  else vectorItems(chunk, at, BigInt64Array).set(column.integers.subarray(0, rows));
  if (column.wire === 'timestamp') {
    for (let row = 0; row < rows; row++) {
      const micros = column.integers[row]!;
      if (micros > LATEST || micros < EARLIEST) vector.setItem(row, null);
    }
  }
  if (column.hasNulls) for (let row = 0; row < rows; row++) if (column.nulls[row] === 1) vector.setItem(row, null);
  vector.flush();
}

/** A table that batches are appended to. */
class TableSink implements BatchSink {
  #appender: DuckDBAppender | null = null;
  #types: readonly DuckDBType[] = [];
  #wires: readonly WireType[] = [];
  #batches = 0;

  constructor(
    readonly duck: Duck,
    readonly table: string,
    readonly wanted: readonly WantedColumn[],
  ) {}

  readonly begin = async (wires: readonly WireType[]): Promise<void> => {
    this.#wires = wires;
    this.#types = wires.map((wire) => TYPES[wire]);
    const columns = this.wanted.map((column, at) => `${column.key} ${this.#types[at]}`);
    await this.duck.run(`CREATE TABLE ${this.table} (${columns.join(', ')})`);
    // One transaction: a commit at each flush would cost several times the append itself.
    await this.duck.run('BEGIN');
    this.#appender = await this.duck.connection.createAppender(this.table);
  };

  readonly batch = (decoder: CopyDecoder): void => {
    const chunk = DuckDBDataChunk.create(this.#types, decoder.rows);
    for (const [at, column] of decoder.columns.entries()) fill(chunk, at, column);
    this.#appender?.appendDataChunk(chunk);
    this.#batches += 1;
    if (this.#batches % FLUSH_BATCHES === 0) this.#appender?.flushSync();
  };

  /** Integers read as text travel as integers, and become text here. */
  readonly end = async (): Promise<void> => {
    if (this.#appender === null) return;
    this.#appender.closeSync();
    await this.duck.run('COMMIT');
    for (const [at, wire] of this.#wires.entries()) {
      const column = this.wanted[at];
      if (wire === 'int8' && column !== undefined) {
        await this.duck.run(`ALTER TABLE ${this.table} ALTER COLUMN ${column.key} TYPE VARCHAR`);
      }
    }
  };
}

export async function openPostgres(
  duck: Duck,
  source: Extract<SpecSource, { kind: 'postgres' }>,
  connectionUrl: ConnectionUrl,
): Promise<OpenSource> {
  const reader = await openPostgresReader(source, { url: connectionUrl(source.urlEnv), signal: duck.signal });
  return {
    rows: reader.rows,
    labels: reader.labels,
    load: async (wanted, scope) => {
      const rows = new TableSink(duck, 'source_rows', wanted.rows);
      const labels = new TableSink(duck, 'label_facts', wanted.labels ?? []);
      await reader.read(wanted, scope, { rows, labels });
    },
    close: reader.close,
  };
}
