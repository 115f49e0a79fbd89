/**
 * How workflows call activities: queue, time-outs and retries by kind of work. Attempts are unlimited within
 * schedule-to-close, since five attempts are used up in 15 s of outage; deterministic failures are non-retryable already.
 */
import { type ActivityOptions, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { DataActivities } from '../activities/create-data-activities.js';
import type { EvaluationActivities } from '../activities/create-evaluation-activities.js';
import type { RunActivities } from '../activities/create-run-activities.js';
import type { SchemaActivities } from '../activities/create-schema-activities.js';
import type { TrainActivities } from '../activities/create-train-activities.js';
import { queueNames } from '../core/queues.js';

export const retry: NonNullable<ActivityOptions['retry']> = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
};

/** For what a person waits for: enough for a hiccup, then they are told what fails, in half a minute. */
export const awaitedRetry: NonNullable<ActivityOptions['retry']> = { ...retry, maximumAttempts: 6 };

/** Registry reads and writes: an outage of a day must not fail a run that is a month old. */
export const runActivities = () =>
  proxyActivities<RunActivities>({ startToCloseTimeout: '30s', scheduleToCloseTimeout: '24h', retry });

export const dataActivities = (how: Pick<ActivityOptions, 'retry'> = { retry }) =>
  proxyActivities<DataActivities & EvaluationActivities & SchemaActivities>({
    taskQueue: queueNames(workflowInfo().taskQueue).data,
    startToCloseTimeout: '1h',
    heartbeatTimeout: '30s',
    scheduleToCloseTimeout: '24h',
    ...how,
  });

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The limit is the trainer's own to watch: it says TRAINER_TIMEOUT and which phase was cut, so the server waits a little
 * longer. An outage of a day must not fail a short training either. A cancel is awaited, so that no trainer is left when the run says that it ended. */
export const trainActivities = (timeoutMs: number) =>
  proxyActivities<TrainActivities>({
    taskQueue: queueNames(workflowInfo().taskQueue).train,
    startToCloseTimeout: timeoutMs + 5 * MINUTE_MS,
    heartbeatTimeout: '30s',
    scheduleToCloseTimeout: Math.max(DAY_MS, timeoutMs * 4),
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry,
  });
