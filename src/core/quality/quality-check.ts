/** What one check of a window found. */
import type { FaultVerdict } from '../triage/verdict.js';
import type { Instant } from '../types.js';

export type QualitySeverity = 'error' | 'warn';

export interface QualityCheck {
  /** e.g. `schema`, `row-count`, `null-share`, `range`, `freshness`. */
  readonly check: string;
  readonly column: string | null;
  readonly severity: QualitySeverity;
  readonly passed: boolean;
  readonly value: number | null;
  readonly threshold: number | null;
  /** One sentence for a person. */
  readonly text: string;
  /** The fault that a failure speaks for; absent: `broken-feed` of an error, none of a warning. */
  readonly fault?: FaultVerdict | null;
  /** The failure is a fact (rows gone, a type changed), not an estimate. */
  readonly isExact?: boolean;
  /** Since when it fails, where days tell. */
  readonly onset?: Instant | null;
}
