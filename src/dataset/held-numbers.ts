/**
 * The numbers of rows that came from a stream, held here and not in DuckDB: they are most of a snapshot's bytes, and no rule looks
 * at them once they are checked. DuckDB decides on the rest of each row, and gets the numbers of the rows that it kept, in the order
 * that it found, at the last moment: neither a table of all of them nor a sort of all of them is ever made.
 */
import { DOUBLE, type DuckDBDataChunk, DuckDBTableFunction, UINTEGER } from '@duckdb/node-api';
import type { Batch, NumberBlock } from '../sources/postgres/copy-decoder.js';
import { ChunksAhead } from './chunks-ahead.js';
import type { Duck } from './duck.js';
import type { NumberCheck } from './number-checks.js';
import { CHUNK_ROWS, NumberChunk } from './number-chunk.js';
import { putColumns, vectorItems } from './vectors.js';

/** Columns of `source_rows` in place of the numbers: a row's place here, and the number of the check that it failed first (0: none). */
export const HELD = { place: 'held_place', failed: 'held_failed' } as const;

/** The numbers' own word on their place, beside the numbers: rows and numbers that went apart are told by it. */
const GIVEN = 'held_given';

/** They would not fit in memory: DuckDB, which can use the disk, has to hold them in its table. */
export class HeldTooLarge extends Error {
  override readonly name = 'HeldTooLarge';
}

/** Rows worked on column by column: few enough to stay in the processor's nearest cache. */
const TILE_ROWS = 32;

type OnChunk = (chunk: NumberChunk) => void;

/** The chunk's columns, then its rows' places; no rows where there is no chunk. */
function put(output: DuckDBDataChunk, chunk: NumberChunk | null): void {
  putColumns(output, chunk?.rows ?? 0, (at) =>
    at === chunk?.width ? { items: chunk.places, valid: null } : chunk?.column(at),
  );
}

export class HeldNumbers {
  readonly #blocks: NumberBlock[] = [];
  readonly keys: readonly string[];
  readonly checks: readonly NumberCheck[];
  readonly #blockRows: number;
  #bytesLeft: number;
  /** By place in a row: what passes all of its checks. */
  readonly #mins: Float64Array;
  readonly #maxs: Float64Array;

  /**
   * @param options.keys the numbers' keys, in the order of their places in a row
   * @param options.blockRows rows of a batch at most: a row's place is its batch's number times that, and its own in the batch
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
    const ofKey = this.keys.map((key) => this.checks.filter((check) => check.key === key));
    this.#mins = Float64Array.from(ofKey, (checks) =>
      Math.max(Number.NEGATIVE_INFINITY, ...checks.map(({ min }) => min)),
    );
    this.#maxs = Float64Array.from(ofKey, (checks) =>
      Math.min(Number.POSITIVE_INFINITY, ...checks.map(({ max }) => max)),
    );
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
    batch.isNumbersTaken = true;
    this.#blocks.push(numbers);
    const failed = new Uint16Array(rows);
    const { values, width } = numbers;
    const [mins, maxs] = [this.#mins, this.#maxs];
    for (let row = 0, at = 0; row < rows; row++) {
      let isFine = true;
      for (let place = 0; place < width; place++, at++) {
        const value = values[at]!;
        // No comparison holds for NaN.
        if (!(value >= mins[place]! && value <= maxs[place]!)) isFine = false;
      }
      if (!isFine) failed[row] = this.#firstFailed(numbers, row);
    }
    return failed;
  }

  #firstFailed({ values, nulls, width }: NumberBlock, row: number): number {
    const isFailed = ({ key, min, max }: NumberCheck): boolean => {
      const at = row * width + this.keys.indexOf(key);
      return nulls?.[at] !== 1 && !(values[at]! >= min && values[at]! <= max);
    };
    return this.checks.findIndex(isFailed) + 1;
  }

  /** Writes the numbers of the rows at `places` into a chunk. */
  #gather(chunk: NumberChunk, places: Uint32Array): void {
    chunk.begin(places);
    const blockRows = this.#blockRows;
    const { values: to, stride, width } = chunk;
    const blocks: Float64Array[] = [];
    const froms = new Uint32Array(TILE_ROWS);
    for (let first = 0; first < places.length; first += TILE_ROWS) {
      const rows = Math.min(TILE_ROWS, places.length - first);
      for (let row = 0; row < rows; row++) {
        const place = places[first + row]!;
        blocks[row] = this.#blocks[Math.floor(place / blockRows)]!.values;
        froms[row] = (place % blockRows) * width;
      }
      for (let at = 0; at < width; at++) {
        const start = at * stride + first;
        for (let row = 0; row < rows; row++) to[start + row] = blocks[row]![froms[row]! + at]!;
      }
    }
    if (this.#blocks.some((block) => block.nulls !== null)) this.#markNulls(chunk, places);
  }

  #markNulls(chunk: NumberChunk, places: Uint32Array): void {
    const blockRows = this.#blockRows;
    for (const [row, place] of places.entries()) {
      const { nulls, width } = this.#blocks[Math.floor(place / blockRows)]!;
      if (nulls === null) continue;
      const from = (place % blockRows) * width;
      for (let at = 0; at < width; at++) if (nulls[from + at] === 1) chunk.setNull(at, row);
    }
  }

  /** The places of a table's rows, in the order they have in it. */
  async #placesOf(duck: Duck, table: string): Promise<Uint32Array> {
    const parts: Uint32Array[] = [];
    for await (const chunk of duck.chunks(`SELECT ${HELD.place} FROM ${table}`)) {
      parts.push(vectorItems(chunk, 0, Uint32Array).slice(0, chunk.rowCount));
    }
    const places = new Uint32Array(parts.reduce((rows, part) => rows + part.length, 0));
    let at = 0;
    for (const part of parts) {
      places.set(part, at);
      at += part.length;
    }
    return places;
  }

  /**
   * @param table has the rows' places as a UINTEGER column HELD.place; rows leave it in the order they have in it
   * @param options.onChunk sees the numbers' chunks as they pass, in that order
   * @returns what goes after FROM, once: the table's columns and the numbers by their keys. It fails when a row and numbers
   * of another row meet
   */
  async beside(duck: Duck, table: string, options: { readonly onChunk?: OnChunk } = {}): Promise<string> {
    const width = this.keys.length;
    if (width === 0) return table;
    const places = await this.#placesOf(duck, table);
    const name = `numbers_of_${table}`;
    const ahead = new ChunksAhead({
      chunks: Math.ceil(places.length / CHUNK_ROWS),
      empty: () => new NumberChunk(width),
      make: (chunk, at) => {
        this.#gather(chunk, places.subarray(at * CHUNK_ROWS, (at + 1) * CHUNK_ROWS));
        options.onChunk?.(chunk);
      },
    });
    const feed = DuckDBTableFunction.create({
      name,
      bindFunction: (bind) => {
        for (const key of this.keys) bind.addResultColumn(key, DOUBLE);
        bind.addResultColumn(GIVEN, UINTEGER);
      },
      initFunction: (init) => init.setMaxThreads(1),
      mainFunction: (_info, output) => ahead.give((chunk) => put(output, chunk)),
    });
    duck.connection.registerTableFunction(feed);
    const isApart = `${HELD.place} IS DISTINCT FROM ${GIVEN}`;
    return `(SELECT * FROM ${table} POSITIONAL JOIN ${name}() WHERE CASE WHEN ${isApart} THEN error('rows and numbers went apart') ELSE true END)`;
  }
}
