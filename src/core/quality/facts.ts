/**
 * What is measured about a window before anything trains; `quality/` judges it, `dataset/` measures it (in DuckDB).
 */
import type { Instant, Window } from '../types.js';

export interface ColumnFacts {
  /** The source column's name. */
  readonly name: string;
  readonly role: 'feature' | 'id' | 'event-at' | 'label';
  readonly expected: 'numeric' | 'categorical' | 'time' | 'any';
  /** Null: the source has no such column. DuckDB's type name otherwise. */
  readonly type: string | null;
  readonly isCompatible: boolean;
  readonly nulls: number;
  /** NaN and infinities count here, not as nulls. */
  readonly nonFinite: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly distinct: number | null;
  /** Rows outside the range that the spec declares; 0 without one. */
  readonly outOfRange: number;
  /** Rows whose category is none of those that were to be looked for; absent where none were named. */
  readonly unlisted?: number;
}

export interface WindowFacts {
  readonly window: Window;
  readonly asOf: Instant;
  readonly rows: number;
  readonly duplicateIds: number;
  readonly newestEventAt: Instant | null;
  /** Rows a UTC day over the whole window, days without rows included, excluded days left out, oldest first. */
  readonly rowsPerDay: readonly { readonly day: string; readonly rows: number }[];
  readonly columns: readonly ColumnFacts[];
  /** False where the source has no `row_known_at` or labels no `known_at`. */
  readonly isAsOfGuaranteed: { readonly rows: boolean; readonly labels: boolean };
}
