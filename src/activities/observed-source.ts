/** What watching a champion needs of the dataset room: what it was asked lately, of which nothing is kept. */
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Instant, Window } from '../core/types.js';
import type { ColumnFile } from './frozen-rows.js';

/** Labelled or not, quarantined or not; counts are of all rows, columns of an even sample. */
export interface ObservedWindow {
  /** Days with rows from `from` on, oldest first. */
  readonly perDay: readonly { readonly day: string; readonly rows: number; readonly labelled: number }[];
  /** Of the window, by feature; features of the event time itself are left out. */
  readonly nulls: readonly { readonly name: string; readonly column: string; readonly nulls: number }[];
  /** Null: no row. A label that is not known is UNKNOWN_LABEL (core/column-table.ts). */
  readonly columns: ColumnFile | null;
}

export interface ObservedSource {
  /**
   * Writes a column file of the rows from `from` to the window's end as known at `asOf`, in the order of a snapshot.
   * @throws DATA_SCHEMA_VIOLATION when the source lacks what the spec needs
   */
  observe(
    spec: PipelineSpec,
    request: { window: Window; from: Instant; asOf: Instant; maxRows: number; path: string },
    options: { signal: AbortSignal },
  ): Promise<ObservedWindow>;
}
