/** Messages to one run, and what it means when the run cannot take them any more. */
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { RunKey, RunRow } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import type { Answer, DeadlineExtension, QuestionAnswer } from '../core/messages.js';
import { answerQuestionUpdate, extendDeadlineUpdate } from '../workflows/messages.js';
import { reachTemporal } from './reach-temporal.js';

/** `closed`: no workflow runs any more. @throws SIGNAL_INVALID when the run refused the message as malformed */
export async function tellRun<T>(send: () => Promise<T>): Promise<T | 'closed'> {
  try {
    return await reachTemporal(send);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'closed';
    if (error instanceof WorkflowUpdateFailedError) {
      throw new PipelineError(
        'SIGNAL_INVALID',
        `The run took no such message: ${error.cause?.message ?? error.message}`,
        { cause: error },
      );
    }
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
