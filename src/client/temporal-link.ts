/** What activities say to Temporal, through a client: the coordinator's ear and the state of a run's workflow. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { TemporalLink } from '../activities/deps.js';
import { runStatusQuery } from '../workflows/messages.js';
import type { CoordinatorCalls } from './coordinator-calls.js';
import { reachTemporal } from './reach-temporal.js';

const PATIENCE_MS = 5_000;

export function createTemporalLink(client: Client, coordinator: CoordinatorCalls): TemporalLink {
  return {
    reportRunFinished: coordinator.reportRunFinished,
    requestRetrain: (modelId, request, signal) =>
      client.withAbortSignal(signal, () => coordinator.requestRetrain(modelId, request)),
    runStatus: async (workflowId) => {
      try {
        return await client.withDeadline(Date.now() + PATIENCE_MS, () =>
          client.workflow.getHandle(workflowId).query(runStatusQuery),
        );
      } catch {
        // No workflow yet, no worker, no server: whoever asks asks again.
        return null;
      }
    },
    describeRun: async (workflowId) => {
      try {
        const found = await reachTemporal(() => client.workflow.getHandle(workflowId).describe());
        return found.status.name === 'RUNNING' ? 'running' : 'closed';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'missing';
        throw error;
      }
    },
  };
}
