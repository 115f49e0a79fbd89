/**
 * What the coordinator does with what reaches it: into the ledger, judge, start the run that the judgement opened. All of it
 * may be done again by whoever comes after a crash: the ledger tells what is there, and the run's workflow starts once.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setCurrentDetails,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { HandedOver } from '../activities/create-trigger-activities.js';
import type { ModelJudgement, OpenRun } from '../activities/deps.js';
import type {
  CoordinatorStatus,
  LabelsArrived,
  PauseAnswer,
  PauseOrder,
  RetrainAnswer,
  RetrainInput,
  RetrainRequest,
  RollbackAnswer,
  RollbackRequest,
} from '../core/messages.js';
import { coordinatorDetails } from '../core/report/coordinator-details.js';
import { staticDetails, staticSummary } from '../core/report/run-details.js';
import { dataActivities, runActivities } from './activity-proxies.js';
import { batchesOf } from './claim-batch.js';
import { clip } from './clip.js';
import type { DirectMessage } from './inbox.js';
import { championMovedSignal, labelsArrivedSignal } from './messages.js';
import { retrainWorkflow } from './retrain.js';

/** What an execution tells the next one. */
interface Known {
  readonly startedRunNo: number | null;
  /** When the run's workflow ends while this execution lasts, whichever way. */
  readonly onRunEnded: () => void;
}

const CHECKED_AT_ONCE = 200;
const SLOW_CAUSES = ['drift', 'performance', 'labels'];

export class CoordinatorDesk {
  #judged: ModelJudgement | null = null;
  #startedRunNo: number | null;
  /** Its end is heard of even when it reports nothing: this execution started it. */
  #watchedRunNo: number | null = null;
  #toldThrough: string | null = null;
  #unnamed = 0;
  #fault: string | null = null;

  constructor(
    private readonly modelId: string,
    private readonly known: Known,
  ) {
    this.#startedRunNo = known.startedRunNo;
  }

  get startedRunNo(): number | null {
    return this.#startedRunNo;
  }

  get judged(): ModelJudgement | null {
    return this.#judged;
  }

  /** A run that an earlier execution started may be terminated without a word to this one. */
  get isRunUnwatched(): boolean {
    const openRun = this.#judged?.openRun ?? null;
    return openRun !== null && openRun.runNo !== this.#watchedRunNo;
  }

  status(unread: number): CoordinatorStatus {
    const judged = this.#judged;
    return {
      modelId: this.modelId,
      openRunNo: judged?.openRun?.runNo ?? null,
      championVersion: judged?.championVersion ?? null,
      unread,
      waiting: judged?.waiting ?? { pending: 0, held: 0, escalated: 0 },
      pause: judged?.pause ?? null,
      wakeAt: judged?.wakeAt ?? null,
      lastRun: judged?.lastRun ?? null,
    };
  }

  showFault(error: unknown): void {
    const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
    this.#fault = cause instanceof Error ? cause.message : String(cause);
    this.#show();
  }

  /** Messages that came straight through Temporal. A fault is shown, and takes nothing with it but its own message. */
  async handOver(messages: readonly DirectMessage[]): Promise<void> {
    const unnamed = (): string => {
      this.#unnamed += 1;
      return `unnamed/${workflowInfo().runId}/${this.#unnamed}`;
    };
    // Checked a few at a time: a workflow task that is busy for seconds is taken for a deadlock.
    for (let from = 0; from < messages.length; from += CHECKED_AT_ONCE) {
      const some = messages.slice(from, from + CHECKED_AT_ONCE);
      for (const batch of batchesOf(this.modelId, some, { unnamed, nowMs: Date.now() })) await this.#handOver(batch);
    }
  }

