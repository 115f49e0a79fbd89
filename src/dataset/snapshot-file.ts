/** A snapshot's Parquet file: its columns, how it is written and read. */

import type { DuckDBDataChunk } from '@duckdb/node-api';
import { ROW_KEYS } from '../sources/source.js';
import { quoteIdent, quoteLiteral } from '../sources/sql.js';
import type { ColumnPlan } from './column-plan.js';
import type { DigestColumn } from './content-digest.js';
import type { Duck } from './duck.js';
import { HELD, type HeldNumbers } from './held-numbers.js';
import type { NumberChunk } from './number-chunk.js';

export interface SnapshotColumn {
  /** In the Parquet file. */
  readonly parquet: string;
  /** The feature's name, the slice's source column, or `id`, `event_at`, `label`. */
  readonly name: string;
  readonly role: 'id' | 'event-at' | 'label' | 'feature' | 'slice';
  readonly kind: 'numeric' | 'categorical' | 'time' | 'label' | 'id';
  /** Null for the label, which is decided, not copied. */
  readonly source: string | null;
}

/** What stands in the file, in order. A time feature of the event time has no column of its own. */
export function snapshotColumns(plan: ColumnPlan): SnapshotColumn[] {
  const sourceOf = (key: string): string | null => plan.rows.find((column) => column.key === key)?.source ?? null;
  return [
    { parquet: 'id', name: 'id', role: 'id', kind: 'id', source: sourceOf(ROW_KEYS.id) },
    { parquet: 'event_at', name: 'event_at', role: 'event-at', kind: 'time', source: sourceOf(ROW_KEYS.eventAt) },
    { parquet: 'label', name: 'label', role: 'label', kind: 'label', source: null },
    ...plan.columns
      .filter((column) => column.key !== ROW_KEYS.eventAt)
      .map(({ parquet, name, role, kind, source }) => ({ parquet, name, role, kind, source })),
  ];
}

const DIGEST_KIND = { numeric: 'numeric', categorical: 'text', time: 'time', label: 'label', id: 'text' } as const;

export const digestColumns = (columns: readonly SnapshotColumn[]): DigestColumn[] =>
  columns.map(({ role, name, kind }) => ({
    name: role === 'feature' || role === 'slice' ? `${role}:${name}` : name,
    kind: DIGEST_KIND[kind],
  }));

export const snapshotScan = (path: string): string => `read_parquet(${quoteLiteral(path)}, hive_partitioning = false)`;

const FORMAT = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 4096';

/** Watches the rows on their way: counts, digests, samples. */
export interface RowWatch {
  /** @param places by column of the snapshot, its place in the chunk; null: not in it */
  see(chunk: DuckDBDataChunk, places: readonly (number | null)[]): void;
  /** The numbers, where they come apart from the rest. */
  seeNumbers(chunk: NumberChunk, places: readonly (number | null)[]): void;
}

export interface WriteOptions {
  readonly path: string;
  readonly watch: RowWatch;
}

/** The keys of the snapshot's columns, in order. */
const keysOf = (plan: ColumnPlan): string[] => [
  ROW_KEYS.id,
  ROW_KEYS.eventAt,
  'label',
  ...plan.columns.filter((column) => column.key !== ROW_KEYS.eventAt).map((column) => column.key),
];

function selectOf(plan: ColumnPlan): string {
  const columns = snapshotColumns(plan);
  return keysOf(plan)
    .map((key, at) => `${key} AS ${quoteIdent(columns[at]!.parquet)}`)
    .join(', ');
}

/** Writes the used rows of view `classified`, in order. DuckDB keeps the order of rows where a query names none. */
export async function writeSnapshotFile(
  duck: Duck,
  plan: ColumnPlan,
  options: WriteOptions & { readonly isReadInOrder: boolean },
): Promise<void> {
  const { path, isReadInOrder, watch } = options;
  const order = isReadInOrder ? '' : ' ORDER BY event_at, id';
  await duck.run(
    `COPY (SELECT ${selectOf(plan)} FROM classified WHERE class = 'used'${order}) TO ${quoteLiteral(path)} (${FORMAT})`,
  );
  const places = keysOf(plan).map((_, at) => at);
  for await (const chunk of duck.chunks(`SELECT * FROM ${snapshotScan(path)}`)) watch.see(chunk, places);
}

/** The same where numbers are held: the rest of the rows is sorted, and the numbers join it on the way into the file. */
export async function writeHeldFile(
  duck: Duck,
  plan: ColumnPlan,
  options: WriteOptions & { readonly held: HeldNumbers },
): Promise<void> {
  const { path, held, watch } = options;
  const keys = keysOf(plan);
  const own = [...new Set(keys)].filter((key) => !held.keys.includes(key));
  await duck.run(
    `CREATE TABLE ordered_rows AS SELECT ${[...own, HELD.place].join(', ')} FROM classified WHERE class = 'used' ` +
      `ORDER BY ${ROW_KEYS.eventAt}, ${ROW_KEYS.id}`,
  );
  const placesAmong = (there: readonly string[]): (number | null)[] =>
    keys.map((key) => (there.includes(key) ? there.indexOf(key) : null));
  const heldPlaces = placesAmong(held.keys);
  const onChunk = (chunk: NumberChunk): void => watch.seeNumbers(chunk, heldPlaces);
  const rows = await held.beside(duck, 'ordered_rows', { onChunk });
  const write = (): Promise<void> =>
    duck.run(`COPY (SELECT ${selectOf(plan)} FROM ${rows}) TO ${quoteLiteral(path)} (${FORMAT})`);
  const ownPlaces = placesAmong(own);
  const seeOwn = async (): Promise<void> => {
    const chunks = duck.chunksAside(`SELECT ${own.join(', ')} FROM ordered_rows`);
    for await (const chunk of chunks) watch.see(chunk, ownPlaces);
  };
  // One thread of DuckDB writes, and the event loop has time to spare.
  const done = await duck.feeding(() => Promise.allSettled([write(), seeOwn()]));
  for (const part of done) if (part.status === 'rejected') throw part.reason;
}
