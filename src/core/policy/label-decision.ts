/**
 * May a person's word count: an answer to a question of the run, about missing labels or about its assessment, or a later
 * deadline? Who may speak and by which way is what the pipeline says of approvals. A refused one is an answer with its
 * reason, because it is recorded too.
 */
import { shortInstant } from '../instant.js';
import type { PipelineSpec } from '../spec/schema.js';
import type { DecisionAnswer, DecisionChannel, Instant, LabelDecision, Question, Stage } from '../types.js';
import { judgePerson, judgeReason, refuse } from './person.js';

/** The wait for labels as it stands. */
export interface LabelWait {
  readonly deadlineAt: Instant;
  /** The deadline has passed, and the run asks what to do. */
  readonly isAsking: boolean;
  /** Whose answer counts already. */
  readonly answeredBy: string | null;
}

/** The question whether to retrain in spite of what was found. */
export interface AssessmentQuestion {
  readonly until: Instant;
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
  /** Null or absent: the run has not asked about its assessment. */
  readonly assessment?: AssessmentQuestion | null;
}

/** A deadline is a promise that somebody looks again. */
const MAX_EXTENSION_DAYS = 400;

type Stand = Pick<LabelDecisionQuestion, 'decision' | 'wait' | 'assessment'>;

/** What the message is about: what it names, else what is asked; null when that is nothing. */
export function questionOf({ decision, wait, assessment }: Stand): Question | null {
  if (decision.question !== undefined) return decision.question;
  if (decision.decision === 'extend') return 'labels';
  if (assessment != null && (assessment.answeredBy === null || wait === null)) return 'assessment';
  return wait?.isAsking === true || wait?.answeredBy != null ? 'labels' : null;
}

const answeredAlready = (by: string): DecisionAnswer =>
  refuse('duplicate', `${by} has answered already; the first answer stands.`);

function judgeAboutLabels({ decision, stage, wait }: LabelDecisionQuestion): DecisionAnswer | null {
  if (wait !== null && wait.answeredBy !== null) return answeredAlready(wait.answeredBy);
  if (decision.decision === 'extend') {
    return wait === null ? refuse('not-awaited', `The run is in stage ${stage} and waits for no labels.`) : null;
  }
  return wait?.isAsking === true ? null : refuse('not-awaited', 'The run asks nothing now.');
}

function judgeAboutAssessment({ decision, now, assessment }: LabelDecisionQuestion): DecisionAnswer | null {
  if (assessment == null) return refuse('not-awaited', 'The run asks nothing about its assessment now.');
  if (assessment.answeredBy !== null) return answeredAlready(assessment.answeredBy);
  if (!(Date.parse(now) < Date.parse(assessment.until))) {
    return refuse(
      'expired',
      `The time to answer ended at ${shortInstant(assessment.until)}. Start a new retrain to have it assessed again.`,
    );
  }
  if (decision.decision === 'proceed' || decision.decision === 'abort') return null;
  return refuse(
    'wrong-question',
    `The run asks whether to retrain in spite of what it found, not about labels: answer proceed or abort, not ${decision.decision}.`,
  );
}

function judgeState(question: LabelDecisionQuestion): DecisionAnswer | null {
  const { decision, wait, assessment } = question;
  const isAssessmentOpen = assessment != null && assessment.answeredBy === null;
  if (decision.question === 'labels' && decision.decision !== 'extend' && isAssessmentOpen) {
    return refuse('wrong-question', 'The run asks about its assessment now, not about missing labels.');
  }
  if (decision.question === 'assessment' && wait?.isAsking === true && assessment == null) {
    return refuse('wrong-question', 'The run asks about missing labels now, not about its assessment.');
  }
  return questionOf(question) === 'assessment' ? judgeAboutAssessment(question) : judgeAboutLabels(question);
}

function judgeDeadline({ decision, now, wait }: LabelDecisionQuestion): DecisionAnswer | null {
  if (decision.decision !== 'extend') return null;
  const untilMs = Date.parse(decision.until ?? '');
  const nowMs = Date.parse(now);
  const present = wait?.deadlineAt ?? now;
  if (!(untilMs > Date.parse(present))) {
    return refuse('deadline-refused', `The deadline is ${shortInstant(present)} already; name a later one.`);
  }
  if (!(untilMs > nowMs))
    return refuse('deadline-refused', `It is ${shortInstant(now)} already; name a later deadline.`);
  const latestMs = nowMs + MAX_EXTENSION_DAYS * 86_400_000;
  if (untilMs <= latestMs) return null;
  const latest = new Date(latestMs).toISOString();
  return refuse(
    'deadline-refused',
    `${shortInstant(decision.until ?? '')} is more than ${MAX_EXTENSION_DAYS} days from now; name ${shortInstant(latest)} or earlier, and extend again later.`,
  );
}

function whatFollows(question: LabelDecisionQuestion): string {
  const { decision } = question;
  if (decision.decision === 'extend') return `The deadline is now ${shortInstant(decision.until ?? '')}.`;
  if (decision.decision === 'abort') return 'The run stops.';
  if (questionOf(question) === 'assessment') return 'The run retrains all the same.';
  return decision.decision === 'proceed'
    ? 'The run goes on with the labels there are.'
    : 'The run looks for a shorter window that has enough labels; without one it ends as labels-missing.';
}

/** Checks in this order: state, person and channel, reason, deadline. An instant that is no instant is refused. Never throws. */
export function judgeLabelDecision(question: LabelDecisionQuestion): DecisionAnswer {
  const { decision, policy, channel } = question;
  const refusal =
    judgeState(question) ??
    judgePerson(decision, { policy, channel }) ??
    judgeReason(decision) ??
    judgeDeadline(question);
  return refusal ?? { accepted: true, code: 'accepted', reason: whatFollows(question) };
}
