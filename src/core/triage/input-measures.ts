/**
 * What is counted about the inputs of a window, day by day, so that everything after it is a pure judgement: counts only, never
 * rows. `dataset/measure-inputs.ts` measures it in DuckDB; plain JSON values throughout. Lists a day follow `WindowInputs.days`.
 */
import type { WindowFacts } from '../quality/facts.js';
import type { SpecFeature } from '../spec/schema.js';
import type { Instant, Window } from '../types.js';

/** Counts a day (outer) and a bin (inner). */
export type CountsPerDay = readonly (readonly number[])[];

interface CommonInputs {
  /** What people and monitors call it: the feature's name for a part of an instant, the source's column otherwise. */
  readonly column: string;
  readonly feature: string;
  readonly source: string;
  /** False: the source has no such column, or none that can be read as meant; nothing below was counted. */
  readonly isMeasured: boolean;
  /** Per day. NaN and infinities are `nonFinite`, and so is text where a number is due. */
  readonly nulls: readonly number[];
  readonly nonFinite: readonly number[];
  /** Different values per day; approximate above some thousands. */
  readonly distinct: readonly number[];
}

/** Every value with its counts: of columns with few different ones. */
export interface ValueCounts {
  readonly kind: 'values';
  /** Ascending. */
  readonly values: readonly number[];
  readonly counts: CountsPerDay;
  /** Per value, of the current window: rows whose label is known. */
  readonly labelled: readonly number[];
}

/** Single values that at least 0.1 % of the window's numbers are. */
export interface FrequentValues {
  /** Ascending. */
  readonly values: readonly number[];
  readonly counts: CountsPerDay;
}

/** Counts into bins whose edges every window shares: of columns with many values. */
export interface EdgeCounts {
  readonly kind: 'bins';
  /** Ascending: quantiles of the reference (of the window itself without one), and the edges that were asked for. */
  readonly edges: readonly number[];
  /** counts[day][i] = values in (edges[i − 1], edges[i]]; one more than edges. */
  readonly counts: CountsPerDay;
  readonly labelled: readonly number[];
  /** Per day evenly spaced values of a sample of it, ascending: its shape on any scale. */
  readonly sketch: CountsPerDay;
  readonly frequent: FrequentValues;
}

export interface NumericInputs extends CommonInputs {
  readonly kind: 'numeric';
  readonly numbers: ValueCounts | EdgeCounts;
}

export interface CategoricalInputs extends CommonInputs {
  readonly kind: 'categorical';
  /** The most frequent ones, and those of the reference; long names are cut. */
  readonly levels: readonly string[];
  readonly counts: CountsPerDay;
  /** Rows per day of categories that are not among `levels`. */
  readonly others: readonly number[];
  readonly labelled: readonly number[];
}

export interface TimeInputs extends CommonInputs {
  readonly kind: 'time';
  readonly part: Extract<SpecFeature, { kind: 'time' }>['part'];
  /** The part of the event time itself, not of another instant. */
  readonly isEventTime: boolean;
  /** Of the part: hour 0 to 23, weekday 1 (Monday) to 7, month 1 to 12, day of the year 1 to 366. */
  readonly levels: readonly number[];
  readonly counts: CountsPerDay;
  readonly labelled: readonly number[];
}

export type ColumnInputs = NumericInputs | CategoricalInputs | TimeInputs;

export interface WindowInputs {
  readonly window: Window;
  /** What `Dataset.inspect` says of the same rows. */
  readonly facts: WindowFacts;
  /** Every UTC day that the window touches and no excluded window does, oldest first. */
  readonly days: readonly string[];
  readonly rows: readonly number[];
  /** Per day, by UTC hour. */
  readonly rowsPerHour: CountsPerDay;
  /** Rows per day whose id an earlier row has. */
  readonly duplicateIds: readonly number[];
  /** Rows per day that equal another one in event time and all features. */
  readonly duplicateRows: readonly number[];
  /** Rows per day that, but for the date, equal a row of the day before. */
  readonly repeatedRows: readonly number[];
  /** One a feature, in the spec's order. */
  readonly columns: readonly ColumnInputs[];
}

/** Logged against recomputed, in the current window. */
export interface RecomputedInputs {
  readonly column: string;
  /** The second source. */
  readonly against: string;
  /** False: one of the two columns cannot be read. */
  readonly isMeasured: boolean;
  /** Per day: rows where either has a value, and those of them that differ. */
  readonly rows: readonly number[];
  readonly differing: readonly number[];
}

export interface InputMeasures {
  readonly inputsAsOf: Instant;
  readonly labelsAsOf: Instant;
  readonly current: WindowInputs;
  /** Null: none was asked for, or it has no rows. */
  readonly reference: WindowInputs | null;
  readonly season: WindowInputs | null;
  readonly recomputed: readonly RecomputedInputs[];
}
