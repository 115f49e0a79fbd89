/** What people say to a run: judged by the pipeline's policy and recorded, refused words too. */
import { judgeDecision } from '../core/policy/approval.js';
import {
  type AssessmentQuestion,
  judgeLabelDecision,
  type LabelWait,
  questionOf,
} from '../core/policy/label-decision.js';
import type {
  Decision,
  DecisionAnswer,
  DecisionChannel,
  Digest,
  Instant,
  LabelDecision,
  Stage,
} from '../core/types.js';
import type { ActivityDeps, RunKey } from './deps.js';

interface Asked {
  readonly key: RunKey;
  readonly channel: DecisionChannel;
  readonly specDigest: Digest;
  /** Instant of arrival, by the run's clock. */
  readonly now: Instant;
}

export interface DecisionRequest extends Asked {
  readonly decision: Decision;
  readonly requestedBy: string;
  /** What may be decided on now; null when nothing is awaited. */
  readonly awaiting: { readonly evidenceDigest: Digest; readonly expiresAt: Instant } | null;
  /** Digests of evidence of this run that no longer stands. */
  readonly earlierEvidence: readonly Digest[];
  readonly alreadyDecided: Pick<Decision, 'decision' | 'by'> | null;
}

export interface LabelDecisionRequest extends Asked {
  readonly decision: LabelDecision;
  readonly stage: Stage;
  /** Null: the run waits for no labels. */
  readonly wait: LabelWait | null;
  /** Absent in requests of earlier builds. */
  readonly assessment?: AssessmentQuestion | null;
}

const NOT_AWAITED: DecisionAnswer = {
  accepted: false,
  code: 'not-awaited',
  reason: 'The run does not wait for a decision now; `perennial show` tells its stage.',
};

export function createDecisionActivities({ registry }: Pick<ActivityDeps, 'registry'>) {
  return {
    recordDecision: async (request: DecisionRequest): Promise<DecisionAnswer> => {
      const spec = await registry.specByDigest(request.specDigest);
      const { awaiting } = request;
      const answer =
        awaiting === null ? NOT_AWAITED : judgeDecision({ ...request, ...awaiting, policy: spec.approval });
      return registry.recordDecision(request.key, { ...request.decision, channel: request.channel, answer });
    },

    recordLabelDecision: async (request: LabelDecisionRequest): Promise<DecisionAnswer> => {
      const spec = await registry.specByDigest(request.specDigest);
      const answer = judgeLabelDecision({ ...request, policy: spec.approval });
      const question = questionOf(request);
      const meant = question === null ? request.decision : { ...request.decision, question };
      return registry.recordLabelDecision(request.key, { ...meant, channel: request.channel, answer });
    },
  };
}
