/** Numbers of up to a chunk of rows, column by column, in memory of our own: DuckDB gets them by one copy. */

/** DuckDB's vector size. */
export const CHUNK_ROWS = 2048;

/** A little more than a chunk: columns a power of two apart would push each other out of the processor's cache. */
const STRIDE = CHUNK_ROWS + 8;

/** A column's values; those of null rows are 0. */
export interface NumberColumn {
  readonly items: Float64Array;
  /** 1 where there is a value; null when no row is null. */
  readonly valid: Uint8Array | null;
}

export class NumberChunk {
  /** Column by column, `stride` apart. */
  readonly values: Float64Array;
  readonly stride = STRIDE;
  readonly #valid: (Uint8Array | null)[];
  readonly #places = new Uint32Array(CHUNK_ROWS);
  rows = 0;

  constructor(readonly width: number) {
    this.values = new Float64Array(width * STRIDE);
    this.#valid = Array.from({ length: width }, () => null);
  }

  /** To be filled with other rows: their places. */
  begin(places: Uint32Array): void {
    this.rows = places.length;
    this.#places.set(places);
    this.#valid.fill(null);
  }

  get places(): Uint32Array {
    return this.#places.subarray(0, this.rows);
  }

  setNull(column: number, row: number): void {
    this.#valid[column] ??= new Uint8Array(CHUNK_ROWS).fill(1);
    this.#valid[column][row] = 0;
    this.values[column * STRIDE + row] = 0;
  }

  column(column: number): NumberColumn {
    const start = column * STRIDE;
    const items = this.values.subarray(start, start + this.rows);
    return { items, valid: this.#valid[column]?.subarray(0, this.rows) ?? null };
  }
}
