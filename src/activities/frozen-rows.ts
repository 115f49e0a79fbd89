/** Which rows of a source are frozen or read, and the typed columns that come of them. */
import type { Release } from '../core/quality/release.js';
import type { Instant, SnapshotRef, Window } from '../core/types.js';

export interface FreezeRequest {
  readonly kind: SnapshotRef['kind'];
  readonly window: Window;
  /** Knowledge instant of inputs (`row_known_at`) and of labels (`known_at`). */
  readonly inputsAsOf: Instant;
  readonly labelsAsOf: Instant;
  /** Left out of the window; their rows count as `excluded`. */
  readonly excluding: readonly Window[];
  /** Keep at most the newest N rows; older ones count as `excluded`. */
  readonly last: number | null;
  /** Names of features that are left out when the source has no fit column for them. */
  readonly mayLack?: readonly string[];
  /** Rows that people vouch for: what they fail does not quarantine them. */
  readonly released?: readonly Release[];
}

export interface ColumnFile {
  readonly path: string;
  readonly rows: number;
  /** Rows before `boundaryAt` when one was asked for (the rest is the validation tail), else all rows. */
  readonly rowsBefore: number;
}
