/** What the coordinator does with the ledger of triggers: hand messages over, judge what waits, pause and resume. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import type { PauseAnswer, PauseRequest } from '../core/messages.js';
import type { Arrival } from '../core/signals/arrival.js';
import type { Cause, RunClock } from '../core/types.js';
import type { ActivityDeps, ModelJudgement } from './deps.js';

/** A message that came through Temporal: the digest is made here, since workflow code has no hash. */
export interface HandedOver {
  readonly modelId: string;
  readonly source: string;
  readonly eventId: string;
  readonly cause: Cause;
  readonly requestedBy: string;
  readonly clock: RunClock;
  readonly isUrgent: boolean;
  readonly body: unknown;
  readonly refusal?: string;
}

export interface HandOverAnswer {
  /** Messages that the ledger could not take, with the reason; the others are committed. */
  readonly faults: readonly string[];
  /** Of the newest one; null when none was taken. */
  readonly triggerId: string | null;
}

export interface JudgeRequest {
  readonly modelId: string;
  /** A trigger whose present state is wanted. */
  readonly askAbout?: string | null;
}

const FAULTS_SHOWN = 5;

export function createTriggerActivities({ registry }: ActivityDeps) {
  return {
    handOver: async (messages: readonly HandedOver[]): Promise<HandOverAnswer> => {
      const receivedAt = new Date().toISOString();
      const arrivals = messages.map((message): Arrival => {
        const bodyDigest = createHash('sha256')
          .update(canonicalJson([message.body ?? null, message.clock]))
          .digest('hex');
        return { ...message, channel: 'direct', receivedAt, claim: null, bodyDigest };
      });
      const answers = await registry.acceptArrivals(arrivals);
      const faults = answers.flatMap((answer) => ('refused' in answer ? [answer.refused] : []));
      const unknown = faults.find(({ code }) => code === 'MODEL_UNKNOWN');
      if (unknown !== undefined) throw unknown;
      const newest = answers.findLast((answer) => 'triggerId' in answer);
      return {
        faults: faults.slice(0, FAULTS_SHOWN).map(({ message }) => message.slice(0, 500)),
        triggerId: newest !== undefined && 'triggerId' in newest ? newest.triggerId : null,
      };
    },

    judgeTriggers: ({ modelId, askAbout = null }: JudgeRequest): Promise<ModelJudgement> =>
      registry.judgeTriggers(modelId, { askAbout }),

    setPause: (request: PauseRequest & { modelId: string }): Promise<PauseAnswer> => {
      const { modelId, ...pause } = request;
      return registry.setPause(modelId, pause);
    },
  };
}
