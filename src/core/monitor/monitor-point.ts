/** One figure of one period: what the built-in monitor keeps, shows, and raises a claim from. */
import type { FindingScope } from '../signals/drift-claim.js';
import type { Interval, Window } from '../types.js';

export interface MonitorPoint {
  /** e.g. `drift:distance`, `score-drift`, `performance:auc`, `estimated:auc`, `labels:coverage`, `rows`, `nulls:distance`. */
  readonly series: string;
  readonly scope: FindingScope;
  /** Source column; null for a figure of the whole window. */
  readonly column: string | null;
  /** Null: could not be measured, and `note` says why. */
  readonly value: number | null;
  /** Days as units. */
  readonly interval: Interval | null;
  /** Beyond it the value may alert; null where no rule looks at the series. */
  readonly threshold: number | null;
  /** Null: no rule looks at it, or it could not be judged. */
  readonly alert: boolean | null;
  /** Adjusted over all series that were tested in the period (Benjamini–Hochberg); null where nothing was tested. */
  readonly adjustedPValue: number | null;
  /** What a stored profile may hide at most, in the value's unit; null where none was read. */
  readonly binError: number | null;
  readonly window: Window;
  readonly rows: number;
  readonly days: number;
  /** Of what it is compared with; 0 where it is with nothing. */
  readonly referenceDays: number;
  /** As conditions of a policy name it, e.g. `ks`, `auc`; of an estimate `estimated-auc`. */
  readonly method: string;
  /** One sentence for a person. */
  readonly note: string;
}
