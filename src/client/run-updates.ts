/** Messages to one run, and what it means when the run cannot take them any more. */
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { RunKey, RunRow } from '../activities/deps.js';
import type { Answer, DeadlineExtension, QuestionAnswer } from '../core/messages.js';
import { answerQuestionUpdate, extendDeadlineUpdate } from '../workflows/messages.js';
import { reachTemporal } from './reach-temporal.js';

/** The run ended (terminated, for one) with the message in its hands. */
const isOvertaken = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === 'AcceptedUpdateCompletedWorkflow';

/** `closed`: no workflow runs any more. @throws what `reachTemporal` does */
export async function tellRun<T>(send: () => Promise<T>): Promise<T | 'closed'> {
  try {
    return await reachTemporal(send);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isOvertaken(error)) return 'closed';
    throw error;
  }
}

export interface LabelUpdates {
  /** To a run that asks what to do without the missing labels. */
  answerQuestion(key: RunKey, answer: QuestionAnswer): Promise<Answer>;
  extendDeadline(key: RunKey, extension: DeadlineExtension): Promise<Answer>;
}

/** @param readRun throws RUN_UNKNOWN */
export function labelUpdates(client: Client, readRun: (key: RunKey) => Promise<RunRow>): LabelUpdates {
  const send = async (key: RunKey, update: (workflowId: string) => Promise<Answer>): Promise<Answer> => {
    const { closedAt, workflowId, outcome } = await readRun(key);
    const answer = closedAt === null ? await tellRun(() => update(workflowId)) : 'closed';
    if (answer !== 'closed') return answer;
    const ended = outcome === null ? 'has ended' : `ended as ${outcome.kind}`;
    return { accepted: false, reason: `Run ${key.modelId}/${key.runNo} ${ended}; it waits for nothing any more.` };
  };
  const handle = (workflowId: string) => client.workflow.getHandle(workflowId);
  return {
    answerQuestion: (key, answer) =>
      send(key, (id) => handle(id).executeUpdate(answerQuestionUpdate, { args: [answer], updateId: answer.eventId })),
    extendDeadline: (key, extension) =>
      send(key, (id) =>
        handle(id).executeUpdate(extendDeadlineUpdate, { args: [extension], updateId: extension.eventId }),
      ),
  };
}
