/**
 * Payloads of the messages that workflows take: plain values, so that clients, activities and workflows share them.
 * Each stays under 16 KB as JSON.
 */
import type { LedgerState } from './signals/arrival.js';
import type {
  Cause,
  Digest,
  Instant,
  LabelDecision,
  OutcomeKind,
  Promotion,
  Question,
  RunClock,
  Stage,
} from './types.js';

export interface RetrainInput {
  readonly modelId: string;
  readonly runNo: number;
  readonly specDigest: Digest;
  readonly cause: Cause;
  readonly requestedBy: string;
  readonly clock: RunClock;
}

/** Unread messages of an execution that continues as new: few enough to travel as its input. */
export interface CarriedMessages {
  readonly messages: readonly { readonly kind: 'claim' | 'labels' | 'version'; readonly value: unknown }[];
}

export interface CoordinatorInput {
  readonly modelId: string;
  /** Of what follows; absent in an input that a client or a person writes. */
  readonly stateVersion?: 1;
  /** The run whose workflow this line of executions has started already. */
  readonly startedRunNo?: number | null;
  readonly carried?: CarriedMessages;
  /** Continue as new at this length of the history (at least 50) instead of when the server suggests it. */
  readonly maxHistoryEvents?: number;
}

/** Triggers wait in the ledger; which ones the coordinator reads there. */
export interface ClaimsPending {
  readonly throughSeq: number;
  /** One of them waits for no debounce. */
  readonly isUrgent: boolean;
}

/** Of one change: nobody names more, and a list has to end. */
export const MOST_VERSION_COLUMNS = 200;

/** Code, a feature, a schema or the way that labels are made has changed. */
export interface VersionChanged {
  readonly eventId: string;
  readonly kind: string;
  /** That it touches; absent: not told. */
  readonly columns?: readonly string[];
  readonly [detail: string]: unknown;
}

export interface PauseOrder {
  readonly eventId: string;
  readonly by: string;
  readonly reason: string;
}

export interface PauseRequest extends PauseOrder {
  readonly isPaused: boolean;
}

/** What holds after the request. */
export interface PauseAnswer {
  readonly isPaused: boolean;
  readonly pause: { readonly by: string; readonly reason: string; readonly since: Instant } | null;
  /** False: it was so before, and this order changed nothing. Absent: an earlier build answered. */
  readonly isNew?: boolean;
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
  /** By policy unless it says otherwise. */
  readonly promotion?: Promotion;
}

/** `pending`: it waits for the debounce; who asks for a person's or the calendar's cause never reads that. */
export interface RetrainAnswer {
  readonly state: LedgerState;
  /** Of the run that it started or was merged into. */
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
  /** The question that is meant; absent: the one that the run asks when it comes. */
  readonly question?: Question;
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
  /** It awaits a person's answer to `asks`. */
  readonly isAsking: boolean;
  /** Absent in builds that ask about labels alone; null while nothing is asked. */
  readonly asks?: Question | null;
  readonly evidenceDigest: Digest | null;
  readonly candidateVersion: number | null;
  readonly championVersion: number | null;
}

export interface CoordinatorStatus {
  readonly modelId: string;
  readonly openRunNo: number | null;
  readonly championVersion: number | null;
  /** Messages that the coordinator has not handed over or worked on yet. */
  readonly unread: number;
  /** Triggers in the ledger, by the state in which they wait. */
  readonly waiting: { readonly pending: number; readonly held: number; readonly escalated: number };
  readonly pause: PauseAnswer['pause'];
  /** When it judges again by itself. */
  readonly wakeAt: Instant | null;
  readonly lastRun: {
    readonly runNo: number;
    readonly outcome: OutcomeKind | 'failed';
    readonly endedAt: Instant;
  } | null;
}
