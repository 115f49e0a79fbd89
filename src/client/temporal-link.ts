/** What activities say to Temporal, through a client: the coordinator's ear and the state of a run's workflow. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { TemporalLink } from '../activities/deps.js';
import type { CoordinatorCalls } from './coordinator-calls.js';
import { reachTemporal } from './reach-temporal.js';

export function createTemporalLink(client: Client, coordinator: CoordinatorCalls): TemporalLink {
  return {
    reportRunFinished: coordinator.reportRunFinished,
    requestRetrain: coordinator.requestRetrain,
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
