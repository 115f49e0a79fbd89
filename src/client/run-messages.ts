/**
 * Messages to one run, and what becomes of those that it cannot take any more: a closed run's are recorded here, refused
 * with a reason.
 */
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { RunKey, RunRow } from '../activities/deps.js';
import type { DecisionAnswer } from '../core/types.js';
import { reachTemporal } from './reach-temporal.js';

/** The run ended (terminated, for one) with the message in its hands. */
const isOvertaken = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === 'AcceptedUpdateCompletedWorkflow';

/** `closed`: no workflow runs any more. @throws what `reachTemporal` does */
async function tellRun<T>(send: () => Promise<T>): Promise<T | 'closed'> {
  try {
    return await reachTemporal(send);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isOvertaken(error)) return 'closed';
    throw error;
  }
}

/** @throws RUN_UNKNOWN, and what `reachTemporal` does */
export async function sendOrRecord<T>(
  readRun: (key: RunKey) => Promise<RunRow>,
  key: RunKey,
  how: {
    readonly send: (workflowId: string) => Promise<T>;
    /** Writes the row of what no workflow could take. */
    readonly record: (answer: DecisionAnswer) => Promise<DecisionAnswer>;
  },
): Promise<T | DecisionAnswer> {
  const run = await readRun(key);
  const told = run.closedAt === null ? await tellRun(() => how.send(run.workflowId)) : 'closed';
  if (told !== 'closed') return told;
  const now = await readRun(key);
  return how.record(now.closedAt === null ? tooEarly(key) : tooLate(now));
}

/** Open in the registry, but its workflow takes no message: not started yet, or lost and about to be closed. */
const tooEarly = ({ modelId, runNo }: RunKey): DecisionAnswer => ({
  accepted: false,
  code: 'not-awaited',
  reason: `Run ${modelId}/${runNo} has no workflow that could take a decision now; \`perennial show\` tells its state.`,
});

const tooLate = ({ modelId, runNo, outcome }: RunRow): DecisionAnswer => ({
  accepted: false,
  code: 'run-closed',
  reason: `Run ${modelId}/${runNo} ${outcome === null ? 'has ended' : `ended as ${outcome.kind}`}; nothing can be decided on it any more.`,
});
