/**
 * What is known when triggers are judged, and what the judgement says. The registry loads the facts and applies the
 * judgement in one transaction with the model locked; the judgement itself is pure (judge.ts).
 */
import type { LedgerState } from '../../signals/arrival.js';
import type { Absence, Finding, Severity } from '../../signals/drift-claim.js';
import type { Cause, Instant, OutcomeKind, Promotion, RunClock, Stage, Window } from '../../types.js';

/** A claim without the raw parts. */
export interface ClaimFacts {
  readonly source: string;
  readonly monitor: string;
  readonly severity: Severity;
  readonly window: Window;
  readonly nReference: number | null;
  readonly nCurrent: number | null;
  readonly findings: readonly Omit<Finding, 'raw'>[];
  readonly absent: readonly Absence[];
}

export interface WaitingTrigger {
  readonly triggerId: string;
  readonly seq: number;
  readonly state: 'pending' | 'held' | 'escalated';
  readonly cause: Cause;
  readonly requestedBy: string;
  readonly clock: RunClock;
  readonly createdAt: Instant;
  readonly claim: ClaimFacts | null;
  readonly body: unknown;
  /** The incident under which it is held; absent or null: it is held for another reason, or not held. */
  readonly incidentId?: number | null;
}

/** An incident of a fault that nobody has closed: what a monitor says of data since then is explained until it is. */
export interface OpenIncident {
  readonly incidentId: number;
  /** For reasons, e.g. `Incident 12 (broken feed, distance, since 2001-03-01T00:00:00.000Z)`. */
  readonly name: string;
  readonly mode: RunClock['mode'];
  /** Onset of the fault; the start of the window in which it was first seen where that is unknown. */
  readonly since: Instant;
}

/** Earlier scores of one series, oldest first: what quantile and rolling-average thresholds compare with. */
export interface ScoreHistory {
  readonly monitor: string;
  readonly scope: Finding['scope'];
  readonly column: string | null;
  readonly method: string;
  /** `at`: the end of the window that the score speaks of. */
  readonly scores: readonly { readonly at: Instant; readonly score: number }[];
}

export interface TriggerFacts {
  readonly modelId: string;
  /** Wall time. A trigger with a replay clock is judged at its own `now`, apart from the debounce, which is wall time always. */
  readonly now: Instant;
  readonly pause: { readonly by: string; readonly reason: string; readonly since: Instant } | null;
  readonly openRun: {
    readonly runNo: number;
    readonly openedAt: Instant;
    readonly clock: RunClock;
    readonly promotion: Promotion;
    readonly stage: Stage;
  } | null;
  /** The newest closed run of each clock mode: a replayed past holds up no present. */
  readonly lastRuns: readonly {
    readonly mode: RunClock['mode'];
    readonly runNo: number;
    /** In that clock's time; a replayed claim of a time in between has had its answer. Taken as `endedAt` where unknown. */
    readonly openedAt?: Instant;
    /** In that clock's time. */
    readonly endedAt: Instant;
    readonly outcome: OutcomeKind | 'failed';
  }[];
  /** Of wall-clock runs opened in the budget's period, people's own requests left out. */
  readonly spent: { readonly runs: number; readonly trainingMinutes: number };
  readonly champion: { readonly version: number; readonly trainedThrough: Instant; readonly since: Instant } | null;
  /** Oldest first. */
  readonly openIncidents: readonly OpenIncident[];
  /** Pending, held and escalated ones, oldest first. */
  readonly waiting: readonly WaitingTrigger[];
  readonly histories: readonly ScoreHistory[];
  /** Of each monitor that the policy expects reports of: the newest claim, or the instant from which it is expected. */
  readonly lastReports: readonly { readonly monitor: string; readonly at: Instant }[];
  /** Labels that became known since the champion's training window ended, by labels notice, where they were counted. */
  readonly newLabels: readonly { readonly triggerId: string; readonly count: number }[];
}

export interface StateChange {
  readonly triggerIds: readonly string[];
  readonly state: Exclude<LedgerState, 'pending' | 'started'>;
  /** One sentence for a person. */
  readonly reason: string;
  /** The run that a merged one belongs to; null for the others. */
  readonly runNo: number | null;
  /** The incident under which it is held; null for the others. */
  readonly incidentId: number | null;
}

export interface Judgement {
  /** The first trigger is `started`, the others are `merged` into the run. */
  readonly open: {
    readonly triggerIds: readonly string[];
    readonly cause: Cause;
    readonly requestedBy: string;
    readonly clock: RunClock;
    /** Why now, one sentence for a person. */
    readonly reason: string;
  } | null;
  readonly changes: readonly StateChange[];
  /** Labels notices that the open run is to be told of: the furthest `through`. */
  readonly passLabels: { readonly eventId: string; readonly through: Instant } | null;
  /** Labels notices whose new labels have to be counted before they can be judged. */
  readonly countLabels: readonly { readonly triggerId: string; readonly through: Instant }[];
  /** Reports that did not come: each becomes a claim of its own (once a due time). */
  readonly missingReports: readonly { readonly monitor: string; readonly dueAt: Instant; readonly window: Window }[];
  /** Wall time at which to judge again; null when only a message can change anything. */
  readonly wakeAt: Instant | null;
}
