/**
 * The numbers of rows that came from a stream, held here and not in DuckDB: they are most of a snapshot's bytes, and no rule looks
 * at them once they are checked. DuckDB decides on the rest of each row, and gets the numbers of the rows that it kept, in the order
 * that it found, at the last moment: neither a table of all of them nor a sort of all of them is ever made.
 */
import { DOUBLE, DuckDBDataChunk, DuckDBTableFunction, type DuckDBType, UINTEGER } from '@duckdb/node-api';
import type { Batch, NumberBlock } from '../sources/postgres/copy-decoder.js';
import type { Duck } from './duck.js';
import type { NumberCheck } from './number-checks.js';
import { vectorItems, vectorValid, writable } from './vectors.js';

/** Columns of `source_rows` in place of the numbers: a row's place here, and the number of the check that it failed first (0: none). */
export const HELD = { place: 'held_place', failed: 'held_failed' } as const;

/** The numbers' own word on their place, beside the numbers: rows and numbers that went apart are told by it. */
const GIVEN = 'held_given';

/** They would not fit in memory: DuckDB, which can use the disk, has to hold them in its table. */
export class HeldTooLarge extends Error {
  override readonly name = 'HeldTooLarge';
}

const CHUNK_ROWS = 2048;

/** Rows worked on column by column: few enough to stay in the processor's nearest cache. */
const TILE_ROWS = 32;

/** Chunks made ahead: those of one row group, since DuckDB stops to ask while it writes one. */
const MOST_AHEAD = 64;

/** Makes chunks while DuckDB is busy with earlier ones, one a turn of the event loop. */
class Ahead {
  readonly #ready: DuckDBDataChunk[] = [];
  readonly #free: DuckDBDataChunk[] = [];
  #made = 0;
  #isMaking = false;
  #failure: unknown = null;

  constructor(
    readonly chunks: number,
    readonly types: readonly DuckDBType[],
    readonly make: (chunk: DuckDBDataChunk, at: number) => void,
  ) {}

  #next(): void {
    const chunk = this.#free.pop() ?? DuckDBDataChunk.create(this.types, CHUNK_ROWS);
    this.make(chunk, this.#made++);
    this.#ready.push(chunk);
  }

  readonly #makeAhead = (): void => {
    this.#isMaking = this.#made < this.chunks && this.#ready.length < MOST_AHEAD;
    if (!this.#isMaking) return;
    try {
      this.#next();
    } catch (error) {
      // Nobody hears of it here: it is thrown to whoever asks for the chunk.
      this.#failure = error;
      return;
    }
    setImmediate(this.#makeAhead);
  };

  /** The next chunk's values; no rows after the last. */
  give(to: DuckDBDataChunk): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#ready.length === 0 && this.#made < this.chunks) this.#next();
    const from = this.#ready.shift();
    const rows = from?.rowCount ?? 0;
    to.rowCount = rows;
    if (from === undefined) return;
    let hasNulls = false;
    const places = this.types.length - 1;
    vectorItems(to, places, Uint32Array).set(vectorItems(from, places, Uint32Array).subarray(0, rows));
    writable(to, places).flush();
    for (let at = 0; at < places; at++) {
      vectorItems(to, at, Float64Array).set(vectorItems(from, at, Float64Array).subarray(0, rows));
      const vector = writable(to, at);
      const valid = vectorValid(from, at);
      if (valid !== null) for (let row = 0; row < rows; row++) if (valid[row] === 0) vector.setItem(row, null);
      hasNulls ||= valid !== null;
      vector.flush();
    }
    if (!hasNulls) this.#free.push(from);
    if (!this.#isMaking) setImmediate(this.#makeAhead);
    this.#isMaking = true;
  }
}

type OnChunk = (chunk: DuckDBDataChunk) => void;

export class HeldNumbers {
  readonly #blocks: NumberBlock[] = [];
  readonly keys: readonly string[];
  readonly checks: readonly NumberCheck[];
  readonly #blockRows: number;
  #bytesLeft: number;

  /**
   * @param options.keys the numbers' keys, in the order of their places in a row
   * @param options.blockRows rows of each batch but the last
   * @param options.mostMb of memory, in MiB
   */
  constructor(options: {
    readonly keys: readonly string[];
    readonly checks: readonly NumberCheck[];
    readonly blockRows: number;
    readonly mostMb: number;
  }) {
    this.keys = options.keys;
    this.checks = options.checks;
    this.#blockRows = options.blockRows;
    this.#bytesLeft = options.mostMb * 2 ** 20;
  }

