/**
 * What a Schedule starts: asks the coordinator for a retrain and returns what became of it. Through the coordinator,
 * because a Schedule's overlap policy sees only runs that the same Schedule started.
 */
import { ActivityFailure, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { RetrainAnswer } from '../core/messages.js';
import type { RunClock } from '../core/types.js';
import { runActivities } from './activity-proxies.js';

interface TickInput {
  readonly modelId: string;
  readonly clock: RunClock;
}

export async function scheduledTickWorkflow(input: TickInput): Promise<RetrainAnswer> {
  // The id that the Schedule gives (its own plus the nominal time) makes a repeated tick the same trigger.
  const { workflowId } = workflowInfo();
  const request = {
    triggerId: workflowId,
    cause: 'schedule' as const,
    requestedBy: 'schedule',
    reason: 'the schedule fired',
    clock: input.clock,
  };
  for (;;) {
    try {
      return await runActivities().requestRetrain.executeWithOptions({ summary: 'ask the coordinator' }, [
        input.modelId,
        request,
      ]);
    } catch (error) {
      // The Schedule pauses when a tick fails: an outage, however long, must not look like one that never can succeed.
      if (!isOutage(error)) throw error;
    }
  }
}

/** Its tries were used up, and none of them said that another one is idle. */
const isOutage = (error: unknown): boolean =>
  error instanceof ActivityFailure && !isCancellation(error) && error.retryState !== 'NON_RETRYABLE_FAILURE';
