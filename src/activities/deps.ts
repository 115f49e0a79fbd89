/**
 * What activities need from the other rooms, as interfaces. `worker.ts` alone wires the real ones in.
 * Every call that writes names its idempotency key; every long one takes an AbortSignal.
 */

import type { BackfillAttempt, BackfillWindow } from '../core/backfill/types.js';
import type { EvaluationResult } from '../core/evaluation/evaluate.js';
import type {
  PauseAnswer,
  PauseRequest,
  RetrainAnswer,
  RetrainRequest,
  RunFinished,
  RunStatus,
} from '../core/messages.js';
import type { WindowFacts } from '../core/quality/facts.js';
import type { Categories } from '../core/quality/source-schema.js';
import type { Accepted, Arrival, Refused } from '../core/signals/arrival.js';
import type { PipelineSpec, SpecFeature, TrainerSpec } from '../core/spec/schema.js';
import type { LabelMeasures } from '../core/triage/label-measures.js';
import type {
  ArtifactRef,
  Cause,
  Coverage,
  Decision,
  DecisionAnswer,
  DecisionChannel,
  Digest,
  EvaluationSummary,
  GateResult,
  Instant,
  LabelDecision,
  Outcome,
  Promotion,
  SnapshotRef,
  Stage,
  Window,
} from '../core/types.js';
import type { RunAssessJob } from './assess/assess-jobs.js';
import type { InputsSource } from './assess/inputs-source.js';
import type { ScoringSource } from './assess/scoring-source.js';
import type { ColumnFile, FreezeRequest } from './frozen-rows.js';
import type { ModelJudgement, OpenRun } from './model-judgement.js';
import type { ObservedSource } from './observed-source.js';
import type { EvaluationJob } from './off-loop-evaluation.js';
import type { QualityRegistry } from './quality-registry.js';
import type { RunKey, TriageRegistry } from './triage-registry.js';

export type { ColumnFile, FreezeRequest } from './frozen-rows.js';
export type { ModelJudgement, OpenRun, TriggerAnswer, TriggerState } from './model-judgement.js';
export type { AcceptedSchema, QuarantineEntry, SchemaProposal } from './quality-registry.js';
export type { RunKey } from './triage-registry.js';

// ---------------------------------------------------------------- artifacts (storage/)

/** Content-addressed and write-once: the digest is the sha256 of the bytes. */
export interface ArtifactStore {
  putBytes(bytes: Uint8Array): Promise<ArtifactRef>;
  /** Moves or copies a finished file in; synced before the promise resolves. */
  putFile(path: string): Promise<ArtifactRef>;
  has(digest: Digest): Promise<boolean>;
  /** @throws ARTIFACT_MISSING, ARTIFACT_DIGEST_MISMATCH (bytes are hashed before they are returned) */
  read(ref: ArtifactRef): Promise<Buffer>;
  /** A local path whose bytes were verified against the digest just now; read-only. */
  verifiedPath(ref: ArtifactRef): Promise<string>;
}

// ---------------------------------------------------------------- dataset/ (and through it sources/)

/** Of the used rows. */
export interface SnapshotSize {
  readonly days: number;
  /** Labelled rows of the class that has fewer. */
  readonly rarerClassRows: number;
}

export interface SnapshotOverlap {
  /** Ids in both snapshots. */
  readonly sharedIds: number;
  /** From the last training event to the first holdout event; negative where they overlap. */
  readonly gapMs: number;
  readonly training: SnapshotSize;
  readonly holdout: SnapshotSize;
}

