/**
 * A backfill: the runs that a schedule would have started in a range of the past, one after the other, each with the
 * knowledge of its decision instant. What travels through Temporal and what people are shown of it.
 */
import type { PointRule } from '../spec/schedule-points.js';
import type { Instant, OutcomeKind, Promotion, PromotionVerdict } from '../types.js';

/** What somebody asks for. */
export interface BackfillRequest {
  readonly modelId: string;
  /** With the model the idempotency key: the same name goes on where it stopped. */
  readonly name: string;
  /** Decision instants in [from, to). */
  readonly from: Instant;
  readonly to: Instant;
  /** P1M, a duration or a cron line; null: as the spec's schedule fires. */
  readonly every: string | null;
  readonly promotion: Promotion;
  readonly requestedBy: string;
}

export interface BackfillInput extends BackfillRequest {
  /** Continue as new at this length of the history (at least 50) instead of when the server suggests it. */
  readonly maxHistoryEvents?: number;
  /** Of an execution that continues another one. */
  readonly progress?: BackfillProgress;
}

/** A window by its decision instant. */
export interface BackfillWindow {
  readonly modelId: string;
  readonly name: string;
  readonly at: Instant;
}

/** A trigger of a window: what was cancelled or failed is asked for again as the next attempt, when the backfill is. */
export interface BackfillAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly triggerId: string;
  readonly state: string;
  /** Why it is in this state, in words. */
  readonly reason: string;
  readonly isWithdrawn: boolean;
  readonly run: {
    readonly runNo: number;
    readonly workflowId: string;
    readonly stage: string;
    /** The run was opened for this trigger, not for another one that it was merged with. */
    readonly isOwn: boolean;
    /** Null while it is open. */
    readonly end: { readonly outcome: OutcomeKind | 'failed'; readonly verdict: PromotionVerdict | null } | null;
  } | null;
}

/** A window that is over. */
export interface BackfillRow {
  readonly at: Instant;
  readonly runNo: number | null;
  readonly verdict: PromotionVerdict | null;
  /** `not-run`: its trigger was refused or suppressed. */
  readonly outcome: OutcomeKind | 'failed' | 'not-run';
}

export interface BackfillProgress {
  readonly rule: PointRule;
  /** Windows that are over. */
  readonly done: number;
  /** How many of them ended in which way. */
  readonly tally: Readonly<Record<string, number>>;
  /** The newest ones, oldest first. */
  readonly recent: readonly BackfillRow[];
  /** The window at hand, once it was asked for. */
  readonly present: { readonly at: Instant; readonly attempt: number } | null;
}

export interface BackfillStatus extends Omit<BackfillProgress, 'rule' | 'present'> {
  readonly modelId: string;
  readonly name: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly promotion: Promotion;
  /** Null until it is counted. */
  readonly total: number | null;
  readonly present: {
    readonly at: Instant;
    readonly runNo: number | null;
    /** What goes on with it, in words. */
    readonly text: string;
  } | null;
  readonly kind: BackfillResult['kind'] | 'running';
}

export interface BackfillResult {
  /** `stopped`: a run failed; the same name goes on from its window. */
  readonly kind: 'completed' | 'cancelled' | 'stopped';
  readonly total: number;
  readonly done: number;
  readonly tally: Readonly<Record<string, number>>;
}

/** Part of every trigger id of a window, `attempt` from 1. */
export const backfillEventId = ({ name, at }: Pick<BackfillWindow, 'name' | 'at'>, attempt: number): string =>
  `backfill/${name}/${at}${attempt === 1 ? '' : `/${attempt}`}`;

export const backfillWorkflowId = ({ modelId, name }: Pick<BackfillWindow, 'modelId' | 'name'>): string =>
  `backfill/${modelId}/${name}`;