  /**
   * Takes the batch's numbers over.
   * @returns by row, the number of the first check that it fails, from 1; 0 for none
   * @throws HeldTooLarge
   */
  keep(batch: Batch): Uint16Array {
    const { numbers, rows } = batch;
    this.#bytesLeft -= numbers.values.byteLength;
    if (this.#bytesLeft < 0) throw new HeldTooLarge('The numbers of the rows do not fit in memory.');
    this.#blocks.push(numbers);
    const failed = new Uint16Array(rows);
    const places = this.checks.map((check) => this.keys.indexOf(check.key));
    for (let first = 0; first < rows; first += TILE_ROWS) {
      const end = Math.min(rows, first + TILE_ROWS);
      for (const [at, { min, max }] of this.checks.entries()) {
        for (let row = first, from = first * numbers.width + places[at]!; row < end; row++, from += numbers.width) {
          const value = numbers.values[from]!;
          // No comparison holds for NaN.
          if (value >= min && value <= max) continue;
          if (failed[row] === 0 && numbers.nulls?.[from] !== 1) failed[row] = at + 1;
        }
      }
    }
    return failed;
  }

  /** Writes the numbers of the rows at `places` into a chunk, a column each. */
  #gather(chunk: DuckDBDataChunk, places: Uint32Array): void {
    const blockRows = this.#blockRows;
    const columns = this.keys.map((_, at) => vectorItems(chunk, at, Float64Array));
    const width = columns.length;
    const blocks: NumberBlock[] = [];
    const froms = new Uint32Array(TILE_ROWS);
    for (let first = 0; first < places.length; first += TILE_ROWS) {
      const rows = Math.min(TILE_ROWS, places.length - first);
      for (let row = 0; row < rows; row++) {
        const place = places[first + row]!;
        blocks[row] = this.#blocks[Math.floor(place / blockRows)]!;
        froms[row] = (place % blockRows) * width;
      }
      for (let at = 0; at < width; at++) {
        const column = columns[at]!;
        for (let row = 0; row < rows; row++) {
          const { values, nulls } = blocks[row]!;
          const from = froms[row]! + at;
          column[first + row] = values[from]!;
          if (nulls !== null && nulls[from] === 1) writable(chunk, at).setItem(first + row, null);
        }
      }
    }
  }

  /**
   * @param table has the rows' places as a UINTEGER column HELD.place; rows leave it in the order they have in it
   * @param options.onChunk sees the numbers' chunks as they pass, in that order, one column a key
   * @returns what goes after FROM, once: the table's columns and the numbers by their keys. It fails when a row and numbers
   * of another row meet
   */
  async beside(duck: Duck, table: string, options: { readonly onChunk?: OnChunk } = {}): Promise<string> {
    if (this.keys.length === 0) return table;
    const parts: Uint32Array[] = [];
    for await (const chunk of duck.chunks(`SELECT ${HELD.place} FROM ${table}`)) {
      parts.push(vectorItems(chunk, 0, Uint32Array).slice(0, chunk.rowCount));
    }
    const places = new Uint32Array(parts.reduce((rows, part) => rows + part.length, 0));
    parts.reduce((at, part) => {
      places.set(part, at);
      return at + part.length;
    }, 0);
    const name = `numbers_of_${table}`;
    const types = [...this.keys.map(() => DOUBLE), UINTEGER];
    const ahead = new Ahead(Math.ceil(places.length / CHUNK_ROWS), types, (chunk, at) => {
      const some = places.subarray(at * CHUNK_ROWS, (at + 1) * CHUNK_ROWS);
      // Saying it makes all vectors anew.
      if (some.length !== CHUNK_ROWS) chunk.rowCount = some.length;
      this.#gather(chunk, some);
      vectorItems(chunk, this.keys.length, Uint32Array).set(some);
      options.onChunk?.(chunk);
    });
    const feed = DuckDBTableFunction.create({
      name,
      bindFunction: (bind) => {
        for (const key of this.keys) bind.addResultColumn(key, DOUBLE);
        bind.addResultColumn(GIVEN, UINTEGER);
      },
      initFunction: (init) => init.setMaxThreads(1),
      mainFunction: (_info, chunk) => ahead.give(chunk),
    });
    duck.connection.registerTableFunction(feed);
    const isApart = `${HELD.place} IS DISTINCT FROM ${GIVEN}`;
    return `(SELECT * FROM ${table} POSITIONAL JOIN ${name}() WHERE CASE WHEN ${isApart} THEN error('rows and numbers went apart') ELSE true END)`;
  }
}
