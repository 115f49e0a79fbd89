/**
 * A workflow that a person starts and waits for: told what goes wrong while it is tried again, and cancelled when they give up, so
 * that nothing goes on that nobody waits for.
 */
import { type Client, type WorkflowHandle, WorkflowNotFoundError, type WorkflowStartOptions } from '@temporalio/client';
import type { Workflow, WorkflowResultType } from '@temporalio/common';
import { reachTemporal } from './reach-temporal.js';

const LOOK_EVERY_MS = 2_000;

export interface Awaiting {
  /** Gives up: the workflow is cancelled. */
  readonly signal?: AbortSignal;
  /** Called once for each thing that goes wrong and is tried again. */
  readonly onRetry?: (text: string) => void;
}

/** Why the wait ended without an answer, and whether the workflow ended too. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';
}

async function giveUp(handle: WorkflowHandle): Promise<never> {
  const { workflowId } = handle;
  try {
    await reachTemporal(() => handle.cancel());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new GivenUp(`Workflow ${workflowId} had just ended.`);
    const why = error instanceof Error ? error.message : String(error);
    throw new GivenUp(`Workflow ${workflowId} goes on: it could not be cancelled (${why}).`, { cause: error });
  }
  throw new GivenUp(`Workflow ${workflowId} is cancelled.`);
}

/** What fails now; nobody needs to know that the question itself failed, since the answer tells of it. */
async function trouble(handle: WorkflowHandle): Promise<string | null> {
  const { raw } = await handle.describe().catch(() => ({ raw: null }));
  return raw?.pendingActivities?.find(({ lastFailure }) => lastFailure)?.lastFailure?.message ?? null;
}

function watch(handle: WorkflowHandle, onRetry: (text: string) => void): () => void {
  const told = new Set<string>();
  const timer = setInterval(async () => {
    const text = await trouble(handle);
    if (text === null || told.has(text)) return;
    told.add(text);
    onRetry(text);
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

/** @throws GivenUp; what `reachTemporal` does */
export async function awaitWorkflow<T extends Workflow>(
  client: Client,
  { workflow, options, awaiting }: { workflow: string; options: WorkflowStartOptions<T>; awaiting: Awaiting },
): Promise<WorkflowResultType<T>> {
  const { signal, onRetry } = awaiting;
  const handle = await reachTemporal(() => client.workflow.start<T>(workflow, options));
  const unwatch = onRetry === undefined ? undefined : watch(handle, onRetry);
  let onAbort = (): void => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    onAbort = () => void giveUp(handle).catch(reject);
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    return await Promise.race([givenUp, reachTemporal(() => handle.result())]);
  } catch (error) {
    // The workflow's own end by cancellation may be told before the answer to the call that cancelled it.
    if (signal?.aborted === true) await givenUp;
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    unwatch?.();
  }
}
