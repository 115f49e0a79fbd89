/**
 * What a Schedule starts to look at a model by itself; a person starts it for one instant. All state is in Postgres, and a look at
 * the same period finds what is there already.
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import { proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { MonitorActivities } from '../activities/create-monitor-activities.js';
import type { MonitorLook, MonitorRequest } from '../core/monitor/look.js';
import { queueNames } from '../core/queues.js';
import { awaitedRetry, retry } from './activity-proxies.js';

/** Set by the server on what a Schedule starts: later by an outage it is still the look of that day. */
const SCHEDULED_AT = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

export async function monitorWorkflow({ modelId, at, clock }: MonitorRequest): Promise<MonitorLook> {
  const { taskQueue, typedSearchAttributes, startTime } = workflowInfo();
  const { measurePeriod } = proxyActivities<MonitorActivities>({
    taskQueue: queueNames(taskQueue).data,
    startToCloseTimeout: '1h',
    heartbeatTimeout: '30s',
    scheduleToCloseTimeout: '24h',
    // Without an instant of its own a Schedule started it, and nobody waits: an outage delays the look.
    retry: at === null ? retry : awaitedRetry,
  });
  const instant = at ?? (typedSearchAttributes.get(SCHEDULED_AT) ?? startTime).toISOString();
  const summary = `the period before ${instant}`;
  const look = await measurePeriod.executeWithOptions({ summary }, [{ modelId, at: instant, clock }]);
  setCurrentDetails(look.reason);
  return look;
}
