/**
 * Binary COPY to typed columns: bytes of the wire in, batches of columns out, no object a row or a value.
 * Source: PostgreSQL documentation, "COPY", section "Binary Format".
 */
import { PipelineError } from '../../core/errors.js';

/** How a field travels: every type is cast on the server to one of these. */
export type WireType = 'float8' | 'int8' | 'timestamp' | 'text';

/** One column of a batch; of a float8, whose values lie in the batch's `numbers`, only `wire` says anything. Slots of nulls hold anything. */
export interface BatchColumn {
  readonly wire: WireType;
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

/** All float8 of a batch, row by row: that is how they come, and a row is then taken out of one place of memory. */
export interface NumberBlock {
  /** Floats a row. */
  readonly width: number;
  readonly values: Float64Array;
  /** 1 where null; null when none is. */
  nulls: Uint8Array | null;
}

/** Rows as columns. Whoever is handed one owns it; one that is given back to the decoder is filled again. */
export interface Batch {
  rows: number;
  readonly columns: readonly BatchColumn[];
  numbers: NumberBlock;
  /** Whoever keeps the numbers says so: a batch that is given back then gets others. */
  isNumbersTaken: boolean;
}

const SIGNATURE_BYTES = 19;
/** Microseconds from 1970-01-01 to 2000-01-01, where Postgres counts from. */
const EPOCH_MICROS = 946_684_800_000_000;
const EPOCH_HIGH = Math.floor(EPOCH_MICROS / 2 ** 32);
const EPOCH_LOW = EPOCH_MICROS % 2 ** 32;
/** High words beyond this: more than 200,000 years from here. */
const EXTREME_HIGH = 1_600_000_000;
const NO_INTEGERS = new BigInt64Array(0);
const NO_NULLS = new Uint8Array(0);

function newColumn(wire: WireType, rows: number): BatchColumn {
  const integers = wire === 'int8' || wire === 'timestamp' ? new BigInt64Array(rows) : NO_INTEGERS;
  return {
    wire,
    integers,
    words: new Int32Array(integers.buffer),
    texts: [],
    nulls: wire === 'float8' ? NO_NULLS : new Uint8Array(rows),
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
  /** By field: 1 for float8. */
  readonly #isNumber: Uint8Array;
  readonly #width: number;

  /** @param onBatch takes a batch over; a promise says that no more rows are wanted until it is settled */
  constructor(
    readonly wires: readonly WireType[],
    readonly options: { readonly batchRows: number; readonly onBatch: (batch: Batch) => Promise<void> | null },
  ) {
    this.#isNumber = Uint8Array.from(wires, (wire) => (wire === 'float8' ? 1 : 0));
    this.#width = wires.filter((wire) => wire === 'float8').length;
    this.#batch = this.#newBatch();
  }

  /** Settled when rows are wanted again; rejected when they never will be. Null: now. */
  pause: Promise<void> | null = null;

  /** Shared memory is not part of V8's heap: its collector would run again and again for the sake of numbers that stay. */
  #newNumbers(): NumberBlock {
    const width = this.#width;
    const bytes = this.options.batchRows * width * Float64Array.BYTES_PER_ELEMENT;
    return { width, values: new Float64Array(new SharedArrayBuffer(bytes)), nulls: null };
  }

  #newBatch(): Batch {
    const columns = this.wires.map((wire) => newColumn(wire, this.options.batchRows));
    return { rows: 0, columns, numbers: this.#newNumbers(), isNumbersTaken: false };
  }

  /** Takes a batch back to be filled again. */
  readonly giveBack = (batch: Batch): void => {
    batch.rows = 0;
    if (batch.isNumbersTaken) batch.numbers = this.#newNumbers();
    batch.isNumbersTaken = false;
    batch.numbers.nulls = null;
    for (const column of batch.columns) {
      column.hasExtremes = false;
      if (!column.hasNulls) continue;
      column.nulls.fill(0);
      column.hasNulls = false;
    }
    this.#free.push(batch);
  };

  /** Before each COPY; a batch may hold rows of several. */
  restart(): void {
    this.#isHeaderSeen = false;
  }

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

  /** The loop that all speed hangs on: floats take the short way, without a column's object. */
  #row(bytes: Buffer, view: DataView, start: number): number {
    let at = start;
    const batch = this.#batch;
    const { values } = batch.numbers;
    const isNumber = this.#isNumber;
    let number = batch.rows * this.#width;
    for (let field = 0; field < isNumber.length; field++) {
      const length = view.getInt32(at);
      at += 4;
      if (isNumber[field] === 0) this.#other(batch.columns[field]!, { bytes, view, at, length });
      else if (length === -1) this.#nullNumber(number++);
      else values[number++] = view.getFloat64(at);
      if (length !== -1) at += length;
    }
    batch.rows += 1;
    if (batch.rows === this.options.batchRows) this.flush();
    return at;
  }

  #nullNumber(number: number): void {
    const { numbers } = this.#batch;
    numbers.nulls ??= new Uint8Array(numbers.values.length);
    numbers.nulls[number] = 1;
  }

  #other(column: BatchColumn, field: { bytes: Buffer; view: DataView; at: number; length: number }): void {
    const { bytes, view, at, length } = field;
    const row = this.#batch.rows;
    if (length === -1) {
      column.nulls[row] = 1;
      column.hasNulls = true;
    } else if (column.wire === 'text') column.texts[row] = bytes.toString('utf8', at, at + length);
    else putInteger(column, row, { high: view.getInt32(at), low: view.getUint32(at + 4) });
  }

  /** Hands over what is left: after the last COPY. */
  flush(): void {
    const batch = this.#batch;
    if (batch.rows === 0) return;
    this.#batch = this.#free.pop() ?? this.#newBatch();
    this.pause = this.options.onBatch(batch);
  }
}
