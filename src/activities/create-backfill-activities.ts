/** What a backfill asks: which windows there are, and what the ledger and Temporal say of one of them. */
import { type BackfillPage, planBackfill } from '../core/backfill/plan.js';
import type { BackfillAttempt, BackfillRequest, BackfillWindow } from '../core/backfill/types.js';
import type { PointRule } from '../core/spec/schedule-points.js';
import type { Instant } from '../core/types.js';
import type { ActivityDeps } from './deps.js';

export interface PlannedBackfill extends BackfillPage {
  readonly hasSearchAttributes: boolean;
}

/** What an open run waits for; null while it works, or cannot say. */
interface BackfillWait {
  readonly awaits: string;
  readonly isForLabels: boolean;
  /** It asks a person what to do without them. */
  readonly isAsking: boolean;
  readonly now: Instant;
  readonly until: Instant;
}

export interface SeenWindow {
  readonly attempt: BackfillAttempt | null;
  readonly wait: BackfillWait | null;
}

export function createBackfillActivities({ registry, temporal, hasSearchAttributes }: ActivityDeps) {
  return {
    planBackfill: async (
      request: Pick<BackfillRequest, 'modelId' | 'name' | 'from' | 'to' | 'every'> & {
        readonly rule: PointRule | null;
        readonly done: number;
      },
    ): Promise<PlannedBackfill> => {
      const { specDigest } = await registry.loadModelState(request.modelId);
      const spec = await registry.specByDigest(specDigest);
      return { ...planBackfill(spec, request, new Date().toISOString()), hasSearchAttributes };
    },

    /** `attempt` null: the newest one. */
    lookAtBackfill: async (window: BackfillWindow & { readonly attempt: number | null }): Promise<SeenWindow> => {
      const attempt = await registry.backfillAttempt(window, window.attempt);
      const run = attempt?.run ?? null;
      if (run === null || run.end !== null) return { attempt, wait: null };
      const status = await temporal.runStatus(run.workflowId);
      if (status === null || status.awaits === null || status.awaitsUntil === null) return { attempt, wait: null };
      const { awaits, awaitsUntil: until, isAsking, now, stage } = status;
      return { attempt, wait: { awaits, isForLabels: stage === 'labels', isAsking, now, until } };
    },

    withdrawBackfill: async ({ attempt, ...window }: BackfillWindow & { readonly attempt: number }): Promise<void> =>
      registry.withdrawBackfillAttempt(window, attempt),
  };
}
