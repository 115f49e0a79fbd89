/**
 * Words of the project, one per thing, and the small values that travel between rooms.
 *
 * champion   the version behind alias `champion`
 * candidate  the version trained in this run
 * claim      what a monitor says, normalised
 * window     half-open [start, end), UTC
 * as-of      the instant whose knowledge is used; a label known later does not exist yet
 * holdout    frozen rows later than all training rows, never trained on
 * drift      change between two windows (data, prediction, concept)
 * slice      a named predicate over rows
 * gate       one threshold, one GateResult
 * lineage    edges snapshot -> run -> version -> alias move
 * alias      the only mutable pointer
 * epoch      of an alias: a counter that rises with each move (a training epoch is always called `trainEpoch`)
 * look       one evaluation of a holdout's time range
 * block      one UTC calendar day of event time: the sampling unit of every interval
 */

/** ISO 8601 instant in UTC with milliseconds, e.g. `2001-03-01T00:00:00.000Z`. */
export type Instant = string;
/** sha256 in lower-case hex. */
export type Digest = string;

/** Half-open [start, end). */
export interface Window {
  readonly start: Instant;
  readonly end: Instant;
}

/** A blob in the artifact store: data crosses Temporal by reference only. */
export interface ArtifactRef {
  readonly digest: Digest;
  readonly bytes: number;
}

export type Cause = 'schedule' | 'drift' | 'performance' | 'labels' | 'version-change' | 'manual';
export type Mode = 'superior' | 'refresh';
/** `off`: a run measures and says what it would have done, asks nobody and moves nothing. */
export type Promotion = 'by-policy' | 'off';
export type Stage = 'assess' | 'labels' | 'freeze' | 'train' | 'evaluate' | 'approve' | 'promote' | 'done';

export type OutcomeKind =
  | 'promoted'
  | 'turned-down'
  | 'not-a-shift'
  | 'blocked-by-data'
  | 'code-suspected'
  | 'labels-missing'
  | 'rejected-by-person'
  | 'expired'
  | 'recipe-blocked'
  | 'cancelled';

export interface Outcome {
  readonly kind: OutcomeKind;
  /** Sentences for a person, most important first. */
  readonly reasons: readonly string[];
  readonly verdict: PromotionVerdict | null;
  readonly candidateVersion: number | null;
  readonly championVersion: number | null;
  readonly evidenceDigest: Digest | null;
}

export type PromotionVerdict = 'promote' | 'reject' | 'needs-approval' | 'inconclusive';
/** How the primary metric's gain reads; the word `not enough data` is the honest fourth. */
export type Comparison = 'win' | 'loss' | 'tie' | 'not-enough-data';

/** Wall: real time, timers. Replay: `now` moves only forward, by labelsArrivedSignal. */
export type RunClock = { readonly mode: 'wall' } | { readonly mode: 'replay'; readonly now: Instant };

/** Materialised once, immutable; rows in Parquet in the artifact store. `in = used + unlabelled + excluded + quarantined`, always. */
export interface SnapshotRef {
  readonly kind: 'training' | 'holdout';
  /** Over canonical rows: independent of the Parquet writer. Same source, window, as-of and sample give the same. */
  readonly contentDigest: Digest;
  readonly parquet: ArtifactRef;
  readonly manifest: ArtifactRef;
  readonly window: Window;
  readonly asOf: Instant;
  readonly rows: RowCounts;
}

export interface RowCounts {
  readonly in: number;
  readonly used: number;
  readonly unlabelled: number;
  readonly excluded: number;
  readonly quarantined: number;
}

/** Label coverage of a window as of an instant; fractions in [0, 1]. */
export interface Coverage {
  readonly window: Window;
  readonly asOf: Instant;
  readonly rows: number;
  readonly labelled: number;
  readonly overall: number;
  /**
   * Per class: labelled rows of the class over its expected number, which comes from the champion-free class shares of
   * mature rows (share of the class among rows older than the label delay). Null when no mature row exists.
   */
  readonly perClass: Readonly<Record<string, number>> | null;
  /** Latest `known_at` that already counts; null without labels. */
  readonly newestLabelAt: Instant | null;
}

export interface Interval {
  readonly lower: number;
  readonly upper: number;
  /** Two-sided confidence, e.g. 0.975. */
  readonly confidence: number;
}

export interface GateResult {
  /** e.g. `gain:auc`, `min:auc`, `nonInferior:auc@origin=ORD`. Unique in a verdict. */
  readonly gate: string;
  readonly metric: string;
  /** `all` or a slice's name. */
  readonly slice: string;
  readonly required: boolean;
  readonly value: number | null;
  readonly interval: Interval | null;
  readonly threshold: number | null;
  /** null: not assessable, which is never a pass. */
  readonly passed: boolean | null;
  /** One sentence for a person. */
  readonly reason: string;
}

/** The little of an evaluation that travels through Temporal; the whole report is an artifact. */
export interface EvaluationSummary {
  readonly evaluationId: number;
  readonly verdict: PromotionVerdict;
  readonly comparison: Comparison;
  readonly metric: string;
  readonly mode: Mode;
  readonly candidateVersion: number;
  readonly championVersion: number | null;
  readonly championEpoch: number;
  readonly candidateValue: number | null;
  readonly championValue: number | null;
  readonly difference: number | null;
  /** The interval that gates, at the level that follows the count of looks. */
  readonly interval: Interval | null;
  readonly interval95: Interval | null;
  /** Assumes independent rows; printed, never gates. */
  readonly rowInterval95: Interval | null;
  readonly look: number;
  readonly blocks: number;
  readonly reasons: readonly string[];
  readonly evidenceDigest: Digest;
  readonly report: ArtifactRef;
}

export interface TrainedCandidate {
  readonly version: number;
  readonly artifact: ArtifactRef;
  readonly trainEpochs: number;
  readonly bestTrainEpoch: number;
  readonly validationLoss: number;
  /** First training epoch of the attempt that finished: above 0 when it resumed from a checkpoint. */
  readonly resumedFromTrainEpoch: number;
  readonly backend: string;
}

export interface Decision {
  readonly eventId: string;
  readonly decision: 'approve' | 'reject';
  readonly by: string;
  readonly reason: string;
  /** At least 12 hex digits, a prefix of the evidence digest. */
  readonly evidence: string;
}

/** What a run may ask a person: what to do without the labels that are missing; whether to retrain in spite of what was found. */
export type Question = 'labels' | 'assessment';

/**
 * What a person says to a run that asks. About missing labels: go on without them, on a shorter window, stop, or wait longer;
 * about the assessment: retrain all the same (proceed), or stop (abort).
 */
export interface LabelDecision {
  readonly eventId: string;
  /** The question that is meant; absent: the one that the run asks when it comes. */
  readonly question?: Question;
  readonly decision: 'proceed' | 'shrink' | 'abort' | 'extend';
  /** The later deadline of `extend`; null for the others. */
  readonly until: Instant | null;
  readonly by: string;
  readonly reason: string;
}

export interface DecisionAnswer {
  readonly accepted: boolean;
  readonly code: DecisionCode;
  readonly reason: string;
}

export type DecisionCode =
  | 'accepted'
  | 'not-awaited'
  | 'duplicate'
  | 'expired'
  | 'stale-evidence'
  | 'wrong-candidate'
  | 'deadline-refused'
  | 'wrong-question'
  | 'not-allowed'
  | 'reason-missing'
  | 'run-closed';

export type DecisionChannel = 'update' | 'signal' | 'client';
