/**
 * May a person's word on missing labels count: an answer to the run's question, or a later deadline? Who may speak and by
 * which way is what the pipeline says of approvals. A refused one is an answer with its reason, because it is recorded too.
 */
import type { PipelineSpec } from '../spec/schema.js';
import type { DecisionAnswer, DecisionChannel, Instant, LabelDecision, Stage } from '../types.js';
import { judgePerson, judgeReason, refuse } from './person.js';

/** The wait for labels as it stands. */
export interface LabelWait {
  readonly deadlineAt: Instant;
  /** The deadline has passed, and the run asks what to do. */
  readonly isAsking: boolean;
  /** Whose answer counts already. */
  readonly answeredBy: string | null;
}

export interface LabelDecisionQuestion {
  readonly decision: LabelDecision;
  readonly policy: PipelineSpec['approval'];
  readonly channel: DecisionChannel;
  readonly now: Instant;
  readonly stage: Stage;
  /** Null: the run waits for no labels. */
  readonly wait: LabelWait | null;
}

/** A deadline is a promise that somebody looks again. */
const MAX_EXTENSION_DAYS = 400;

function judgeState({ decision, stage, wait }: LabelDecisionQuestion): DecisionAnswer | null {
  if (wait !== null && wait.answeredBy !== null) {
    return refuse('duplicate', `${wait.answeredBy} has answered already; the first answer stands.`);
  }
  if (decision.decision === 'extend') {
    return wait === null ? refuse('not-awaited', `The run is in stage ${stage} and waits for no labels.`) : null;
  }
  return wait?.isAsking === true ? null : refuse('not-awaited', 'The run asks nothing now.');
}

function judgeDeadline({ decision, now, wait }: LabelDecisionQuestion): DecisionAnswer | null {
  if (decision.decision !== 'extend') return null;
  const untilMs = Date.parse(decision.until ?? '');
  const nowMs = Date.parse(now);
  const present = wait?.deadlineAt ?? now;
  if (!(untilMs > Date.parse(present))) {
    return refuse('deadline-refused', `The deadline is ${present} already; name a later one.`);
  }
  if (!(untilMs > nowMs)) return refuse('deadline-refused', `It is ${now} already; name a later deadline.`);
  const latestMs = nowMs + MAX_EXTENSION_DAYS * 86_400_000;
  if (untilMs <= latestMs) return null;
  const latest = new Date(latestMs).toISOString();
  return refuse(
    'deadline-refused',
    `${decision.until} is more than ${MAX_EXTENSION_DAYS} days from now; name ${latest} or earlier, and extend again later.`,
  );
}

/** Checks in this order: state, person and channel, reason, deadline. An instant that is no instant is refused. Never throws. */
export function judgeLabelDecision(question: LabelDecisionQuestion): DecisionAnswer {
  const { decision, policy, channel } = question;
  const refusal =
    judgeState(question) ??
    judgePerson(decision, { policy, channel }) ??
    judgeReason(decision) ??
    judgeDeadline(question);
  if (refusal !== null) return refusal;
  const reason =
    decision.decision === 'extend'
      ? `The deadline is now ${decision.until}.`
      : `The run goes on with: ${decision.decision}.`;
  return { accepted: true, code: 'accepted', reason };
}
