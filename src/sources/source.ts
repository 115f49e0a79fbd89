/**
 * What a source hands over, whatever its kind: one relation of rows and at most one of label facts, each with exactly
 * the columns asked for, normalised to three types: text, 64-bit float, instant in UTC microseconds. All later rules (as-of, labels,
 * quarantine, order, digest) run on these alone, so that the same values give the same snapshot from every kind.
 */
import type { Instant, Window } from '../core/types.js';

/** How a column is read; the same source column may be read in more than one way. */
export type ColumnUse = 'text' | 'number' | 'time';

export interface WantedColumn {
  /** Its name in the relation handed over; safe in SQL without quotes. */
  readonly key: string;
  /** The source's name. */
  readonly source: string;
  readonly use: ColumnUse;
}

export interface SourceColumn {
  readonly name: string;
  /** The source's own name of the type. */
  readonly type: string;
  readonly uses: readonly ColumnUse[];
}

/** Which rows exist at all: the window (rows without an event time included), what was known, and the sample. */
export interface RowScope {
  /** Null: every row, whatever its event time. */
  readonly window: Window | null;
  readonly rowsAsOf: Instant;
  readonly labelsAsOf: Instant;
  readonly sample: { readonly fraction: number; readonly seed: number } | undefined;
}

/** Keys of the columns with a role, in the relation of rows and in that of label facts. */
export const ROW_KEYS = { id: 'k_id', eventAt: 'k_event_at', rowKnownAt: 'k_row_known_at' } as const;
export const LABEL_KEYS = { id: 'k_id', label: 'k_label', knownAt: 'k_known_at' } as const;
