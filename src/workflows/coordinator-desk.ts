/**
 * What the coordinator does with each message: commit the trigger, open a run in the registry (one a model, by
 * constraint), start it as an abandoned child. A reason that comes while a run is open is held and taken up when it ends.
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
import type { NewTrigger, OpenRunRequest } from '../activities/deps.js';
import type {
  CoordinatorStatus,
  DirectClaim,
  LabelsArrived,
  RetrainAnswer,
  RetrainInput,
  RetrainRequest,
  RollbackAnswer,
  RollbackRequest,
} from '../core/messages.js';
import { staticDetails, staticSummary } from '../core/report/run-details.js';
import type { RunClock } from '../core/types.js';
import { runActivities } from './activity-proxies.js';
import { batchOf, payloadsOf } from './claim-batch.js';
import { clip } from './clip.js';
import { championMovedSignal, labelsArrivedSignal } from './messages.js';
import { retrainWorkflow } from './retrain.js';

interface OpenRun {
  readonly runNo: number;
  readonly workflowId: string;
}

export class CoordinatorDesk {
  #openRun: OpenRun | null = null;
  #championVersion: number | null = null;

  constructor(private readonly modelId: string) {}

  status(): Omit<CoordinatorStatus, 'waiting'> {
    return {
      modelId: this.modelId,
      openRunNo: this.#openRun?.runNo ?? null,
      championVersion: this.#championVersion,
    };
  }

  showFault(error: unknown): void {
    const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
    setCurrentDetails(
      `**A message could not be worked on:** ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }

  async takeRequest(request: RetrainRequest): Promise<RetrainAnswer> {
    const { triggerId, cause, requestedBy, clock, reason } = request;
    return this.#trigger({ modelId: this.modelId, triggerId, cause, requestedBy, clock, body: { reason } });
  }

  /** Claims sent straight through Temporal: N of them with one clock become one run; what cannot be taken now is held. */
  async takeClaims(claims: readonly DirectClaim[]): Promise<void> {
    const { triggers, dropped } = batchOf(this.modelId, claims);
    for (const fault of dropped) this.showFault(new Error(`A claim was dropped: ${fault}`));
    const wanted: NewTrigger[][] = [];
    for (const batch of payloadsOf(triggers)) wanted.push(await this.#commit(batch));
    const first = wanted.flat()[0];
    if (first === undefined) return;
    await this.#load();
    const isOpened = this.#openRun === null;
    const isTaken = (trigger: NewTrigger): boolean => isOpened && isSameClock(trigger.clock, first.clock);
    if (isOpened) await this.#open({ ...first, triggerIds: [first.triggerId], takeWaiting: true });
    if (this.#openRun === null) return;
    for (const batch of wanted) {
      const triggerIds = batch.filter((trigger) => !isTaken(trigger)).map(({ triggerId }) => triggerId);
      if (triggerIds.length > 0) await this.#hold(triggerIds, this.#openRun.runNo);
    }
  }

  /**
   * Goes on with what the registry holds: an open run whose workflow may be gone, then triggers that waited for it. One run
   * takes up all that have the clock of the oldest; others, of other times, wait for its end.
   */
  async takeUpHeld(): Promise<void> {
    const state = await this.#load();
    if (this.#openRun !== null) return;
    const [first] = state.held;
    if (first === undefined) return;
    await this.#open({
      triggerIds: [first.triggerId],
      cause: first.cause,
      requestedBy: first.requestedBy,
      clock: first.clock,
      takeWaiting: true,
    });
  }

  async passLabels(event: LabelsArrived): Promise<void> {
    await this.#load();
    await this.#tellOpenRun((run) => run.signal(labelsArrivedSignal, event));
  }

  async rollBack(request: RollbackRequest): Promise<RollbackAnswer> {
    const answer = await runActivities().rollBackChampion.executeWithOptions(
      { summary: clip(`rollback by ${request.by}`) },
      [this.modelId, request],
    );
    await this.#load();
    await this.#tellOpenRun((run) =>
      run.signal(championMovedSignal, { eventId: request.moveKey, epoch: answer.epoch }),
    );
    return answer;
  }

  /** @returns those of the batch that want a run; a fault is shown, and takes nothing with it but its own trigger */
  async #commit(batch: readonly NewTrigger[]): Promise<NewTrigger[]> {
    try {
      const summary = `${batch.length} claim(s)`;
      const states = await runActivities().commitTriggers.executeWithOptions({ summary }, [batch]);
      // A malformed one is recorded as refused; a malformed repeat says nothing about the claim that came well-formed before.
      return batch.filter(
        ({ refusal }, at) => refusal === undefined && ['pending', 'held'].includes(states[at]?.state ?? ''),
      );
    } catch (error) {
      this.showFault(error);
      const isOneAtFault = error instanceof ActivityFailure && error.cause instanceof ApplicationFailure;
      if (batch.length === 1 || !isOneAtFault) return [];
      const wanted: NewTrigger[] = [];
      for (const trigger of batch) wanted.push(...(await this.#commit([trigger])));
      return wanted;
    }
  }

  async #trigger(trigger: NewTrigger): Promise<RetrainAnswer> {
    const [known] = await runActivities().commitTriggers.executeWithOptions({ summary: trigger.cause }, [[trigger]]);
    if (known?.state === 'started' && known.runNo !== null) {
      return this.#answer('started', known.runNo, 'This trigger started the run already.');
    }
    await this.#load();
    if (this.#openRun === null) return this.#open({ ...trigger, triggerIds: [trigger.triggerId] });
    return this.#hold([trigger.triggerId], this.#openRun.runNo);
  }

  async #hold(triggerIds: readonly string[], openRunNo: number): Promise<RetrainAnswer> {
    const reason = `Run ${openRunNo} is open; this waits until it ends.`;
    await runActivities().setTriggerState.executeWithOptions({ summary: 'held' }, [
      { modelId: this.modelId, triggerIds, state: 'held', reason, runNo: null },
    ]);
    return { state: 'held', runNo: null, workflowId: null, reason };
  }

  async #open(
    wanted: Pick<OpenRunRequest, 'triggerIds' | 'cause' | 'requestedBy' | 'clock' | 'takeWaiting'>,
  ): Promise<RetrainAnswer> {
    const { triggerIds, cause, requestedBy, clock, takeWaiting = false } = wanted;
    const opened = await runActivities().openRun.executeWithOptions(
      { summary: takeWaiting ? 'for all that wait with its clock' : 'for one trigger' },
      [{ modelId: this.modelId, triggerIds, cause, requestedBy, clock, takeWaiting }],
    );
    if (!opened.opened) return this.#hold(triggerIds, opened.openRunNo);
    this.#openRun = { runNo: opened.runNo, workflowId: opened.workflowId };
    await this.#start({ ...wanted, modelId: this.modelId, runNo: opened.runNo, specDigest: opened.specDigest });
    return this.#answer('started', opened.runNo, `Run ${opened.runNo} started.`);
  }

  async #start(from: RetrainInput): Promise<void> {
    const { modelId, runNo, specDigest, cause, requestedBy, clock } = from;
    const input: RetrainInput = { modelId, runNo, specDigest, cause, requestedBy, clock };
    try {
      // ABANDON: the run outlives this execution, which continues as new while the run is in flight.
      await startChild(retrainWorkflow, {
        workflowId: workflowIdOf(modelId, runNo),
        args: [input],
        taskQueue: workflowInfo().taskQueue,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: clip(staticSummary(input)),
        staticDetails: staticDetails(input),
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  /** Truth from Postgres; an open run without a workflow is started, one whose workflow has ended is closed. */
  async #load() {
    const activities = runActivities();
    let state = await activities.loadModelState.executeWithOptions({ summary: 'state' }, [this.modelId]);
    if (state.openRun !== null) {
      const run = { modelId: this.modelId, ...state.openRun };
      const found = await activities.reconcileOpenRun.executeWithOptions({ summary: `run ${run.runNo}` }, [run]);
      if (found === 'closed') state = await activities.loadModelState(this.modelId);
      if (found === 'missing') await this.#start(run);
    }
    this.#openRun = state.openRun;
    this.#championVersion = state.champion?.version ?? null;
    return state;
  }

  /** Best effort: a run polls by itself and evaluates against the champion of the moment of promotion anyway. */
  async #tellOpenRun(tell: (run: ReturnType<typeof getExternalWorkflowHandle>) => Promise<void>): Promise<void> {
    if (this.#openRun === null) return;
    await tell(getExternalWorkflowHandle(this.#openRun.workflowId)).catch(() => undefined);
  }

  #answer(state: RetrainAnswer['state'], runNo: number, reason: string): RetrainAnswer {
    return { state, runNo, workflowId: workflowIdOf(this.modelId, runNo), reason };
  }
}

const isSameClock = (a: RunClock, b: RunClock): boolean =>
  a.mode === 'replay' && b.mode === 'replay' ? a.now === b.now : a.mode === b.mode;

const workflowIdOf = (modelId: string, runNo: number): string => `retrain/${modelId}/${runNo}`;
