/**
 * The single writer of a model: takes every reason to retrain, keeps one run open at a time, executes rollbacks, lives
 * for ever. Its memory is an inbox; truth is loaded from Postgres, so that a coordinator that was terminated and is
 * recreated by the next signal knows its open run.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  CoordinatorInput,
  DirectClaim,
  RetrainAnswer,
  RetrainRequest,
  RollbackAnswer,
  RollbackRequest,
} from '../core/messages.js';
import { checkCoordinatorInput, checkLabels, checkRetrainRequest, checkRollback } from './check-messages.js';
import { CoordinatorDesk } from './coordinator-desk.js';
import { Inbox, type Next } from './inbox.js';
import * as messages from './messages.js';

/** Below this a new execution could be due again before it has done anything. */
const LEAST_HISTORY_EVENTS = 50;

export async function modelCoordinatorWorkflow(input: CoordinatorInput): Promise<void> {
  const fault = checkCoordinatorInput(input, workflowInfo().workflowId);
  if (fault !== null) throw ApplicationFailure.nonRetryable(fault, 'SIGNAL_INVALID');
  const desk = new CoordinatorDesk(input.modelId);
  const inbox = new Inbox();
  listen(desk, inbox);

  // What was open or held before this execution began (a termination, a restore) is taken up first. A model that the
  // registry does not know fails the workflow here, and whoever awaits an answer, with the reason.
  try {
    await desk.takeUpHeld();
  } catch (error) {
    if (!isModelUnknown(error)) desk.showFault(error);
    else {
      inbox.refuseAll(error);
      await condition(allHandlersFinished);
      throw error;
    }
  }
  const isDue = (): boolean =>
    (workflowInfo().continueAsNewSuggested || isLongerThan(input.maxHistoryEvents)) && allHandlersFinished();
  for (;;) {
    await condition(() => inbox.size > 0 || isDue());
    const next = inbox.next();
    if (next !== undefined) await work(desk, next);
    else if (isDue()) await continueAsNew<typeof modelCoordinatorWorkflow>(input);
  }
}

const isModelUnknown = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === 'MODEL_UNKNOWN';

const isLongerThan = (events: number | undefined): boolean =>
  events !== undefined && workflowInfo().historyLength >= Math.max(LEAST_HISTORY_EVENTS, events);

function listen(desk: CoordinatorDesk, inbox: Inbox): void {
  setHandler(messages.driftSignal, (claim: DirectClaim) => inbox.add({ kind: 'claim', claim }));
  setHandler(messages.labelsArrivedSignal, (event) => {
    if (checkLabels(event) === null) inbox.add({ kind: 'labels', event });
  });
  setHandler(messages.runFinishedSignal, () => inbox.add({ kind: 'run-finished' }));
  setHandler(
    messages.requestRetrainUpdate,
    (request: RetrainRequest): Promise<RetrainAnswer> => inbox.ask(() => desk.takeRequest(request)),
    { validator: (request) => refuse(checkRetrainRequest(request)) },
  );
  setHandler(
    messages.rollbackUpdate,
    (request: RollbackRequest): Promise<RollbackAnswer> => inbox.ask(() => desk.rollBack(request)),
    { validator: (request) => refuse(checkRollback(request)) },
  );
  setHandler(messages.coordinatorStatusQuery, () => ({ ...desk.status(), waiting: inbox.size }));
}

/** Nobody awaits a signal's work, so a fault of it (an outage beyond every retry) is shown and the loop goes on. */
async function work(desk: CoordinatorDesk, next: Next): Promise<void> {
  if (next.kind === 'asked') return next.work();
  try {
    if (next.kind === 'claims') await desk.takeClaims(next.claims);
    if (next.kind === 'labels') await desk.passLabels(next.event);
    if (next.kind === 'run-finished') await desk.takeUpHeld();
  } catch (error) {
    desk.showFault(error);
  }
}

/** A validator's refusal leaves no trace, so it is for malformed input only. */
function refuse(fault: string | null): void {
  if (fault !== null) throw new Error(fault);
}
