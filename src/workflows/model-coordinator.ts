/**
 * The single writer of a model: takes every reason to retrain, keeps one run open at a time, executes rollbacks, lives
 * for ever. Its memory is an inbox and a timer; truth is in Postgres, so that a coordinator that was terminated and is
 * recreated by the next signal knows its open run, what waits and until when.
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
import type { CoordinatorInput } from '../core/messages.js';
import type { Instant } from '../core/types.js';
import { Alarm } from './alarm.js';
import { checkAhead, checkCoordinatorInput, checkPause, checkRetrainRequest, checkRollback } from './check-messages.js';
import { CoordinatorDesk } from './coordinator-desk.js';
import { Inbox } from './inbox.js';
import * as messages from './messages.js';

/** Below this a new execution could be due again before it has done anything. */
const LEAST_HISTORY_EVENTS = 50;
const HANDED_OVER_AT_ONCE = 2_000;
/** After a judgement that failed for a reason that no retry of its activity helped. */
const RETRY_MS = 60_000;
/** How often an open run is looked at whose end this execution would not hear of. */
const LOOK_AGAIN_MS = 600_000;

export async function modelCoordinatorWorkflow(input: CoordinatorInput): Promise<void> {
  const fault = checkCoordinatorInput(input, workflowInfo().workflowId);
  if (fault !== null) throw ApplicationFailure.nonRetryable(fault, 'SIGNAL_INVALID');
  const coordinator = new Coordinator(input);
  await coordinator.begin();
  for (;;) await coordinator.step();
}

const isModelUnknown = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === 'MODEL_UNKNOWN';

class Coordinator {
  readonly #inbox = new Inbox();
  readonly #alarm = new Alarm();
  /** The run's end was told and could not be looked into. */
  #isEndUnseen = false;
  #lookAt: Instant | null = null;
  readonly #desk: CoordinatorDesk;

  constructor(private readonly input: CoordinatorInput) {
    const inbox = this.#inbox;
    const onRunEnded = (): void => inbox.noteRunEnded();
    this.#desk = new CoordinatorDesk(input.modelId, { startedRunNo: input.startedRunNo ?? null, onRunEnded });
    if (input.carried !== undefined) inbox.takeOver(input.carried);
    listen(this.#desk, inbox);
  }

  /**
   * What was open or waited before this execution began (a termination, a restore) is taken up first. A model that the
   * registry does not know fails the workflow here, and whoever awaits an answer, with the reason.
   */
  async begin(): Promise<void> {
    try {
      await this.#judge({ why: 'begins', isRunDoubted: true });
    } catch (error) {
      if (!isModelUnknown(error)) {
        this.#desk.showFault(error);
        this.#inbox.notePending({ isUrgent: true });
        return;
      }
      this.#inbox.refuseAll(error);
      await condition(allHandlersFinished);
      throw error;
    }
  }

  /** Waits for something to do, and does one thing. */
  async step(): Promise<void> {
    const inbox = this.#inbox;
    await condition(() => inbox.size > 0 || this.#isToJudge() || this.#isDue());
    if (inbox.hasAsked) {
      await inbox.nextAsked()?.();
      this.#setAlarm();
    } else if (this.#isDue()) await this.#continue();
    else if (this.#isToJudge()) await this.#judgeAgain();
    else if (inbox.hasDirect) {
      // All that is there before anything is judged: what came together becomes one run.
      await this.#desk.handOver(inbox.takeDirect(HANDED_OVER_AT_ONCE));
      inbox.notePending({ isUrgent: false });
    }
  }

  /** While a debounce runs only what is urgent, an end of a run, or the end of the debounce change anything. */
  #isToJudge(): boolean {
    const { pending, hasRunEnded } = this.#inbox;
    if (hasRunEnded || this.#alarm.isRinging) return true;
    if (pending === null) return false;
    return pending.isUrgent || this.#desk.judged?.isSettling !== true;
  }

  async #judgeAgain(): Promise<void> {
    const { hasRunEnded } = this.#inbox;
    const why = hasRunEnded ? 'a run ended' : this.#alarm.isRinging ? 'the time has come' : 'news in the ledger';
    this.#inbox.forgetNotices();
    try {
      await this.#judge({ why, isRunDoubted: hasRunEnded || this.#isEndUnseen });
      this.#isEndUnseen = false;
    } catch (error) {
      this.#isEndUnseen ||= hasRunEnded;
      // Nobody awaits this: a fault (an outage beyond every retry) is shown, and whoever delivers the ledger asks again.
      this.#desk.showFault(error);
      this.#alarm.set(new Date(Date.now() + RETRY_MS).toISOString());
    }
  }

  async #judge(options: { why: string; isRunDoubted: boolean }): Promise<void> {
    await this.#desk.judge(options);
    this.#setAlarm();
  }

  #setAlarm(): void {
    const { judged, isRunUnwatched } = this.#desk;
    const wakeAt = judged?.wakeAt ?? null;
    if (!isRunUnwatched) this.#lookAt = null;
    else if (this.#lookAt === null || Date.parse(this.#lookAt) <= Date.now()) {
      this.#lookAt = new Date(Date.now() + LOOK_AGAIN_MS).toISOString();
    }
    const lookAt = this.#lookAt;
    this.#alarm.set(wakeAt === null || (lookAt !== null && lookAt < wakeAt) ? lookAt : wakeAt);
  }

  /** A run may be in flight and messages may still come: those that are unread travel with the input. */
  #isDue(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    const { maxHistoryEvents } = this.input;
    const isLong =
      continueAsNewSuggested ||
      (maxHistoryEvents !== undefined && historyLength >= Math.max(LEAST_HISTORY_EVENTS, maxHistoryEvents));
    return isLong && !this.#isToJudge() && allHandlersFinished() && this.#inbox.isCarriable;
  }

