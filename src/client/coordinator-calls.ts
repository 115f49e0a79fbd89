/**
 * Messages to a model's coordinator. Each one starts it when it is gone (terminated, never started): what it knows is in
 * Postgres, so a fresh one is right again.
 */
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import type {
  CoordinatorInput,
  DirectClaim,
  LabelsArrived,
  RetrainAnswer,
  RetrainRequest,
  RollbackAnswer,
  RollbackRequest,
  RunFinished,
} from '../core/messages.js';
import {
  driftSignal,
  labelsArrivedSignal,
  requestRetrainUpdate,
  rollbackUpdate,
  runFinishedSignal,
} from '../workflows/messages.js';
import { reachTemporal } from './reach-temporal.js';

type Coordinator = (input: CoordinatorInput) => Promise<void>;
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
  sendDrift(modelId: string, claim: DirectClaim): Promise<void>;
  sendLabels(modelId: string, event: LabelsArrived): Promise<void>;
  reportRunFinished(modelId: string, report: RunFinished): Promise<void>;
}

export function coordinatorCalls(client: Client, queue: string): CoordinatorCalls {
  const { workflow } = client;
  const operation = (modelId: string) =>
    new WithStartWorkflowOperation<Coordinator>(TYPE, startOptions(modelId, queue));
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
