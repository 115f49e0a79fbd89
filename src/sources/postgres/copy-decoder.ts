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
  readonly texts: string[];
  /** 1 where null. */
  readonly nulls: Uint8Array;
  hasNulls: boolean;
}

const SIGNATURE_BYTES = 19;
/** From 1970-01-01 to 2000-01-01, where Postgres counts from. */
const EPOCH_MICROS = 946_684_800_000_000n;
const NO_FLOATS = new Float64Array(0);
const NO_INTEGERS = new BigInt64Array(0);

const newColumn = (wire: WireType, rows: number): BatchColumn => ({
  wire,
  floats: wire === 'float8' ? new Float64Array(rows) : NO_FLOATS,
  integers: wire === 'int8' || wire === 'timestamp' ? new BigInt64Array(rows) : NO_INTEGERS,
  texts: [],
  nulls: new Uint8Array(rows),
  hasNulls: false,
});

export class CopyDecoder {
  readonly columns: readonly BatchColumn[];
  /** Of the batch so far. */
  rows = 0;
  #isHeaderSeen = false;

  /** @param onBatch takes what it needs before it returns: the columns are used again */
  constructor(
    wires: readonly WireType[],
    readonly options: { readonly batchRows: number; readonly onBatch: (decoder: CopyDecoder) => void },
  ) {
    this.columns = wires.map((wire) => newColumn(wire, options.batchRows));
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
      if (fields !== this.columns.length) {
        throw new PipelineError('INVARIANT_BROKEN', `A row of COPY has ${fields} fields, not ${this.columns.length}.`);
      }
      at = this.#row(bytes, view, at);
    }
  }

  #row(bytes: Buffer, view: DataView, start: number): number {
    let at = start;
    const row = this.rows;
    for (const column of this.columns) {
      const length = view.getInt32(at);
      at += 4;
      if (length === -1) {
        column.nulls[row] = 1;
        column.hasNulls = true;
        continue;
      }
      if (column.wire === 'float8') column.floats[row] = view.getFloat64(at);
      else if (column.wire === 'text') column.texts[row] = bytes.toString('utf8', at, at + length);
      else this.#integer(column, view.getBigInt64(at));
      at += length;
    }
    this.rows = row + 1;
    if (this.rows === this.options.batchRows) this.flush();
    return at;
  }

  #integer(column: BatchColumn, value: bigint): void {
    if (column.wire === 'int8') column.integers[this.rows] = value;
    else column.integers[this.rows] = value + EPOCH_MICROS;
  }

  /** Hands over what is left. */
  flush(): void {
    if (this.rows === 0) return;
    this.options.onBatch(this);
    this.rows = 0;
    for (const column of this.columns) {
      if (!column.hasNulls) continue;
      column.nulls.fill(0);
      column.hasNulls = false;
    }
  }
}
