/**
 * Payloads of the messages that workflows take: plain values, so that clients, activities and workflows share them.
 * Each stays under 16 KB as JSON.
 */
import type { Cause, Digest, Instant, LabelDecision, OutcomeKind, RunClock, Stage } from './types.js';

export interface RetrainInput {
  readonly modelId: string;
  readonly runNo: number;
  readonly specDigest: Digest;
  readonly cause: Cause;
  readonly requestedBy: string;
  readonly clock: RunClock;
}

export interface CoordinatorInput {
  readonly modelId: string;
  /** Continue as new at this length of the history (at least 50) instead of when the server suggests it. */
  readonly maxHistoryEvents?: number;
}

/** Labels are in the source through this instant; in replay the run's clock moves to it. The largest wins. */
export interface LabelsArrived {
  readonly eventId: string;
  readonly through: Instant;
}

/** A claim sent straight through Temporal; at most 16 KB as JSON. */
export interface DirectClaim {
  readonly eventId: string;
  readonly source: string;
  readonly cause?: Extract<Cause, 'drift' | 'performance'>;
  readonly clock?: RunClock;
  readonly [detail: string]: unknown;
}

export interface RunFinished {
  readonly eventId: string;
  readonly runNo: number;
  readonly outcome: OutcomeKind | 'failed';
}

/** The champion moved while a run was open: what it has measured no longer stands. */
export interface ChampionMoved {
  readonly eventId: string;
  readonly epoch: number;
}

export interface RetrainRequest {
  /** The idempotency key: asking twice with one id starts one run. */
  readonly triggerId: string;
  readonly cause: Cause;
  readonly requestedBy: string;
  readonly reason: string;
  readonly clock: RunClock;
}

export interface RetrainAnswer {
  readonly state: 'started' | 'held' | 'refused';
  readonly runNo: number | null;
  readonly workflowId: string | null;
  readonly reason: string;
}

export interface RollbackRequest {
  readonly moveKey: string;
  /** Null: the champion before the present one. */
  readonly toVersion: number | null;
  readonly by: string;
  readonly reason: string;
}

export interface RollbackAnswer {
  readonly version: number;
  readonly epoch: number;
  readonly previousVersion: number | null;
}

export interface QuestionAnswer {
  readonly eventId: string;
  readonly answer: Exclude<LabelDecision['decision'], 'extend'>;
  readonly by: string;
  readonly reason: string;
}

export interface DeadlineExtension {
  readonly eventId: string;
  readonly until: Instant;
  readonly by: string;
  readonly reason: string;
}

export interface RunStatus {
  readonly modelId: string;
  readonly runNo: number;
  readonly stage: Stage;
  readonly now: Instant;
  /** What the run waits for, in words; null while it works. */
  readonly awaits: string | null;
  readonly awaitsUntil: Instant | null;
  /** It awaits an answer about missing labels: proceed, shrink or abort. */
  readonly isAsking: boolean;
  readonly evidenceDigest: Digest | null;
  readonly candidateVersion: number | null;
  readonly championVersion: number | null;
}

export interface CoordinatorStatus {
  readonly modelId: string;
  readonly openRunNo: number | null;
  readonly championVersion: number | null;
  readonly waiting: number;
}
