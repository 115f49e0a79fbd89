/**
 * What the commands need from `client.ts`, as one interface: the commands and what they print can be checked without a
 * platform, and a change of the client shows up in connect.ts alone.
 */
import type { LabelsArrived, RetrainAnswer, RollbackAnswer, RunStatus } from '../core/messages.js';
import type { SpecChange } from '../core/spec/diff.js';
import type {
  ArtifactRef,
  Assessment,
  Cause,
  Coverage,
  Decision,
  DecisionAnswer,
  Digest,
  EvaluationSummary,
  GateResult,
  Instant,
  Outcome,
  RunClock,
  SnapshotRef,
  Stage,
} from '../core/types.js';

export interface ApplyResult {
  readonly modelId: string;
  readonly digest: Digest;
  /** False: this very spec is already the model's current one. */
  readonly isNew: boolean;
  readonly changes: readonly SpecChange[];
}

/** What Temporal says about the workflow of an open run; null for a closed run. */
export type WorkflowState = 'running' | 'stuck' | 'closed' | 'missing' | 'unknown';

export interface RunItem {
  readonly modelId: string;
  readonly runNo: number;
  readonly workflowId: string;
  readonly cause: Cause;
  readonly requestedBy: string;
  readonly stage: Stage;
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
  readonly outcome: Outcome | null;
  readonly failure: string | null;
  readonly workflow: WorkflowState | null;
}

export interface DecisionRow extends Decision {
  readonly at: Instant;
  readonly channel: string;
  readonly answer: DecisionAnswer;
}

export interface RunDetail {
  readonly run: RunItem;
  readonly specDigest: Digest;
  /** Live, from the workflow; null when none runs. */
  readonly status: RunStatus | null;
  readonly stages: readonly { readonly stage: Stage; readonly at: Instant }[];
  readonly assessment: Assessment | null;
  readonly coverage: { readonly training: Coverage | null; readonly holdout: Coverage | null };
  readonly snapshots: readonly SnapshotRef[];
  readonly evaluation: EvaluationSummary | null;
  readonly gates: readonly GateResult[];
  readonly decisions: readonly DecisionRow[];
}

export interface AliasMove {
  readonly epoch: number;
  readonly at: Instant;
  readonly kind: 'promotion' | 'rollback';
  readonly fromVersion: number | null;
  readonly toVersion: number;
  readonly by: string;
  readonly reason: string;
  readonly runNo: number | null;
  readonly evidenceDigest: Digest | null;
}

export interface ChampionView {
  readonly modelId: string;
  /** The instant asked about; null is now. */
  readonly at: Instant | null;
  readonly champion: {
    readonly version: number;
    readonly epoch: number;
    readonly since: Instant;
    readonly artifact: ArtifactRef;
    readonly trainedThrough: Instant;
  } | null;
  /** Newest first. */
  readonly history: readonly AliasMove[];
}

/** `brokenSeq`: the first audit entry that does not follow from the one before it. */
export interface VerifyResult {
  readonly modelId: string;
  readonly entries: number;
  readonly headHash: Digest | null;
  readonly brokenSeq: number | null;
  readonly reason: string | null;
}

export interface ScheduleResult {
  readonly modelId: string;
  readonly scheduleId: string;
  readonly state: 'set' | 'paused' | 'resumed' | 'deleted';
  /** A spec may set its schedule paused. */
  readonly isPaused: boolean;
  readonly nextAt: readonly Instant[];
}

export interface CliClient {
  applySpec(request: { text: string; file: string; by: string }): Promise<ApplyResult>;
  requestRetrain(request: {
    modelId: string;
    cause: Cause;
    by: string;
    reason: string;
    clock?: RunClock;
    triggerId?: string;
  }): Promise<RetrainAnswer>;
  decide(request: {
    modelId: string;
    runNo: number;
    decision: Decision['decision'];
    by: string;
    reason: string;
    evidence: string;
    eventId?: string;
  }): Promise<DecisionAnswer>;
  labelsArrived(request: { modelId: string } & LabelsArrived): Promise<void>;
  rollback(request: { modelId: string; to?: number; reason: string; by: string }): Promise<RollbackAnswer>;
  listRuns(request: { modelId?: string; limit: number; isOpenOnly: boolean }): Promise<readonly RunItem[]>;
  /** @throws RUN_UNKNOWN */
  showRun(request: { modelId: string; runNo: number }): Promise<RunDetail>;
  /** @throws MODEL_UNKNOWN */
  champion(request: { modelId: string; at?: Instant }): Promise<ChampionView>;
  /** Of one model, or of all. */
  verify(request: { modelId?: string }): Promise<readonly VerifyResult[]>;
  changeSchedule(request: { modelId: string; to: ScheduleResult['state'] }): Promise<ScheduleResult>;
  close(): Promise<void>;
}
