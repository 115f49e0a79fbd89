/** A snapshot's Parquet file: its columns, how it is written and read. */

import { ROW_KEYS } from '../sources/source.js';
import { quoteIdent, quoteLiteral } from '../sources/sql.js';
import type { ColumnPlan } from './column-plan.js';
import type { DigestColumn } from './content-digest.js';
import type { Duck } from './duck.js';

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

/** Writes the used rows of view `classified`, in order. DuckDB keeps the order of rows where a query names none. */
export async function writeSnapshotFile(
  duck: Duck,
  plan: ColumnPlan,
  options: { readonly path: string; readonly isReadInOrder: boolean },
): Promise<void> {
  const { path, isReadInOrder } = options;
  const columns = plan.columns
    .filter((column) => column.key !== ROW_KEYS.eventAt)
    .map((column) => `${column.key} AS ${quoteIdent(column.parquet)}`);
  const select = [`${ROW_KEYS.id} AS id`, `${ROW_KEYS.eventAt} AS event_at`, 'label', ...columns].join(', ');
  const order = isReadInOrder ? '' : ' ORDER BY event_at, id';
  await duck.run(
    `COPY (SELECT ${select} FROM classified WHERE class = 'used'${order}) TO ${quoteLiteral(path)} ` +
      '(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 4096)',
  );
}
