/** Postgres: streamed by COPY, batch by batch, into `source_rows` and `label_facts`. */
import {
  BIGINT,
  DOUBLE,
  type DuckDBDataChunk,
  DuckDBTableFunction,
  type DuckDBType,
  TIMESTAMP,
  UINTEGER,
  USMALLINT,
  VARCHAR,
} from '@duckdb/node-api';
import type { SpecSource } from '../core/spec/schema.js';
import type { Batch, BatchColumn, NumberBlock, WireType } from '../sources/postgres/copy-decoder.js';
import { BATCH_ROWS, type BatchSink, openPostgresReader } from '../sources/postgres/read.js';
import type { WantedColumn } from '../sources/source.js';
import type { Duck } from './duck.js';
import { HELD, HeldNumbers } from './held-numbers.js';
import type { ConnectionUrl, OpenSource } from './opened-source.js';
import { vectorItems, writable } from './vectors.js';

const TYPES: Record<WireType, DuckDBType> = { float8: DOUBLE, int8: BIGINT, timestamp: TIMESTAMP, text: VARCHAR };

/** Batches that wait before an INSERT begins: each has a cost of its own. */
const START_BATCHES = 30;
/** Batches that wait at most. */
const MOST_BATCHES = 90;

interface Queued {
  readonly batch: Batch;
  readonly giveBack: (batch: Batch) => void;
  /** Where numbers are held: the place of the batch's first row, and by row the check that it fails. */
  readonly firstPlace: number;
  readonly failed: Uint16Array | null;
}

/** A column of the table: the wanted column's place among those that are read, and how it gets there. */
interface Fed {
  readonly key: string;
  readonly at: number;
  readonly wire: WireType;
  /** Among the numbers of a row. */
  readonly place: number;
}

/** The ends of 64 bits stand for infinity in Postgres: no instant. */
const EARLIEST = -9_000_000_000_000_000_000n;
const LATEST = 9_000_000_000_000_000_000n;

function fillNumbers(chunk: DuckDBDataChunk, at: number, source: { numbers: NumberBlock; place: number }): void {
  const { values, nulls, width } = source.numbers;
  const items = vectorItems(chunk, at, Float64Array);
  const vector = writable(chunk, at);
  const rows = chunk.rowCount;
  for (let row = 0, from = source.place; row < rows; row++, from += width) {
    items[row] = values[from]!;
    if (nulls !== null && nulls[from] === 1) vector.setItem(row, null);
  }
  vector.flush();
}

function fill(chunk: DuckDBDataChunk, at: number, column: BatchColumn): void {
  const rows = chunk.rowCount;
  const vector = writable(chunk, at);
  if (column.wire === 'text') for (let row = 0; row < rows; row++) vector.setItem(row, column.texts[row]);
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

function fillHeld(chunk: DuckDBDataChunk, at: number, held: { firstPlace: number; failed: Uint16Array }): void {
  const places = vectorItems(chunk, at, Uint32Array);
  for (let row = 0; row < held.failed.length; row++) places[row] = held.firstPlace + row;
  vectorItems(chunk, at + 1, Uint16Array).set(held.failed);
  writable(chunk, at).flush();
  writable(chunk, at + 1).flush();
}

/**
 * A table that batches are inserted into: they queue up, and while more are decoded DuckDB takes them, through a table function, on
 * its own threads. An appender would copy every value once more, on the event loop.
 */
class TableSink implements BatchSink {
  readonly #queue: Queued[] = [];
  #insert: Promise<void> | null = null;
  #insertSql = '';
  #fed: Fed[] = [];
  #batches = 0;

  /** @param held takes the numbers, which are then no columns of the table */
  constructor(
    readonly duck: Duck,
    readonly table: string,
    readonly options: {
      readonly wanted: readonly WantedColumn[];
      readonly held: HeldNumbers | null;
      readonly load: number;
    },
  ) {}

  /** Integers read as text travel as integers, and become text here. */
  readonly begin = async (wires: readonly WireType[]): Promise<void> => {
    const { wanted, held } = this.options;
    let place = 0;
    const all = wanted.map(({ key }, at) => {
      const wire = wires[at]!;
      return { key, at, wire, place: wire === 'float8' ? place++ : 0 };
    });
    this.#fed = held === null ? all : all.filter(({ wire }) => wire !== 'float8');
    const columns = this.#fed.map(({ key, wire }) => ({
      key,
      type: TYPES[wire],
      kept: wire === 'int8' ? VARCHAR : TYPES[wire],
    }));
    if (held !== null) {
      columns.push({ key: HELD.place, type: UINTEGER, kept: UINTEGER });
      columns.push({ key: HELD.failed, type: USMALLINT, kept: USMALLINT });
    }
    await this.duck.run(`CREATE TABLE ${this.table} (${columns.map(({ key, kept }) => `${key} ${kept}`).join(', ')})`);
    // A name of its own for each load: DuckDB keeps the first function of a name.
    const feed = `feed_${this.table}_${this.options.load}`;
    const select = columns.map(({ key, kept }) => `CAST(${key} AS ${kept})`);
    this.#insertSql = `INSERT INTO ${this.table} SELECT ${select.join(', ')} FROM ${feed}()`;
    const table = DuckDBTableFunction.create({
      name: feed,
      bindFunction: (bind) => {
        for (const { key, type } of columns) bind.addResultColumn(key, type);
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
    const { batch, firstPlace, failed } = next;
    for (const [to, { at, wire, place }] of this.#fed.entries()) {
      if (wire === 'float8') fillNumbers(chunk, to, { numbers: batch.numbers, place });
      else fill(chunk, to, batch.columns[at]!);
    }
    if (failed !== null) fillHeld(chunk, this.#fed.length, { firstPlace, failed });
    next.giveBack(batch);
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
    const failed = this.options.held?.keep(batch) ?? null;
    this.#queue.push({ batch, giveBack, firstPlace: this.#batches * BATCH_ROWS, failed });
    this.#batches += 1;
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
  let load = 0;
  return {
    rows: reader.rows,
    labels: reader.labels,
    load: async (wanted, scope, holding) => {
      load += 1;
      const numbers = wanted.rows.filter(({ use }) => use === 'number').map(({ key }) => key);
      const held = holding === undefined ? null : new HeldNumbers({ keys: numbers, blockRows: BATCH_ROWS, ...holding });
      const rows = new TableSink(duck, 'source_rows', { wanted: wanted.rows, held, load });
      const labels = new TableSink(duck, 'label_facts', { wanted: wanted.labels ?? [], held: null, load });
      await duck.feeding(() => reader.read(wanted, scope, { rows, labels }));
      return held;
    },
    close: reader.close,
  };
}
