/** A column of two windows as counts a day: what the test for movement reads. */
import type { BinCounts } from '../stats/bin-counts.js';
import type { NumericHistogram } from '../stats/numeric-summary.js';
import type { TopCategories } from '../stats/top-categories-drift.js';

/** Days without a counted row are left out. */
export interface DayCounts {
  /** UTC days, oldest first. */
  readonly days: readonly string[];
  /** One list a day, all of one length. */
  readonly counts: readonly Float64Array[];
}

/** The current rows in a stored profile's own bins. */
export type ProfileCounts =
  | { readonly kind: 'numeric'; readonly stored: NumericHistogram; readonly current: BinCounts }
  | { readonly kind: 'categorical'; readonly stored: TopCategories; readonly current: ReadonlyMap<string, number> };

export interface ColumnDays {
  readonly column: string;
  /** `ks`: bins are ordered. */
  readonly method: 'ks' | 'chi-square';
  readonly reference: DayCounts;
  /** Bins aligned with the reference's. */
  readonly current: DayCounts;
  /** Per bin, current rows whose label is known; null: unknown. */
  readonly labelledInCurrent: Float64Array | null;
  readonly profile: ProfileCounts | null;
}
