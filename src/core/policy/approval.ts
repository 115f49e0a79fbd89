/**
 * May this decision on a candidate count? One rule for every channel a decision can come by. A refused one is an answer
 * with its reason, not an error, because refused decisions are recorded too.
 */
import { shortInstant } from '../instant.js';
import type { PipelineSpec } from '../spec/schema.js';
import type { Decision, DecisionAnswer, DecisionChannel, Digest, Instant } from '../types.js';
import { judgePerson, judgeReason, refuse } from './person.js';

export interface DecisionQuestion {
  readonly decision: Decision;
  readonly policy: PipelineSpec['approval'];
  /** Of the evaluation that awaits a decision now. */
  readonly evidenceDigest: Digest;
  /** Digests of this run's earlier evaluations, voided since. */
  readonly earlierEvidence: readonly Digest[];
  readonly requestedBy: string;
  readonly now: Instant;
  readonly expiresAt: Instant;
  /** The decision that counted already, if any. */
  readonly alreadyDecided: Pick<Decision, 'decision' | 'by'> | null;
  readonly channel: DecisionChannel;
}

const EVIDENCE = /^[0-9a-f]{12,64}$/;
const SHOWN_DIGITS = 16;

function judgeState({ alreadyDecided, now, expiresAt }: DecisionQuestion): DecisionAnswer | null {
  if (alreadyDecided !== null) {
    const done = alreadyDecided.decision === 'approve' ? 'approved' : 'rejected';
    return refuse(
      'duplicate',
      `This candidate was already ${done} by ${alreadyDecided.by}; the first decision stands.`,
    );
  }
  if (!(Date.parse(now) < Date.parse(expiresAt))) {
    return refuse(
      'expired',
      `The time to decide ended at ${shortInstant(expiresAt)}. Start a new retrain to have it evaluated again.`,
    );
  }
  return null;
}

function judgeRequester({ decision, policy, requestedBy }: DecisionQuestion): DecisionAnswer | null {
  const by = decision.by.trim();
  if (decision.decision !== 'approve' || !policy.separateRequester || by !== requestedBy.trim()) return null;
  return refuse('not-allowed', `${by} asked for this run and may not approve it: another person has to.`);
}

function judgeEvidence({ decision, evidenceDigest, earlierEvidence }: DecisionQuestion): DecisionAnswer | null {
  const named = decision.evidence.trim().toLowerCase();
  const present = `the present evidence is ${evidenceDigest.slice(0, SHOWN_DIGITS)}`;
  if (!EVIDENCE.test(named)) {
    return refuse('wrong-candidate', `Name at least 12 hex digits of the evidence digest; ${present}.`);
  }
  if (evidenceDigest.startsWith(named)) return null;
  if (earlierEvidence.some((digest) => digest.startsWith(named))) {
    return refuse(
      'stale-evidence',
      `The candidate was evaluated again since ${named.slice(0, SHOWN_DIGITS)}: ${present}. Look at it first.`,
    );
  }
  return refuse('wrong-candidate', `No evidence of this run starts with ${named.slice(0, SHOWN_DIGITS)}; ${present}.`);
}

/**
 * Checks in this order: state (already decided, expired), person and channel, reason, evidence. `by` and `evidence` are
 * compared without surrounding white space. An instant that is no instant counts as expired. Never throws.
 */
export function judgeDecision(question: DecisionQuestion): DecisionAnswer {
  const { policy, channel } = question;
  const refusal =
    judgeState(question) ??
    judgePerson(question.decision, { policy, channel }) ??
    judgeRequester(question) ??
    judgeReason(question.decision) ??
    judgeEvidence(question);
  if (refusal !== null) return refusal;
  const { by, decision } = question.decision;
  return {
    accepted: true,
    code: 'accepted',
    reason: `${by.trim()} ${decision === 'approve' ? 'approved' : 'rejected'} on evidence ${question.evidenceDigest.slice(0, SHOWN_DIGITS)}.`,
  };
}
