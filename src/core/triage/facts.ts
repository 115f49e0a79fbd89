/**
 * What is measured before an alarm is judged: on the rows themselves, never taken from a monitor's word. An activity measures
 * (through dataset/ and trainer/), `decide.ts` judges. Null everywhere means "could not be measured", and the field beside it
 * says why; NaN never stands in here. Shares are fractions in [0, 1]; intervals have days as their units.
 */
import type { QualityCheck } from '../quality/quality-check.js';
import type { FindingScope } from '../signals/drift-claim.js';
import type { Cause, Instant, Interval, Window } from '../types.js';

/** A claim of a monitor that the run has to answer. */
export interface Alleged {
  readonly triggerId: string;
  readonly monitor: string;
  readonly window: Window;
  readonly nReference: number | null;
  readonly nCurrent: number | null;
  /** Findings that alert. */
  readonly alerts: readonly {
    readonly scope: FindingScope;
    readonly column: string | null;
    readonly method: string;
    readonly score: number | null;
    readonly threshold: number | null;
    /** Null: an unknown method; nobody guesses. */
    readonly lowerIsDrift: boolean | null;
  }[];
  /** Sentences: columns without a result, reports that did not come. */
  readonly absent: readonly string[];
}

export interface RowsOf {
  readonly window: Window;
  readonly rows: number;
  /** Whole UTC days with rows. */
  readonly days: number;
}

/** A column that is, nearly row for row or in a part of its rows, a known function of what it was. */
export interface ColumnMap {
  readonly column: string;
  /**
   * `unit`: times a known unit factor; `scale`: times another factor; `affine`: scale and shift; `rename`: categories spelled otherwise
   * (case, blanks, padding, prefix); `permute`: the same categories, exchanged; `rotate`: moved around a cycle, as hours by a time zone;
   * `shift`: plus a constant; `curve`: a logarithm, a root, a square or an exponential; `part`: times a known unit factor in a part of
   * the rows. Not to be undone: `clip`: what was beyond a limit has become it; `round`: on a coarser grid; `merge`: a category under the
   * name of another known one.
   */
  readonly kind:
    | 'unit'
    | 'scale'
    | 'affine'
    | 'rename'
    | 'permute'
    | 'rotate'
    | 'shift'
    | 'curve'
    | 'part'
    | 'clip'
    | 'round'
    | 'merge';
  /** For a person: `distance × 1.609344 (miles to kilometres)`, `origin in lower case`, `hour − 5`. */
  readonly text: string;
  /** Share of the rows of its days whose value, mapped back, is one that the reference has; null where values are not countable, or nothing maps back. */
  readonly share: number | null;
  /** Of a merge: the category that no row has any more. */
  readonly gone?: string;
  /**
   * Distance of the distribution to the reference as it is, and after mapping back (where that cannot be, after the reference was mapped
   * too): KS D of numbers, corrected Jensen–Shannon of categories.
   */
  readonly distanceBefore: number;
  readonly distanceAfter: number;
  /** Start of its first day. */
  readonly onset: Instant | null;
  /** End of its last day, where it ended before the window did; null or absent: it holds through the window's end. */
  readonly until?: Instant | null;
}

/** A feature whose logged value is compared with a second source that the spec names. */
export interface RecomputedColumn {
  readonly column: string;
  readonly against: string;
  readonly rows: number;
  readonly differing: number;
  readonly onset: Instant | null;
}

/** Columns whose values belong to other rows than those of the columns that they went with. */
export interface OutOfStep {
  /** Several: they still go with each other, or it cannot be told which of them it is. */
  readonly columns: readonly string[];
  /** Two columns, and how strongly they went and go together: Cramér's V by day, its bias taken off. */
  readonly pairs: readonly {
    readonly columns: readonly string[];
    readonly reference: number;
    readonly current: number;
  }[];
  readonly onset: Instant;
  /** End of its last day, where it ended before the window did. */
  readonly until: Instant | null;
}

/** Whether columns go together as they did, by the rows that the champion scored. */
export interface AssociationFacts {
  /** Pairs of columns that go together throughout the reference. */
  readonly pairs: number;
  /** Columns of these pairs that go with all that they went with. A pair that does not need not tell which of the two is out of step. */
  readonly together: readonly string[];
  readonly outOfStep: readonly OutOfStep[];
}

export interface MovedColumn {
  /** Source column; `score` for the champion's own scores. */
  readonly column: string;
  readonly method: 'ks' | 'chi-square';
  /** With days as units, adjusted over the columns (Benjamini–Hochberg); null: could not be tested. */
  readonly adjustedPValue: number | null;
  readonly effect: number | null;
  readonly hasMoved: boolean;
  /** Tested, not moved, and an effect worth seeing would have been seen. */
  readonly isUnchanged: boolean;
  /** Moved beyond the floor in each of at least two parts of the window. */
  readonly isSustained: boolean;
  /** Against the champion's training profile (rows as units, bin error allowed for); null without one. */
  readonly profileEffect: number | null;
  /** First day from which on it differs; null where not to be told. */
  readonly onset: Instant | null;
  /** Share of the rows in the region that moved (categories or bins that grew) whose label is known; null where nothing moved. */
  readonly labelledShare: number | null;
}

