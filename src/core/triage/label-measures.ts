/**
 * What is counted about the labels of a window and of the recent stable window before it; `label-facts.ts` and
 * `label-checks.ts` judge it, `dataset/measure-labels.ts` counts it in DuckDB. Plain values, small whatever the rows.
 */
import type { Instant, Window } from '../types.js';

/** Counts a UTC day, aligned with the days of the window they belong to. */
export interface LabelCounts {
  readonly rows: readonly number[];
  readonly labelled: readonly number[];
  readonly positives: readonly number[];
}

/** The mature rows of one value of a column. */
export interface LabelSlice {
  /** The source column; a part of an instant is called after it and the part, e.g. `event_at hour`. */
  readonly column: string;
  /** The category, the part's number, or a bin as `(300, 500]`. */
  readonly value: string;
  readonly kind: 'category' | 'part' | 'bin';
  readonly current: LabelCounts;
  /** Null without a reference. */
  readonly reference: LabelCounts | null;
}

/**
 * By whole hours from the event, ascending, hours without any row left out: how many labels became known at that age, and how many
 * rows of that age still wait. Null where no column says when a label became known.
 */
export interface LabelAges {
  readonly hours: readonly number[];
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
  readonly waiting: readonly number[];
}

interface LabelConflicts {
  /** Ids with two labels that became known at the same instant (at no instant, where none is recorded), the latest of that id. */
  readonly ids: number;
  /** Groups of at least two labelled rows alike in every feature and in the minute of their event, and those with both labels. */
  readonly alikeGroups: number;
  readonly alikeConflicts: number;
  /** Rows of the latter. */
  readonly alikeConflictRows: number;
}

export interface WindowLabels {
  readonly window: Window;
  /** UTC days that the window touches and no excluded window does, in order. */
  readonly days: readonly string[];
  /** By day: the window holds it from midnight to midnight. */
  readonly isWhole: readonly boolean[];
  readonly all: LabelCounts;
  readonly ages: LabelAges | null;
  /** Rows older than the spec's label delay as of the labels' instant. */
  readonly mature: { readonly rows: number; readonly labelled: number; readonly positives: number };
  /** The same a day. */
  readonly matureDays: LabelCounts;
  readonly conflicts: LabelConflicts;
  /** Labelled rows whose label was known before their event, and rows that were known only once their label was; 0 without the columns. */
  readonly knownBeforeEvent: number;
  readonly knownAfterLabel: number;
  /** Labelled rows by who decided that there be a label (null: nobody), most first; null without `labelDecidedBy`. */
  readonly decidedBy: readonly { readonly version: string | null; readonly labels: number }[] | null;
  /** Rows by the version that scored them; null without `modelVersion`. */
  readonly scoredBy:
    | readonly { readonly version: string | null; readonly rows: number; readonly labelled: number }[]
    | null;
}

/** How much one feature alone says about the label, over the labelled rows of both windows. */
export interface FeatureSignal {
  readonly feature: string;
  readonly column: string;
  readonly kind: 'numeric' | 'categorical' | 'time';
  /** Rows with a value, and distinct values among them (approximate where rows are many and most values come back). */
  readonly rows: number;
  readonly distinct: number;
  /** Of numbers: all of them are whole. */
  readonly isWhole: boolean;
  /** Of label shares by value or bin, each taken from the half of the rows that it does not judge; null without both classes. */
  readonly auc: number | null;
}

export interface LabelMeasures {
  readonly inputsAsOf: Instant;
  readonly labelsAsOf: Instant;
  readonly current: WindowLabels;
  readonly reference: WindowLabels | null;
  /** Values with enough labelled rows in each window, the most frequent ones of each column. */
  readonly slices: readonly LabelSlice[];
  readonly features: readonly FeatureSignal[];
  /** Columns that the source lacks or that cannot be read as meant: not looked at. */
  readonly unread: readonly string[];
}

/** Estimated share of wrong labels, from scores out of sample (stats/label-noise.ts); days as units. */
export interface NoiseEstimate {
  readonly share: number;
  readonly standardError: number | null;
  readonly days: number;
  readonly rows: number;
}

/** What is known of labels beside the counts; null: not measured. */
export interface LabelFactsOptions {
  /** The version behind the alias: labels that it decided on are counted. */
  readonly championVersion: number | null;
  /** Of this window's labelled rows and of the reference's, by scores of the same model that was trained on neither. */
  readonly noise: { readonly current: NoiseEstimate; readonly reference: NoiseEstimate | null } | null;
  /** Since when new versions of the label process are in use. */
  readonly announced: readonly Instant[];
}

export interface LabelChecksOptions extends LabelFactsOptions {
  /** How well a small model tells mature rows without a label from labelled ones, out of fold. */
  readonly selection: { readonly auc: number; readonly labelled: number; readonly unlabelled: number } | null;
  /** The label wait is over: labels that are missing now will not come. */
  readonly isAfterLabelWait: boolean;
}
