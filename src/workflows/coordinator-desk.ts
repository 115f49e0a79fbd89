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
import type { NewTrigger } from '../activities/deps.js';
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
import { runActivities } from './activity-proxies.js';
import { batchOf } from './claim-batch.js';
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

  /** Claims sent straight through Temporal: N of them become one run, or are held together. */
  async takeClaims(claims: readonly DirectClaim[]): Promise<void> {
    try {
      await this.#takeTogether(claims);
    } catch (error) {
      // One that the registry cannot store must not take the others with it.
      const isOneAtFault = error instanceof ActivityFailure && error.cause instanceof ApplicationFailure;
      if (claims.length === 1 || !isOneAtFault) throw error;
      for (const claim of claims) await this.takeClaims([claim]).catch((fault: unknown) => this.showFault(fault));
    }
  }

  /** Goes on with what the registry holds: an open run whose workflow may be gone, then triggers that waited for it. */
  async takeUpHeld(): Promise<void> {
    const state = await this.#load();
    if (this.#openRun !== null) return;
    const [first] = state.held;
    if (first === undefined) return;
    await this.#open({
      triggerIds: state.held.map((trigger) => trigger.triggerId),
      cause: first.cause,
      requestedBy: first.requestedBy,
      clock: first.clock,
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

  async #takeTogether(claims: readonly DirectClaim[]): Promise<void> {
    const { triggers, dropped } = batchOf(this.modelId, claims);
    for (const fault of dropped) this.showFault(new Error(`A claim was dropped: ${fault}`));
    if (triggers.length === 0) return;
    const summary = `${triggers.length} claim(s)`;
    const states = await runActivities().commitTriggers.executeWithOptions({ summary }, [triggers]);
    const stateOf = new Map(triggers.map(({ triggerId }, at) => [triggerId, states[at]?.state]));
    // A malformed one is recorded as refused; a malformed repeat says nothing about the claim that came well-formed before.
    const isWanted = ({ triggerId, refusal }: NewTrigger): boolean =>
      refusal === undefined && ['pending', 'held'].includes(stateOf.get(triggerId) ?? '');
    const wanted = triggers.filter(isWanted);
    const triggerIds = wanted.map(({ triggerId }) => triggerId);
    if (wanted[0] === undefined) return;
    await this.#load();
    if (this.#openRun === null) await this.#open({ ...wanted[0], triggerIds });
    else await this.#hold(triggerIds, this.#openRun.runNo);
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
    wanted: Pick<NewTrigger, 'cause' | 'requestedBy' | 'clock'> & { triggerIds: readonly string[] },
  ): Promise<RetrainAnswer> {
    const { triggerIds, cause, requestedBy, clock } = wanted;
    const opened = await runActivities().openRun.executeWithOptions(
      { summary: `for ${triggerIds.length} trigger(s)` },
      [{ modelId: this.modelId, triggerIds, cause, requestedBy, clock }],
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

const workflowIdOf = (modelId: string, runNo: number): string => `retrain/${modelId}/${runNo}`;
