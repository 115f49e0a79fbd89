/** What goes into and comes out of an evaluation. The result is JSON-safe: a number that does not exist is null. */
import type { ColumnTable } from '../column-table.js';
import type { MetricName, PipelineSpec } from '../spec/schema.js';
import type { Comparison, GateResult, Interval, Mode, PromotionVerdict } from '../types.js';
import type { MetricKey, MetricValues } from './metrics.js';

export interface EvaluationInput {
  /** Per holdout row: 0 or 1. */
  readonly label: Uint8Array;
  /** Per holdout row: UTC day of the event, any integer numbering. */
  readonly day: Int32Array;
  /** Per holdout row: probability of the positive class. */
  readonly candidate: Float32Array;
  readonly champion: Float32Array | null;
  /** Earlier champions on the same rows; read in mode `refresh` only. */
  readonly anchors: readonly { readonly version: number; readonly scores: Float32Array }[];
  /** The same rows: columns for slices and `each:`. */
  readonly table: ColumnTable;
  readonly spec: EvaluationSpec;
  /** From lookNumber: 1 for a range never looked at. */
  readonly look: number;
  /** Gates that were measured elsewhere (the infra check); they count like the spec's own. */
  readonly extraGates?: readonly GateResult[];
}

type EvaluationSpec = Pick<
  PipelineSpec,
  'metric' | 'mode' | 'margin' | 'tolerance' | 'equivalence' | 'gates' | 'slices'
>;

/** Positive gain: the candidate is better, whichever way the metric runs. */
export interface Gain {
  readonly difference: number | null;
  readonly interval95: Interval | null;
}

export interface SliceFact {
  /** A declared slice's name, or `each:<column>=<value>`. */
  readonly slice: string;
  readonly rows: number;
  readonly positives: number;
  readonly days: number;
  /** The primary metric. */
  readonly candidate: number | null;
  readonly champion: number | null;
  readonly gain: Gain;
}

/** Rows whose prediction at one half changes from wrong to right and back. Assumes independent rows: never gates. */
export interface Flips {
  readonly threshold: number;
  readonly gained: number;
  readonly lost: number;
  readonly mcNemarExactPValue: number;
  readonly mcNemarCorrectedPValue: number;
}

export interface EvaluationResult {
  readonly metric: MetricName;
  readonly mode: Mode;
  readonly rows: number;
  readonly positives: number;
  /** Days with at least one row. */
  readonly blocks: number;
  readonly metrics: { readonly candidate: MetricValues; readonly champion: MetricValues | null };
  /** The primary metric's values. */
  readonly primary: { readonly candidate: number | null; readonly champion: number | null };
  /** Per metric, candidate over champion; null without a champion. */
  readonly gains: Readonly<Record<MetricKey, Gain>> | null;
  readonly comparison: Comparison;
  /** Gain of the primary metric over the champion: positive = candidate better, for lower-is-better metrics too. */
  readonly difference: number | null;
  /** Of `difference`, at `confidence`: the one that gates. */
  readonly interval: Interval | null;
  readonly interval95: Interval | null;
  /** Of `difference`, from rows instead of days; null for metrics without such a formula. Printed, never gates. */
  readonly rowInterval95: Interval | null;
  readonly rowIntervalAssumption: string;
  /** Two-sided, of this look. */
  readonly confidence: number;
  /** The smallest true gain that would be shown above the margin in four of five such holdouts. */
  readonly minimumDetectableGain: number | null;
  /** Mode `refresh`: the earlier champion with the best estimate on this holdout. */
  readonly anchor: {
    readonly version: number;
    readonly difference: number | null;
    readonly interval: Interval | null;
  } | null;
  readonly flips: Flips | null;
  readonly gates: readonly GateResult[];
  readonly verdict: PromotionVerdict;
  readonly reasons: readonly string[];
  readonly couldNotCheck: readonly string[];
  readonly slices: readonly SliceFact[];
}