interface DriftFacts {
  readonly columns: readonly MovedColumn[];
  /** Of the champion's scores; null where it could not score the window. */
  readonly scores: MovedColumn | null;
}

/** The champion's quality on rows with mature labels, this window's against the reference's; log loss, days as units. */
export interface PerformanceFacts {
  readonly metric: 'log-loss';
  readonly rows: number;
  readonly days: number;
  readonly referenceDays: number;
  readonly current: number;
  readonly reference: number;
  /** Current minus reference of the mean of days' log loss, over what the label share of the day alone explains; above zero is worse. */
  readonly change: number;
  readonly interval: Interval;
  readonly aucCurrent: number | null;
  readonly aucReference: number | null;
  /** Of the difference in mean within-day AUC (current − reference); null where it could not be had. */
  readonly aucInterval: Interval | null;
  readonly onset: Instant | null;
}

/** A small model on recent labelled rows against the same learner on as many reference rows, on later recent days: log loss by day. */
export interface RefitFacts {
  /** Loss of the reference's learner minus loss of the recent one's: above zero the refit gains. */
  readonly gain: number;
  readonly interval: Interval;
  readonly days: number;
  readonly trainRows: number;
  readonly testRows: number;
}

export interface LabelShift {
  /** `overall`, or the value of a column, e.g. `origin = ORD`. */
  readonly where: string;
  readonly column: string | null;
  readonly before: number;
  readonly after: number;
  readonly rows: number;
  /** Of after − before, days as units. */
  readonly interval: Interval;
  /** Labels look exchanged there: the share is near one minus what it was, or the champion ranks them backwards. */
  readonly isInverted: boolean;
  /** Day by day it changed at once, not slowly. */
  readonly isAbrupt: boolean;
  readonly onset: Instant | null;
}

/** The share of positive labels before and since a version of the label process, at an instant that nobody searched for. */
interface AnnouncedShift {
  readonly at: Instant;
  /** Overall, at 99 %; null: there are too few days with labels on a side of it. */
  readonly shift: LabelShift | null;
}

export interface LabelFacts {
  /** Share of the window's rows whose label is known, and the share that is usual at that age; null where unknown. */
  readonly known: number;
  readonly knownUsually: number | null;
  /** Of the positive class, expected from the champion's scores or the reference's share; null where unknown. */
  readonly positivesKnown: number | null;
  readonly labelledRows: number;
  readonly labelledDays: number;
  /** Rows old enough for their labels to be complete by the spec's delay, and the share of them that is labelled. */
  readonly matureKnown: number | null;
  /** Overall first; then slices that changed beyond chance (Holm over all that were looked at). */
  readonly shifts: readonly LabelShift[];
  /** One a version of the label process that was announced. */
  readonly announced: readonly AnnouncedShift[];
  /** Estimated share of wrong labels, out of sample; null where it could not be estimated. */
  readonly noise: number | null;
  readonly referenceNoise: number | null;
  /** Share of labels that exist because the champion decided so; null without `labelDecidedBy`. */
  readonly decidedByChampion: number | null;
}

/** A change of code, feature, schema, label process or model that somebody announced. */
export interface VersionRecord {
  readonly eventId: string;
  /** As announced: `code`, `feature`, `schema`, `label-process`. */
  readonly kind: string;
  /** What changed, e.g. the name of the feature; null: not told. */
  readonly name: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly commit: string | null;
  /** Columns or features that it touches; empty: not told. */
  readonly columns: readonly string[];
  /** Since when the new version is in use. */
  readonly at: Instant;
}

/** The same calendar window of an earlier period. */
export interface SeasonFacts {
  readonly window: Window;
  /** Whether this window is like it: nothing that moved against the weeks before moved against it; null: too little to have seen it. */
  readonly isAlike: boolean | null;
  /** Columns that moved against the reference and did not against the earlier period. */
  readonly explains: readonly string[];
  /** The champion's quality lies in its usual band; null where it could not be measured. */
  readonly isPerformanceUsual: boolean | null;
}

export interface TriageFacts {
  /** Of the run; a built-in monitor that looks by itself has `drift`. */
  readonly cause: Cause;
  readonly claims: readonly Alleged[];
  readonly hasChampion: boolean;
  readonly inputsAsOf: Instant;
  readonly labelsAsOf: Instant;
  readonly current: RowsOf;
  /** The recent stable window before it; null where there are no rows. */
  readonly reference: RowsOf | null;
  readonly checks: readonly QualityCheck[];
  readonly maps: readonly ColumnMap[];
  readonly recomputed: readonly RecomputedColumn[];
  /** Null or absent (in facts of earlier builds): not measured. */
  readonly association?: AssociationFacts | null;
  readonly drift: DriftFacts | null;
  readonly performance: PerformanceFacts | null;
  readonly refit: RefitFacts | null;
  readonly labels: LabelFacts | null;
  readonly versions: readonly VersionRecord[];
  /** Null: history does not reach that far. */
  readonly season: SeasonFacts | null;
  /** Why something above is null: one sentence each. */
  readonly notMeasured: readonly string[];
  /** The label wait is over: what is missing now will not come. */
  readonly isAfterLabelWait: boolean;
}