export interface Dataset extends ScoringSource, ObservedSource, InputsSource {
  /**
   * Counts, nulls, ranges, types, newest row, rows a day of a window as known at `asOf`. No training rows are read. Rows of
   * the windows in `excluding` do not count, and days that one of them touches are not among the rows a day.
   */
  inspect(
    spec: PipelineSpec,
    request: {
      window: Window;
      asOf: Instant;
      excluding?: readonly Window[];
      /** By source column: rows of other categories are counted as unlisted. */
      listed?: Readonly<Record<string, readonly string[]>>;
    },
  ): Promise<WindowFacts>;
  /** The same, with the categories that there are: what a schema is inferred from. */
  inspectForSchema(
    spec: PipelineSpec,
    request: { window: Window; asOf: Instant },
  ): Promise<{ facts: WindowFacts; categories: Categories }>;
  /** Rows of the windows in `excluding` do not count. */
  coverage(
    spec: PipelineSpec,
    request: { window: Window; inputsAsOf: Instant; asOf: Instant; excluding?: readonly Window[] },
  ): Promise<Coverage>;
  /**
   * Counts about labels, of the window and of an earlier one that was fine: by day, by value of each column, by age. Columns that
   * the source lacks are left out. Rows of the windows in `excluding` do not count.
   * @throws DATA_SCHEMA_VIOLATION where id, event time, label or a version column of the spec is not there
   */
  measureLabels(
    spec: PipelineSpec,
    request: {
      window: Window;
      reference: Window | null;
      inputsAsOf: Instant;
      labelsAsOf: Instant;
      excluding: readonly Window[];
    },
    options: { signal: AbortSignal },
  ): Promise<LabelMeasures>;
  freeze(spec: PipelineSpec, request: FreezeRequest, options: { signal: AbortSignal }): Promise<SnapshotRef>;
  /**
   * Writes a column file (core/column-table.ts) of a snapshot at `path`: every k-th row where `maxRows` says so.
   * @throws DATA_SCHEMA_VIOLATION when the snapshot was frozen without a column that the spec needs
   */
  toColumns(
    spec: PipelineSpec,
    request: { snapshot: SnapshotRef; path: string; boundaryAt: Instant | null; maxRows?: number },
    options: { signal: AbortSignal },
  ): Promise<ColumnFile>;
  overlap(training: SnapshotRef, holdout: SnapshotRef): Promise<SnapshotOverlap>;
}

// ---------------------------------------------------------------- trainer/

export interface TrainJob {
  readonly columnsPath: string;
  /** Rows [0, trainRows) are fitted on; the rest is the validation tail. */
  readonly trainRows: number;
  readonly features: readonly SpecFeature[];
  readonly trainer: TrainerSpec;
  /** Last checkpoint whose digest was heartbeated; when it cannot be used, the trainer starts afresh and says why. */
  readonly resumeFrom: ArtifactRef | null;
  /** Scratch of this attempt alone. */
  readonly workDir: string;
}

export interface TrainProgress {
  readonly pid: number;
  readonly trainEpoch: number;
  readonly batch: number;
  readonly batches: number;
  readonly trainLoss: number | null;
  readonly validationLoss: number | null;
  readonly bestTrainEpoch: number | null;
  /** The newest checkpoint, already synced in the artifact store. */
  readonly checkpoint: ArtifactRef | null;
  readonly rowsPerSec: number | null;
  /** Why the checkpoint named by the job could not be used; absent when it could, or none was named. */
  readonly discarded?: string;
}

export interface TrainResult {
  readonly artifact: ArtifactRef;
  readonly trainEpochs: number;
  readonly bestTrainEpoch: number;
  readonly validationLoss: number;
  readonly resumedFromTrainEpoch: number;
  /** Why a checkpoint of this training could not be used, so that work was done again; absent when none was lost. */
  readonly discardedCheckpoint?: string;
  /** Backend, versions, threads, CPU flags, seeds: what equality of digests depends on. */
  readonly environment: Readonly<Record<string, string | number>>;
}

export interface TrainerHost {
  /** @throws TRAINING_DIVERGED, TRAINER_CRASHED, TRAINER_TIMEOUT, TRAINER_OUT_OF_MEMORY; an abort gives an AbortError after the child is gone */
  train(
    job: TrainJob,
    options: { signal: AbortSignal; onProgress: (progress: TrainProgress) => void },
  ): Promise<TrainResult>;
  /** Probabilities of the positive class, one array an artifact, in the order given; computed in a fresh process. */
  predict(
    job: {
      columnsPath: string;
      artifacts: readonly ArtifactRef[];
      workDir: string;
      trainer: Pick<TrainerSpec, 'backend' | 'threads' | 'limits'>;
      /** Only the first N rows when set (the infra check). */
      rows?: number;
    },
    options: { signal: AbortSignal },
  ): Promise<{ scores: Float32Array[]; latencyMs: number; peakMemoryMb: number }>;
}

