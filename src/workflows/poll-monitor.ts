/**
 * What a Schedule starts to look into a monitor's own tables. All state is in Postgres (the ledger and the remembered
 * place), so that a poll that fails is simply followed by the next.
 */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { MonitorPoll, PollActivities, PollReport } from '../activities/poll-nannyml.js';
import { queueNames } from '../core/queues.js';

/** An outage that lasts longer is the business of the next tick. */
const GIVE_UP_AFTER = '30m';

export async function pollMonitorWorkflow(poll: MonitorPoll): Promise<PollReport> {
  const { pollMonitor } = proxyActivities<PollActivities>({
    taskQueue: queueNames(workflowInfo().taskQueue).data,
    startToCloseTimeout: '10m',
    heartbeatTimeout: '30s',
    scheduleToCloseTimeout: GIVE_UP_AFTER,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
  });
  return pollMonitor(poll);
}