  async #handOver(batch: readonly HandedOver[]): Promise<void> {
    for (;;) {
      try {
        const summary = `${batch.length} message(s)`;
        const { faults } = await runActivities().handOver.executeWithOptions({ summary }, [batch]);
        for (const fault of faults) this.showFault(new Error(`A message was not taken: ${fault}`));
        return;
      } catch (error) {
        this.showFault(error);
        // An outage beyond every retry: nobody else holds these messages, so they are handed over again.
        if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) break;
        if (!(error instanceof ActivityFailure)) throw error;
      }
    }
    // Something that no check foresaw cannot be stored: each for itself, so that only that one is lost.
    if (batch.length > 1) for (const one of batch) await this.#handOver([one]);
  }

  /**
   * Judges what waits, starts the run that is open and not running yet, counts labels where the policy asks for it.
   * @param options.isRunDoubted look whether the open run's workflow still lives
   */
  async judge(options: { askAbout?: string; isRunDoubted?: boolean; why: string }): Promise<ModelJudgement> {
    let judged = await this.#judge(options.why, options.askAbout);
    if (judged.openRun !== null && (await this.#isOver(judged.openRun, options.isRunDoubted === true))) {
      judged = await this.#judge('its run was over', options.askAbout);
      if (judged.openRun !== null) await this.#isOver(judged.openRun, false);
    }
    if (judged.countLabels.length > 0) {
      await this.#countLabels(judged);
      judged = await this.#judge('labels counted', options.askAbout);
      if (judged.openRun !== null) await this.#isOver(judged.openRun, false);
    }
    await this.#tellOfLabels(judged);
    return judged;
  }

  async #judge(why: string, askAbout?: string): Promise<ModelJudgement> {
    const request = { modelId: this.modelId, askAbout: askAbout ?? null };
    const judged = await runActivities().judgeTriggers.executeWithOptions({ summary: clip(why) }, [request]);
    this.#judged = judged;
    this.#fault = null;
    this.#show();
    return judged;
  }

  /**
   * Sees to it that the open run has a workflow. One that has ended without closing its row (terminated from outside) is
   * closed here, or the model would wait for it for ever. @returns whether that was so
   */
  async #isOver(run: OpenRun, isDoubted: boolean): Promise<boolean> {
    const isFirst = this.#startedRunNo !== run.runNo;
    if (isFirst && (await this.#start(run))) return false;
    if (!isFirst && !isDoubted && !this.isRunUnwatched) return false;
    this.#startedRunNo = run.runNo;
    const key = { modelId: this.modelId, runNo: run.runNo, workflowId: run.workflowId };
    const found = await runActivities().reconcileOpenRun.executeWithOptions({ summary: `run ${run.runNo}` }, [key]);
    if (found === 'missing') await this.#start(run);
    return found === 'closed';
  }

  /** @returns false when its workflow was there already, running or ended */
  async #start({ runNo, workflowId, specDigest, cause, requestedBy, clock }: OpenRun): Promise<boolean> {
    const input: RetrainInput = { modelId: this.modelId, runNo, specDigest, cause, requestedBy, clock };
    try {
      // ABANDON: the run outlives this execution, which continues as new while the run is in flight.
      const child = await startChild(retrainWorkflow, {
        workflowId,
        args: [input],
        taskQueue: workflowInfo().taskQueue,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: clip(staticSummary(input)),
        staticDetails: staticDetails(input),
      });
      this.#startedRunNo = runNo;
      this.#watchedRunNo = runNo;
      // Its report comes first; this end is for one that was terminated and reports nothing.
      const onEnded = (): void => {
        if (this.#judged?.openRun?.runNo === runNo) this.known.onRunEnded();
      };
      child.result().then(onEnded, onEnded);
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  async #countLabels({ modelId, countLabels, countSince }: ModelJudgement): Promise<void> {
    for (const { triggerId, through } of countLabels) {
      const request = { modelId, triggerId, through, since: countSince };
      await dataActivities().countNewLabels.executeWithOptions({ summary: clip(`labels through ${through}`) }, [
        request,
      ]);
    }
  }

  async takeRequest(request: RetrainRequest): Promise<RetrainAnswer> {
    const { triggerId: eventId, cause, requestedBy, clock, reason } = request;
    const message: HandedOver = {
      modelId: this.modelId,
      source: cause,
      eventId,
      cause,
      requestedBy,
      clock,
      isUrgent: !SLOW_CAUSES.includes(cause),
      body: { reason, ...(request.promotion === 'off' ? { promotion: 'off' } : {}) },
    };
    const { triggerId, faults } = await runActivities().handOver.executeWithOptions({ summary: cause }, [[message]]);
    if (triggerId === null) throw ApplicationFailure.nonRetryable(faults[0] ?? 'not taken', 'SIGNAL_INVALID');
    const { answer } = await this.judge({ askAbout: triggerId, isRunDoubted: true, why: `asked by ${requestedBy}` });
    if (answer === null) throw ApplicationFailure.nonRetryable(`No trigger ${triggerId} is there.`, 'INVARIANT_BROKEN');
    const { state, reason: why, runNo } = answer;
    return { state, runNo, workflowId: runNo === null ? null : `retrain/${this.modelId}/${runNo}`, reason: why };
  }

  async setPause(order: PauseOrder, isPaused: boolean): Promise<PauseAnswer> {
    const { eventId, by, reason } = order;
    const summary = clip(`${isPaused ? 'paused' : 'resumed'} by ${by}`);
    const request = { modelId: this.modelId, eventId, isPaused, by, reason };
    const answer = await runActivities().setPause.executeWithOptions({ summary }, [request]);
    await this.judge({ why: isPaused ? 'paused' : 'resumed' });
    return answer;
  }

  async rollBack(request: RollbackRequest): Promise<RollbackAnswer> {
    const answer = await runActivities().rollBackChampion.executeWithOptions(
      { summary: clip(`rollback by ${request.by}`) },
      [this.modelId, request],
    );
    // The champion has moved, whatever becomes of the judgement.
    await this.judge({ why: 'rolled back' }).catch((error: unknown) => this.showFault(error));
    await this.#tell(this.#judged?.openRun ?? null, (run) =>
      run.signal(championMovedSignal, { eventId: request.moveKey, epoch: answer.epoch }),
    );
    return answer;
  }

  /** Told again after a loss: the largest instant wins, and one that was told counts for nothing more. */
  async #tellOfLabels({ openRun, labels }: ModelJudgement): Promise<void> {
    if (openRun === null || labels === null) return;
    const key = `${openRun.runNo}/${labels.through}`;
    if (key === this.#toldThrough) return;
    const event: LabelsArrived = labels;
    if (await this.#tell(openRun, (run) => run.signal(labelsArrivedSignal, event))) this.#toldThrough = key;
  }

  /** Best effort: a run polls by itself and evaluates against the champion of the moment of promotion anyway. */
  async #tell(
    run: OpenRun | null,
    tell: (run: ReturnType<typeof getExternalWorkflowHandle>) => Promise<void>,
  ): Promise<boolean> {
    if (run === null) return false;
    return tell(getExternalWorkflowHandle(run.workflowId)).then(
      () => true,
      () => false,
    );
  }

  #show(): void {
    setCurrentDetails(coordinatorDetails({ modelId: this.modelId, judged: this.#judged, fault: this.#fault }));
  }
}
