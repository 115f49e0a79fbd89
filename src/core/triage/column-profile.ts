/** What a snapshot's manifest keeps of a column, as triage reads it: the champion's training rows without the rows. */
import type { NumericHistogram } from '../stats/numeric-summary.js';
import type { TopCategories } from '../stats/top-categories-drift.js';

export type ColumnProfile =
  | { readonly kind: 'numeric'; readonly histogram: NumericHistogram }
  | ({ readonly kind: 'categorical' } & TopCategories);

/** By feature. Absent: the profile does not know the column. */
export type StoredProfile = Readonly<Record<string, ColumnProfile>>;
