/**
 * Binary COPY to typed columns: bytes of the wire in, batches of columns out, no object a row or a value.
 * Source: PostgreSQL documentation, "COPY", section "Binary Format".
 */
import { PipelineError } from '../../core/errors.js';

/** How a field travels: every type is cast on the server to one of these. */
export type WireType = 'float8' | 'int8' | 'timestamp' | 'text';

/** One column of a batch. Slots of nulls hold anything. */
export interface BatchColumn {
  readonly wire: WireType;
  /** float8. */
  readonly floats: Float64Array;
  /** int8; timestamp as microseconds since 1970-01-01 UTC. */
  readonly integers: BigInt64Array;
  /** The same memory as pairs of 32 bits, low first: decoding makes no BigInt a value. */
  readonly words: Int32Array;
  readonly texts: string[];
  /** 1 where null. */
  readonly nulls: Uint8Array;
  hasNulls: boolean;
  /** A timestamp may be infinite, or far beyond any calendar. */
  hasExtremes: boolean;
}

/** Rows as columns. Whoever is handed one owns it until it is given back to the decoder, which then fills it again. */
export interface Batch {
  rows: number;
  readonly columns: readonly BatchColumn[];
}

const SIGNATURE_BYTES = 19;
/** Microseconds from 1970-01-01 to 2000-01-01, where Postgres counts from. */
const EPOCH_MICROS = 946_684_800_000_000;
const EPOCH_HIGH = Math.floor(EPOCH_MICROS / 2 ** 32);
const EPOCH_LOW = EPOCH_MICROS % 2 ** 32;
/** High words beyond this: more than 200,000 years from here. */
const EXTREME_HIGH = 1_600_000_000;
const NO_FLOATS = new Float64Array(0);
const NO_INTEGERS = new BigInt64Array(0);

function newColumn(wire: WireType, rows: number): BatchColumn {
  const integers = wire === 'int8' || wire === 'timestamp' ? new BigInt64Array(rows) : NO_INTEGERS;
  return {
    wire,
    floats: wire === 'float8' ? new Float64Array(rows) : NO_FLOATS,
    integers,
    words: new Int32Array(integers.buffer),
    texts: [],
    nulls: new Uint8Array(rows),
    hasNulls: false,
    hasExtremes: false,
  };
}

/** 64 bits, two's complement; the epochs' difference added to a timestamp wraps as they do. */
function putInteger(column: BatchColumn, row: number, wire: { high: number; low: number }): void {
  let { high, low } = wire;
  if (column.wire === 'timestamp') {
    if (high > EXTREME_HIGH || high < -EXTREME_HIGH) column.hasExtremes = true;
    low += EPOCH_LOW;
    high += EPOCH_HIGH;
    if (low >= 2 ** 32) high += 1;
  }
  column.words[2 * row] = low;
  column.words[2 * row + 1] = high;
}

export class CopyDecoder {
  #batch: Batch;
  readonly #free: Batch[] = [];
  #isHeaderSeen = false;

  /** @param onBatch takes a batch over; a promise says that no more rows are wanted until it is settled */
  constructor(
    readonly wires: readonly WireType[],
    readonly options: { readonly batchRows: number; readonly onBatch: (batch: Batch) => Promise<void> | null },
  ) {
    this.#batch = this.#newBatch();
  }

  /** Settled when rows are wanted again; rejected when they never will be. Null: now. */
  pause: Promise<void> | null = null;

  #newBatch(): Batch {
    const { batchRows } = this.options;
    return { rows: 0, columns: this.wires.map((wire) => newColumn(wire, batchRows)) };
  }

  /** Takes a batch back to be filled again. */
  readonly giveBack = (batch: Batch): void => {
    batch.rows = 0;
    for (const column of batch.columns) {
      column.hasExtremes = false;
      if (!column.hasNulls) continue;
      column.nulls.fill(0);
      column.hasNulls = false;
    }
    this.#free.push(batch);
  };

  /** One CopyData message, which holds whole rows: Postgres sends one a message. */
  take(bytes: Buffer, view: DataView, range: { start: number; end: number }): void {
    let at = range.start;
    if (!this.#isHeaderSeen) {
      this.#isHeaderSeen = true;
      at += SIGNATURE_BYTES + view.getInt32(at + SIGNATURE_BYTES - 4);
    }
    while (at < range.end) {
      const fields = view.getInt16(at);
      at += 2;
      if (fields === -1) return;
      if (fields !== this.wires.length) {
        throw new PipelineError('INVARIANT_BROKEN', `A row of COPY has ${fields} fields, not ${this.wires.length}.`);
      }
      at = this.#row(bytes, view, at);
    }
  }

  #row(bytes: Buffer, view: DataView, start: number): number {
    let at = start;
    const batch = this.#batch;
    const row = batch.rows;
    for (const column of batch.columns) {
      const length = view.getInt32(at);
      at += 4;
      if (length === -1) {
        column.nulls[row] = 1;
        column.hasNulls = true;
        continue;
      }
      if (column.wire === 'float8') column.floats[row] = view.getFloat64(at);
      else if (column.wire === 'text') column.texts[row] = bytes.toString('utf8', at, at + length);
      else putInteger(column, row, { high: view.getInt32(at), low: view.getUint32(at + 4) });
      at += length;
    }
    batch.rows = row + 1;
    if (batch.rows === this.options.batchRows) this.flush();
    return at;
  }

  /** Hands over what is left. */
  flush(): void {
    const batch = this.#batch;
    if (batch.rows === 0) return;
    this.#batch = this.#free.pop() ?? this.#newBatch();
    this.pause = this.options.onBatch(batch);
  }
}
