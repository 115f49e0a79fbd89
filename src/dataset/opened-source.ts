/** What an operation has of a source that is open: its columns, and the one call that brings its rows into DuckDB. */
import type { RowScope, SourceColumn, WantedColumn } from '../sources/source.js';
import type { HeldNumbers } from './held-numbers.js';
import type { NumberCheck } from './number-checks.js';

interface Holding {
  readonly checks: readonly NumberCheck[];
  /** Of memory, in MiB. */
  readonly mostMb: number;
}

export interface OpenSource {
  readonly rows: readonly SourceColumn[];
  /** Null: labels are columns of the rows. */
  readonly labels: readonly SourceColumn[] | null;
  /**
   * @param holding the caller can do without numbers in `source_rows`: how they may be held instead
   * @returns the numbers, checked, where the source hands them over outside DuckDB; null where they are in `source_rows`
   */
  load(
    wanted: { readonly rows: readonly WantedColumn[]; readonly labels: readonly WantedColumn[] | null },
    scope: RowScope,
    holding?: Holding,
  ): Promise<HeldNumbers | null>;
  close(): Promise<void>;
}

export type ConnectionUrl = (urlEnv: string) => string | undefined;
