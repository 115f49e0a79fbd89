/** What the registry answers when a model's triggers were judged. */
import type { LabelsArrived } from '../core/messages.js';
import type { Judgement, TriggerFacts } from '../core/policy/triggers/facts.js';
import type { LedgerState } from '../core/signals/arrival.js';
import type { Cause, Digest, Instant, OutcomeKind, RunClock } from '../core/types.js';

export interface OpenRun {
  readonly runNo: number;
  readonly workflowId: string;
  readonly specDigest: Digest;
  readonly cause: Cause;
  readonly requestedBy: string;
  readonly clock: RunClock;
}

export type TriggerState = LedgerState;

/** What became of one trigger. */
export interface TriggerAnswer {
  readonly state: LedgerState;
  readonly reason: string;
  readonly runNo: number | null;
}

/** What the coordinator needs to know after its triggers were judged; small, since it crosses Temporal. */
export interface ModelJudgement {
  readonly modelId: string;
  /** Its workflow may not have been started yet: whoever was to do it may have died. */
  readonly openRun: OpenRun | null;
  /** Wall time at which to judge again; null when only a message can change anything. */
  readonly wakeAt: Instant | null;
  /** A debounce runs until `wakeAt`: before it, what is not urgent changes nothing. */
  readonly isSettling: boolean;
  readonly championVersion: number | null;
  readonly pause: TriggerFacts['pause'];
  readonly lastRun: {
    readonly runNo: number;
    readonly outcome: OutcomeKind | 'failed';
    readonly endedAt: Instant;
  } | null;
  /** What the open run is to be told of labels: the furthest notice since it opened. */
  readonly labels: LabelsArrived | null;
  /** Notices whose new labels are to be counted before they can be judged. */
  readonly countLabels: Judgement['countLabels'];
  /** Labels of rows from this instant on are new. */
  readonly countSince: Instant;
  readonly waiting: { readonly pending: number; readonly held: number; readonly escalated: number };
  /** Why they wait, the most frequent first. */
  readonly reasons: readonly { readonly state: LedgerState; readonly reason: string; readonly triggers: number }[];
  /** Of the trigger that was asked about; null when none was, or it is unknown. */
  readonly answer: TriggerAnswer | null;
}
