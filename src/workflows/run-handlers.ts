/**
 * The messages that a run takes: each is checked here and pushed into the run's state, where the stages find it. What is
 * malformed is refused by an Update's validator, and leaves a note for people when it came by Signal.
 */
import { setHandler, uuid4 } from '@temporalio/workflow';
import type { QuestionAnswer, RunStatus } from '../core/messages.js';
import type { Decision, LabelDecision } from '../core/types.js';
import {
  checkChampionMoved,
  checkDecision,
  checkExtension,
  checkLabelDecision,
  checkLabels,
  checkQuestionAnswer,
} from './check-messages.js';
import type { DecisionDesk } from './decision-desk.js';
import * as messages from './messages.js';
import type { QuestionDesk } from './question-desk.js';
import type { RunTime } from './run-time.js';

/** Of a run's state what messages change. */
interface Addressee {
  readonly time: RunTime;
  readonly desk: DecisionDesk;
  readonly questions: QuestionDesk;
  news: number;
  movedEpoch: number | null;
  note(text: string): void;
  status(): RunStatus;
}

export function handleMessages(run: Addressee): void {
  setHandler(messages.labelsArrivedSignal, (event) => {
    if (checkLabels(event) !== null) return;
    run.time.advance(event.through);
    run.news += 1;
  });
  setHandler(messages.championMovedSignal, (event) => {
    if (checkChampionMoved(event) !== null) return;
    run.movedEpoch = Math.max(run.movedEpoch ?? 0, event.epoch);
  });
  handleDecisions(run);
  handleAnswers(run);
  setHandler(messages.runStatusQuery, () => run.status());
}

function handleDecisions(run: Addressee): void {
  const { desk } = run;
  setHandler(
    messages.approvePromotionUpdate,
    (decision) => desk.submit({ ...decision, decision: 'approve' }, 'update'),
    { validator: (decision) => refuse(checkDecision({ ...decision, decision: 'approve' })) },
  );
  setHandler(messages.rejectPromotionUpdate, (decision) => desk.submit({ ...decision, decision: 'reject' }, 'update'), {
    validator: (decision) => refuse(checkDecision({ ...decision, decision: 'reject' })),
  });
  setHandler(messages.approvalSignal, async (sent: Decision) => {
    // A signal has no answer to give: what is malformed leaves a note for people, the rest leaves a row. One that a
    // person types has no event id: it is a decision of its own.
    const decision: Decision = { ...sent, eventId: sent?.eventId ?? uuid4() };
    const fault = checkDecision(decision);
    if (fault !== null) run.note(`Ignored a signal: ${fault}`);
    else await desk.submit(decision, 'signal').catch(() => undefined);
  });
}

const asDecision = ({ answer, ...said }: QuestionAnswer): LabelDecision => ({ ...said, decision: answer, until: null });

function handleAnswers(run: Addressee): void {
  const desk = run.questions;
  setHandler(messages.answerQuestionUpdate, (answer) => desk.submit(asDecision(answer), 'update'), {
    validator: (answer) => refuse(checkQuestionAnswer(answer)),
  });
  setHandler(
    messages.extendDeadlineUpdate,
    (extension) => desk.submit({ ...extension, decision: 'extend' }, 'update'),
    { validator: (extension) => refuse(checkExtension(extension)) },
  );
  // As with approvalSignal: what is malformed leaves a note for people, the rest a row.
  setHandler(messages.answerQuestionSignal, async (sent) => {
    const answer: QuestionAnswer = { ...sent, eventId: sent?.eventId ?? uuid4() };
    const fault = checkQuestionAnswer(answer);
    if (fault !== null) run.note(`Ignored a signal: ${fault}`);
    else await desk.submit(asDecision(answer), 'signal').catch(() => undefined);
  });
  setHandler(messages.labelDecisionSignal, async (sent) => {
    const decision: LabelDecision = { ...sent, until: sent?.until ?? null, eventId: sent?.eventId ?? uuid4() };
    const fault = checkLabelDecision(decision);
    if (fault !== null) run.note(`Ignored a signal: ${fault}`);
    else await desk.submit(decision, 'signal').catch(() => undefined);
  });
}

/** A validator's refusal leaves no trace, so it is for malformed input only. */
function refuse(fault: string | null): void {
  if (fault !== null) throw new Error(fault);
}