  async #continue(): Promise<never> {
    const { modelId, maxHistoryEvents } = this.input;
    return continueAsNew<typeof modelCoordinatorWorkflow>({
      modelId,
      stateVersion: 1,
      startedRunNo: this.#desk.startedRunNo,
      ...(maxHistoryEvents === undefined ? {} : { maxHistoryEvents }),
      carried: this.#inbox.carried(),
    });
  }
}

function listen(desk: CoordinatorDesk, inbox: Inbox): void {
  setHandler(messages.claimsPendingSignal, (notice) => inbox.notePending(notice));
  setHandler(messages.driftSignal, (claim) => inbox.add('claim', claim));
  setHandler(messages.labelsArrivedSignal, (event) => inbox.add('labels', event));
  setHandler(messages.versionChangedSignal, (event) => inbox.add('version', event));
  setHandler(messages.runFinishedSignal, () => inbox.noteRunEnded());
  setHandler(messages.requestRetrainUpdate, (request) => inbox.ask(() => desk.takeRequest(request)), {
    validator: (request) => refuse(checkRetrainRequest(request) ?? checkAhead(request, 'clock', Date.now())),
  });
  setHandler(messages.rollbackUpdate, (request) => inbox.ask(() => desk.rollBack(request)), {
    validator: (request) => refuse(checkRollback(request)),
  });
  setHandler(messages.pauseUpdate, (order) => inbox.ask(() => desk.setPause(order, true)), {
    validator: (order) => refuse(checkPause(order)),
  });
  setHandler(messages.resumeUpdate, (order) => inbox.ask(() => desk.setPause(order, false)), {
    validator: (order) => refuse(checkPause(order)),
  });
  setHandler(messages.coordinatorStatusQuery, () => desk.status(inbox.size));
}

/** A validator's refusal leaves no trace, so it is for malformed input only. */
function refuse(fault: string | null): void {
  if (fault !== null) throw new Error(fault);
}
