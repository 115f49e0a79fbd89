/**
 * The digest of a snapshot's rows: over values in canonical columnar form, so that neither the Parquet writer, its
 * version, the thread count nor the kind of source shows. Rows come in snapshot order (event_at, id); columns in the order id,
 * event_at, label, features and slices in the spec's order.
 *
 *   column = { name, kind, nulls, values }
 *   nulls  = sha256 of one byte a row, 1 where there is a value and 0 where there is none
 *   values = sha256 of: numeric, 8-byte little-endian floats, zeros for nulls; time, 8-byte little-endian microseconds since
 *            1970-01-01 UTC, zeros for nulls; label, one byte; text, for each value that is there its UTF-8 length (4 bytes,
 *            little-endian) and its bytes
 *   digest = sha256 of the canonical JSON of { format: 'perennial-rows/1', rows, columns }
 */
import { createHash, type Hash } from 'node:crypto';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { canonicalDigest } from '../core/canonical-json.js';
import { assertInvariant } from '../core/errors.js';
import type { Digest } from '../core/types.js';
import type { NumberColumn } from './number-chunk.js';
import { eachText, vectorItems, vectorValid } from './vectors.js';

export interface DigestColumn {
  readonly name: string;
  readonly kind: 'text' | 'numeric' | 'time' | 'label';
}

const ONES = new Uint8Array(1 << 16).fill(1);

function hashOnes(hash: Hash, rows: number): Hash {
  for (let left = rows; left > 0; left -= ONES.length) hash.update(ONES.subarray(0, Math.min(left, ONES.length)));
  return hash;
}

/** Most columns have no nulls: those share a digest. */
class NullsHash {
  /** Null until the first null: only ones up to there. */
  #hash: Hash | null = null;
  #ones = 0;

  add(valid: Uint8Array | null, rows: number): void {
    if (valid === null && this.#hash === null) this.#ones += rows;
    else {
      this.#hash ??= hashOnes(createHash('sha256'), this.#ones);
      if (valid === null) hashOnes(this.#hash, rows);
      else this.#hash.update(valid);
    }
  }

  /** @param ofOnes of as many ones as there are rows */
  digest(ofOnes: Digest): Digest {
    return this.#hash?.digest('hex') ?? ofOnes;
  }
}

class ColumnHash {
  readonly #nulls = new NullsHash();
  readonly #values: Hash = createHash('sha256');
  #text = new Uint8Array(1 << 16);
  #used = 0;

  rows = 0;

  constructor(readonly column: DigestColumn) {}

  add(chunk: DuckDBDataChunk, at: number): void {
    const valid = vectorValid(chunk, at);
    this.rows += chunk.rowCount;
    this.#nulls.add(valid, chunk.rowCount);
    if (this.column.kind === 'text') this.#addText(chunk, at);
    else if (this.column.kind === 'numeric') this.#addFixed(vectorItems(chunk, at, Float64Array), valid, 8);
    else if (this.column.kind === 'time') this.#addFixed(vectorItems(chunk, at, BigInt64Array), valid, 8);
    else this.#addFixed(vectorItems(chunk, at, Uint8Array), valid, 1);
  }

  addNumbers({ items, valid }: NumberColumn): void {
    this.rows += items.length;
    this.#nulls.add(valid, items.length);
    this.#addFixed(items, valid, 8);
  }

  #addFixed(items: ArrayBufferView, valid: Uint8Array | null, width: number): void {
    const bytes = new Uint8Array(items.buffer, items.byteOffset, items.byteLength);
    if (valid === null) {
      this.#values.update(bytes);
      return;
    }
    const zeroed = bytes.slice();
    for (let row = 0; row < valid.length; row++) {
      if (valid[row] === 0) zeroed.fill(0, row * width, (row + 1) * width);
    }
    this.#values.update(zeroed);
  }

  #addText(chunk: DuckDBDataChunk, at: number): void {
    eachText(chunk, at, (source, start, length) => {
      if (this.#used + 4 + length > this.#text.length) this.#flush(4 + length);
      const view = this.#text;
      view[this.#used] = length & 0xff;
      view[this.#used + 1] = (length >>> 8) & 0xff;
      view[this.#used + 2] = (length >>> 16) & 0xff;
      view[this.#used + 3] = length >>> 24;
      const to = this.#used + 4;
      if (length <= 12) for (let byte = 0; byte < length; byte++) view[to + byte] = source[start + byte]!;
      else view.set(source.subarray(start, start + length), to);
      this.#used = to + length;
    });
    this.#flush(0);
  }

  #flush(needed: number): void {
    this.#values.update(this.#text.subarray(0, this.#used));
    this.#used = 0;
    if (needed > this.#text.length) this.#text = new Uint8Array(needed);
  }

  digest(ofOnes: Digest): { name: string; kind: string; nulls: Digest; values: Digest } {
    return { ...this.column, nulls: this.#nulls.digest(ofOnes), values: this.#values.digest('hex') };
  }
}

/** Rows in snapshot order, chunk by chunk; columns may come apart, each in chunks of its own. */
export class ContentDigest {
  readonly #hashes: readonly ColumnHash[];

  constructor(readonly columns: readonly DigestColumn[]) {
    this.#hashes = columns.map((column) => new ColumnHash(column));
  }

  /** @param places by column, its place in the chunk; null: not in it */
  add(chunk: DuckDBDataChunk, places: readonly (number | null)[]): void {
    for (const [at, place] of places.entries()) if (place !== null) this.#hashes[at]!.add(chunk, place);
  }

  /** The same of one numeric column. */
  addNumbers(column: number, numbers: NumberColumn): void {
    this.#hashes[column]!.addNumbers(numbers);
  }

  /** Once, at the end. @param rows that every column must have had */
  digest(rows: number): Digest {
    const short = this.#hashes.find((hash) => hash.rows !== rows);
    assertInvariant(
      short === undefined,
      `Column ${short?.column.name} of the snapshot has ${short?.rows} rows, ${rows} were counted.`,
    );
    const ofOnes = hashOnes(createHash('sha256'), rows).digest('hex');
    const columns = this.#hashes.map((hash) => hash.digest(ofOnes));
    return canonicalDigest({ format: 'perennial-rows/1', rows, columns });
  }
}