// ---------------------------------------------------------------- registry/

export interface ChampionRow {
  readonly version: number;
  readonly epoch: number;
  readonly artifact: ArtifactRef;
  readonly specDigest: Digest;
  readonly since: Instant;
  /** End of the training window of that version: rows newer than this are news to it. */
  readonly trainedThrough: Instant;
}

export interface RunRow extends RunKey {
  readonly workflowId: string;
  readonly cause: Cause;
  readonly specDigest: Digest;
  readonly requestedBy: string;
  readonly promotion: Promotion;
  readonly stage: Stage;
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
  readonly outcome: Outcome | null;
  /** Set when the workflow failed (a fault of ours or of the infrastructure) instead of completing. */
  readonly failure: string | null;
}

export interface ModelState {
  readonly modelId: string;
  readonly specDigest: Digest;
  readonly champion: { readonly version: number; readonly epoch: number } | null;
  readonly openRun: OpenRun | null;
}

export interface NewVersion extends RunKey {
  readonly attempt: number;
  readonly artifact: ArtifactRef;
  /** What decides the artifact in the spec + digest of the trainer's code (core/spec/recipe.ts). */
  readonly recipeDigest: Digest;
  readonly trainingContentDigest: Digest;
  readonly trainingWindow: Window;
  readonly training: Omit<TrainResult, 'artifact'>;
}

export interface NewEvaluation extends RunKey {
  readonly candidateVersion: number;
  readonly championVersion: number | null;
  readonly championEpoch: number;
  readonly holdoutContentDigest: Digest;
  readonly holdoutWindow: Window;
}

export interface ChampionMove {
  readonly modelId: string;
  /** Unique: a move with a known key returns what that move did. */
  readonly moveKey: string;
  readonly kind: 'promotion' | 'rollback';
  readonly toVersion: number;
  /** Null: no champion is expected. */
  readonly expected: { readonly version: number | null; readonly epoch: number };
  readonly by: string;
  readonly reason: string;
  readonly evidenceDigest: Digest | null;
  readonly runNo: number | null;
}

/** A recipe that a rollback blocked, until a person clears it with a reason. */
export interface BlockedRecipe {
  readonly incidentId: number;
  readonly recipeDigest: Digest;
  /** The version that was rolled back from. */
  readonly version: number;
  /** Of the rollback. */
  readonly reason: string;
  readonly by: string;
  readonly since: Instant;
}

