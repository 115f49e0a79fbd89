/**
 * What a Schedule starts: asks the coordinator for a retrain and returns what became of it. Through the coordinator,
 * because a Schedule's overlap policy sees only runs that the same Schedule started.
 */
import { workflowInfo } from '@temporalio/workflow';
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
  return runActivities().requestRetrain.executeWithOptions({ summary: 'ask the coordinator' }, [
    input.modelId,
    {
      triggerId: workflowId,
      cause: 'schedule',
      requestedBy: 'schedule',
      reason: 'the schedule fired',
      clock: input.clock,
    },
  ]);
}
