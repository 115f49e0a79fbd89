/** Postgres: streamed by COPY, batch by batch, into `source_rows` and `label_facts`. */
import {
  BIGINT,
  DOUBLE,
  type DuckDBDataChunk,
  DuckDBTableFunction,
  type DuckDBType,
  TIMESTAMP,
  VARCHAR,
} from '@duckdb/node-api';
import type { SpecSource } from '../core/spec/schema.js';
import type { Batch, BatchColumn, WireType } from '../sources/postgres/copy-decoder.js';
import { type BatchSink, openPostgresReader } from '../sources/postgres/read.js';
import type { WantedColumn } from '../sources/source.js';
import type { Duck } from './duck.js';
import type { ConnectionUrl, OpenSource } from './open-source.js';
import { vectorItems } from './vectors.js';

const TYPES: Record<WireType, DuckDBType> = { float8: DOUBLE, int8: BIGINT, timestamp: TIMESTAMP, text: VARCHAR };

/** Batches that wait before an INSERT begins: each has a cost of its own. */
const START_BATCHES = 30;
/** Batches that wait at most. */
const MOST_BATCHES = 90;

interface Queued {
  readonly batch: Batch;
  readonly giveBack: (batch: Batch) => void;
}

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
  if (column.hasExtremes) {
    for (let row = 0; row < rows; row++) {
      const micros = column.integers[row]!;
      if (micros > LATEST || micros < EARLIEST) vector.setItem(row, null);
    }
  }
  if (column.hasNulls) for (let row = 0; row < rows; row++) if (column.nulls[row] === 1) vector.setItem(row, null);
  vector.flush();
}

/**
 * A table that batches are inserted into: they queue up, and while more are decoded DuckDB takes them, through a table function, on
 * its own threads. An appender would copy every value once more, on the event loop.
 */
class TableSink implements BatchSink {
  readonly #queue: Queued[] = [];
  #insert: Promise<void> | null = null;
  #insertSql = '';

  constructor(
    readonly duck: Duck,
    readonly table: string,
    readonly wanted: readonly WantedColumn[],
  ) {}

  /** Integers read as text travel as integers, and become text here. */
  readonly begin = async (wires: readonly WireType[]): Promise<void> => {
    const types = wires.map((wire) => (wire === 'int8' ? VARCHAR : TYPES[wire]));
    const columns = this.wanted.map((column, at) => `${column.key} ${types[at]}`);
    await this.duck.run(`CREATE TABLE ${this.table} (${columns.join(', ')})`);
    const feed = `feed_${this.table}`;
    const select = this.wanted.map((column, at) => `CAST(${column.key} AS ${types[at]})`);
    this.#insertSql = `INSERT INTO ${this.table} SELECT ${select.join(', ')} FROM ${feed}()`;
    const table = DuckDBTableFunction.create({
      name: feed,
      bindFunction: (bind) => {
        for (const [at, column] of this.wanted.entries()) bind.addResultColumn(column.key, TYPES[wires[at]!]);
      },
      initFunction: (init) => init.setMaxThreads(1),
      mainFunction: (_info, chunk) => this.#give(chunk),
    });
    this.duck.connection.registerTableFunction(table);
    // One transaction: each commit would cost time of its own.
    await this.duck.run('BEGIN');
  };

  /** What is waiting goes into the running INSERT; none waiting ends it. */
  #give(chunk: DuckDBDataChunk): void {
    const next = this.#queue.shift();
    chunk.rowCount = next?.batch.rows ?? 0;
    if (next === undefined) return;
    for (const [at, column] of next.batch.columns.entries()) fill(chunk, at, column);
    next.giveBack(next.batch);
  }

  #start(): Promise<void> {
    const insert = this.duck.run(this.#insertSql).finally(() => {
      this.#insert = null;
    });
    // Awaited at the next pause or at the end; a failure before that must not end the process.
    insert.catch((error: unknown) => {
      this.#failure ??= error;
    });
    this.#insert = insert;
    return insert;
  }

  #failure: unknown = null;

  readonly batch = (batch: Batch, giveBack: (batch: Batch) => void): Promise<void> | null => {
    if (this.#failure !== null) throw this.#failure;
    this.#queue.push({ batch, giveBack });
    if (this.#insert === null && this.#queue.length >= START_BATCHES) this.#start();
    return this.#queue.length >= MOST_BATCHES ? this.#insert : null;
  };

  readonly end = async (isWhole: boolean): Promise<void> => {
    if (!isWhole) this.#queue.length = 0;
    while (this.#failure === null && (this.#insert !== null || this.#queue.length > 0)) {
      await (this.#insert ?? this.#start()).catch(() => undefined);
    }
    if (!isWhole) return;
    if (this.#failure !== null) throw this.#failure;
    await this.duck.run('COMMIT');
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