export interface Registry extends TriageRegistry, QualityRegistry {
  // specs
  specByDigest(digest: Digest): Promise<PipelineSpec>;
  loadModelState(modelId: string): Promise<ModelState>;
  // triggers and runs
  /** One answer an arrival, in their order; committed when it returns. A repeat is known by (source, event id). */
  acceptArrivals(arrivals: readonly Arrival[]): Promise<(Accepted | Refused)[]>;
  /** Judges what waits and opens the run, when one is due, in one transaction. */
  judgeTriggers(modelId: string, options?: { askAbout?: string | null }): Promise<ModelJudgement>;
  setPause(modelId: string, request: PauseRequest): Promise<PauseAnswer>;
  /** Idempotent on (trigger, since). */
  recordLabelCount(modelId: string, count: { triggerId: string; since: Instant; labels: number }): Promise<void>;
  run(key: RunKey): Promise<RunRow>;
  recordStage(key: RunKey, stage: Stage): Promise<void>;
  recordCoverage(key: RunKey, kind: SnapshotRef['kind'], coverage: Coverage): Promise<void>;
  /** One snapshot a run and kind: a second call returns the first one. */
  recordSnapshot(key: RunKey, snapshot: SnapshotRef): Promise<SnapshotRef>;
  /**
   * Closes once; a second call with the same outcome is fine, another outcome is INVARIANT_BROKEN. Where a fault ended the run
   * before anything was frozen, its drift and performance claims become `held` under the incident (`suppressed` where a
   * closed one answers the fault); where the run went on past a mere suspicion, that is overruled.
   */
  closeRun(key: RunKey, result: { outcome: Outcome } | { failure: string }): Promise<void>;
  /** Closes a run whose workflow is gone. One that closed by itself meanwhile stays as it ended: false. */
  failOpenRun(key: RunKey, failure: string): Promise<boolean>;
  // backfills
  /** The newest trigger of a backfill's window, or the one of that attempt, with its run; null while there is none. */
  backfillAttempt(window: BackfillWindow, attempt: number | null): Promise<BackfillAttempt | null>;
  /** Takes back a trigger that still waits; one that has its run keeps it. */
  withdrawBackfillAttempt(window: BackfillWindow, attempt: number): Promise<void>;
  // versions
  /** One version a run: a second call returns the first one's number and artifact. */
  registerVersion(version: NewVersion): Promise<{ version: number; artifact: ArtifactRef }>;
  versionArtifact(modelId: string, version: number): Promise<ArtifactRef>;
  champion(modelId: string): Promise<ChampionRow | null>;
  /** Distinct versions that were champion before, newest first. */
  pastChampions(modelId: string): Promise<readonly { version: number; artifact: ArtifactRef; specDigest: Digest }[]>;
  /** The newest block that nobody cleared on a recipe of the model; null when the recipe may be used. */
  blockedRecipe(modelId: string, recipeDigest: Digest): Promise<BlockedRecipe | null>;
  // evaluations
  /**
   * Registers the look before anything is scored (a look counts even if the process dies), idempotent on
   * (run, candidate, champion, epoch). Returns the earlier looks of *other* evaluations of this model on overlapping ranges.
   */
  beginEvaluation(evaluation: NewEvaluation): Promise<{ evaluationId: number; earlierLooks: readonly Window[] }>;
  finishEvaluation(
    evaluationId: number,
    result: { summary: EvaluationSummary; gates: readonly GateResult[] },
  ): Promise<void>;
  // approvals
  /** One row a decision, refused ones too; idempotent on (run, event id): a second call returns the first answer. */
  recordDecision(
    key: RunKey,
    decision: Decision & { channel: DecisionChannel; answer: DecisionAnswer },
  ): Promise<DecisionAnswer>;
  /** The same for what a person says about missing labels. */
  recordLabelDecision(
    key: RunKey,
    decision: LabelDecision & { channel: DecisionChannel; answer: DecisionAnswer },
  ): Promise<DecisionAnswer>;
  // the alias
  /**
   * @throws CHAMPION_CHANGED when the alias is not where it was expected; RECIPE_BLOCKED for a promotion of what a blocked
   * recipe made; INVARIANT_BROKEN for a run that is closed
   */
  moveChampion(move: ChampionMove): Promise<{ version: number; epoch: number; previousVersion: number | null }>;
  /** What the move with this key did; null while there is none. */
  moveByKey(
    modelId: string,
    moveKey: string,
  ): Promise<{ version: number; epoch: number; previousVersion: number | null } | null>;
}

// ---------------------------------------------------------------- Temporal, seen from an activity

export interface TemporalLink {
  /** Signal-with-start: the coordinator may be gone. */
  reportRunFinished(modelId: string, report: RunFinished): Promise<void>;
  /** Live, from the workflow; null when it cannot say now. */
  runStatus(workflowId: string): Promise<RunStatus | null>;
  describeRun(workflowId: string): Promise<'running' | 'closed' | 'missing'>;
  /** Update-with-start of the coordinator; an abort gives the wait for its answer up. */
  requestRetrain(modelId: string, request: RetrainRequest, signal: AbortSignal): Promise<RetrainAnswer>;
}

export interface ActivityDeps {
  readonly registry: Registry;
  readonly artifacts: ArtifactStore;
  readonly dataset: Dataset;
  readonly trainer: TrainerHost;
  readonly temporal: TemporalLink;
  /** The pure evaluation, away from the event loop. */
  readonly evaluateOffLoop: (job: EvaluationJob) => Promise<EvaluationResult>;
  /** What triage computes from rows, away from the event loop. */
  readonly runAssessJob: RunAssessJob;
  readonly trainerCodeDigest: () => string;
  readonly hasSearchAttributes: boolean;
  /** Root for scratch folders of attempts; each attempt makes and removes its own. */
  readonly scratchDir: string;
}
