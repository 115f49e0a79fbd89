/**
 * Typed columns for training and scoring, and their file form: what `dataset/` writes and `trainer/` reads.
 * One file, little-endian: magic `PCOL1\n`, u32 header length, header JSON (padded with spaces to 8 bytes), then each
 * column's bytes at an 8-byte boundary. Rows keep the snapshot's order (event_at, id). No row objects anywhere.
 */
import { PipelineError } from './errors.js';

/** In `label`, of rows that are only scored: not known. */
export const UNKNOWN_LABEL = 2;

/** A number a row; NaN stands for null. */
export interface NumericColumn {
  readonly kind: 'numeric';
  readonly name: string;
  readonly values: Float64Array;
}

/** A code a row into `levels`; -1 stands for null. Time parts are categorical with fixed levels, e.g. '0' … '23'. */
export interface CategoricalColumn {
  readonly kind: 'categorical';
  readonly name: string;
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

export type TableColumn = NumericColumn | CategoricalColumn;

export interface ColumnTable {
  readonly rows: number;
  /** In the spec's order, by the feature's name. */
  readonly features: readonly TableColumn[];
  /** Columns that only slices read, by the source column's name. */
  readonly sliceColumns: readonly TableColumn[];
  /** 0 or 1 a row; of rows that are only to be scored also `UNKNOWN_LABEL`. */
  readonly label: Uint8Array;
  /** UTC days since 1970-01-01 of the event: the block of each row. */
  readonly day: Int32Array;
}

const MAGIC = new TextEncoder().encode('PCOL1\n');
const align = (offset: number): number => (offset + 7) & ~7;

interface Entry {
  role: 'feature' | 'slice' | 'label' | 'day';
  kind: 'numeric' | 'categorical' | 'u8' | 'i32';
  name: string;
  levels?: readonly string[];
  offset: number;
  bytes: number;
}

const dataOf = (column: TableColumn): Float64Array | Int32Array =>
  column.kind === 'numeric' ? column.values : column.codes;

/** @returns the parts to write one after the other; the data parts are views on the table's own buffers. */
export function encodeColumnTable(table: ColumnTable): Uint8Array[] {
  const entries: Entry[] = [];
  const data: (Float64Array | Int32Array | Uint8Array)[] = [];
  let offset = 0;
  const add = (entry: Omit<Entry, 'offset' | 'bytes'>, values: Float64Array | Int32Array | Uint8Array): void => {
    entries.push({ ...entry, offset, bytes: values.byteLength });
    data.push(values);
    offset = align(offset + values.byteLength);
  };
  for (const [role, list] of [
    ['feature', table.features],
    ['slice', table.sliceColumns],
  ] as const) {
    for (const column of list) {
      const levels = column.kind === 'categorical' ? { levels: column.levels } : {};
      add({ role, kind: column.kind, name: column.name, ...levels }, dataOf(column));
    }
  }
  add({ role: 'label', kind: 'u8', name: 'label' }, table.label);
  add({ role: 'day', kind: 'i32', name: 'day' }, table.day);
  const json = new TextEncoder().encode(JSON.stringify({ rows: table.rows, entries }));
  const head = new Uint8Array(align(MAGIC.length + 4 + json.length)).fill(0x20);
  head.set(MAGIC, 0);
  new DataView(head.buffer).setUint32(MAGIC.length, head.length - MAGIC.length - 4, true);
  head.set(json, MAGIC.length + 4);
  const parts: Uint8Array[] = [head];
  for (const values of data) {
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    const padding = align(values.byteLength) - values.byteLength;
    if (padding > 0) parts.push(new Uint8Array(padding));
  }
  return parts;
}

/** @returns views on `buffer`, no copies. @throws INVARIANT_BROKEN when the bytes are not such a file. */
export function decodeColumnTable(buffer: ArrayBuffer): ColumnTable {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < MAGIC.length + 4 || MAGIC.some((byte, at) => bytes[at] !== byte)) {
    throw new PipelineError('INVARIANT_BROKEN', 'Not a column file: its first bytes are wrong.');
  }
  const headerBytes = new DataView(buffer).getUint32(MAGIC.length, true);
  const start = MAGIC.length + 4 + headerBytes;
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(MAGIC.length + 4, start))) as {
    rows: number;
    entries: Entry[];
  };
  const last = header.entries.at(-1);
  if (last === undefined || start + last.offset + last.bytes > bytes.length) {
    throw new PipelineError('INVARIANT_BROKEN', 'The column file is shorter than its header says.');
  }
  const column = (entry: Entry): TableColumn =>
    entry.kind === 'numeric'
      ? { kind: 'numeric', name: entry.name, values: new Float64Array(buffer, start + entry.offset, header.rows) }
      : {
          kind: 'categorical',
          name: entry.name,
          codes: new Int32Array(buffer, start + entry.offset, header.rows),
          levels: entry.levels ?? [],
        };
  const byRole = (role: Entry['role']): Entry[] => header.entries.filter((entry) => entry.role === role);
  const only = (role: Entry['role']): number => start + (byRole(role)[0]?.offset ?? 0);
  return {
    rows: header.rows,
    features: byRole('feature').map(column),
    sliceColumns: byRole('slice').map(column),
    label: new Uint8Array(buffer, only('label'), header.rows),
    day: new Int32Array(buffer, only('day'), header.rows),
  };
}
