/**
 * Messages to a model's coordinator. Each one starts it when it is gone (terminated, never started): what it knows is in
 * Postgres, so a fresh one is right again.
 */
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import type {
  ClaimsPending,
  CoordinatorInput,
  DirectClaim,
  LabelsArrived,
  PauseAnswer,
  PauseOrder,
  RetrainAnswer,
  RetrainRequest,
  RollbackAnswer,
  RollbackRequest,
  RunFinished,
} from '../core/messages.js';
import {
  claimsPendingSignal,
  driftSignal,
  labelsArrivedSignal,
  pauseUpdate,
  requestRetrainUpdate,
  resumeUpdate,
  rollbackUpdate,
  runFinishedSignal,
} from '../workflows/messages.js';
import { reachTemporal } from './reach-temporal.js';

type Coordinator = (input: CoordinatorInput) => Promise<void>;
const NOTICE_PATIENCE_MS = 5_000;
const TYPE = 'modelCoordinatorWorkflow';

const startOptions = (modelId: string, queue: string) => ({
  workflowId: `model/${modelId}`,
  taskQueue: queue,
  args: [{ modelId }] as [CoordinatorInput],
  workflowIdConflictPolicy: 'USE_EXISTING' as const,
  staticSummary: `Coordinator of ${modelId}`,
  staticDetails: `The single writer of **${modelId}**: takes reasons to retrain, keeps one run open at a time, rolls back.`,
});

export interface CoordinatorCalls {
  ensure(modelId: string): Promise<void>;
  requestRetrain(modelId: string, request: RetrainRequest): Promise<RetrainAnswer>;
  rollBack(modelId: string, request: RollbackRequest): Promise<RollbackAnswer>;
  /** Within seconds, or SERVER_UNREACHABLE: whoever calls has other models to tell. */
  sendPending(modelId: string, notice: ClaimsPending): Promise<void>;
  pause(modelId: string, order: PauseOrder): Promise<PauseAnswer>;
  resume(modelId: string, order: PauseOrder): Promise<PauseAnswer>;
  sendDrift(modelId: string, claim: DirectClaim): Promise<void>;
  sendLabels(modelId: string, event: LabelsArrived): Promise<void>;
  reportRunFinished(modelId: string, report: RunFinished): Promise<void>;
}

export function coordinatorCalls(client: Client, queue: string): CoordinatorCalls {
  const { workflow } = client;
  const operation = (modelId: string) =>
    new WithStartWorkflowOperation<Coordinator>(TYPE, startOptions(modelId, queue));
  const setPause = (update: typeof pauseUpdate, modelId: string, order: PauseOrder): Promise<PauseAnswer> =>
    reachTemporal(() =>
      workflow.executeUpdateWithStart(update, {
        startWorkflowOperation: operation(modelId),
        args: [order],
        updateId: order.eventId,
      }),
    );
  return {
    ensure: async (modelId) => {
      await reachTemporal(() => workflow.start<Coordinator>(TYPE, startOptions(modelId, queue)));
    },
    // The trigger's id is the update's id too: a caller that repeats itself after a lost answer gets the first one.
    requestRetrain: (modelId, request) =>
      reachTemporal(() =>
        workflow.executeUpdateWithStart(requestRetrainUpdate, {
          startWorkflowOperation: operation(modelId),
          args: [request],
          updateId: request.triggerId,
        }),
      ),
    rollBack: (modelId, request) =>
      reachTemporal(() =>
        workflow.executeUpdateWithStart(rollbackUpdate, {
          startWorkflowOperation: operation(modelId),
          args: [request],
          updateId: request.moveKey,
        }),
      ),
    pause: (modelId, order) => setPause(pauseUpdate, modelId, order),
    resume: (modelId, order) => setPause(resumeUpdate, modelId, order),
    sendPending: async (modelId, notice) => {
      await reachTemporal(() =>
        client.withDeadline(Date.now() + NOTICE_PATIENCE_MS, () =>
          workflow.signalWithStart<Coordinator, [ClaimsPending]>(TYPE, {
            ...startOptions(modelId, queue),
            signal: claimsPendingSignal,
            signalArgs: [notice],
          }),
        ),
      );
    },
    sendDrift: async (modelId, claim) => {
      await reachTemporal(() =>
        workflow.signalWithStart<Coordinator, [DirectClaim]>(TYPE, {
          ...startOptions(modelId, queue),
          signal: driftSignal,
          signalArgs: [claim],
        }),
      );
    },
    sendLabels: async (modelId, event) => {
      await reachTemporal(() =>
        workflow.signalWithStart<Coordinator, [LabelsArrived]>(TYPE, {
          ...startOptions(modelId, queue),
          signal: labelsArrivedSignal,
          signalArgs: [event],
        }),
      );
    },
    reportRunFinished: async (modelId, report) => {
      await reachTemporal(() =>
        workflow.signalWithStart<Coordinator, [RunFinished]>(TYPE, {
          ...startOptions(modelId, queue),
          signal: runFinishedSignal,
          signalArgs: [report],
        }),
      );
    },
  };
}
