/** One answer from a worker thread of its own: pure work that takes longer than a worker's event loop may pause. */
import { Worker } from 'node:worker_threads';
import { PipelineError } from '../core/errors.js';

export type ThreadReply<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** On the thread's side. @returns the reply to post, also of what throws */
export async function replyOf<Result>(work: () => Result | Promise<Result>): Promise<ThreadReply<Result>> {
  try {
    return { ok: true, result: await work() };
  } catch (error) {
    const known = error as { code?: string; message?: string };
    return { ok: false, code: known.code ?? 'UNKNOWN', message: known.message ?? String(error) };
  }
}

/**
 * @param options.what what the thread does, for its errors, e.g. `evaluation`
 * @throws INVARIANT_BROKEN with what the thread threw, or when it dies without a word; the abort's reason, with the thread gone
 */
export function runThread<Result>(
  entry: URL,
  options: { readonly data: unknown; readonly what: string; readonly signal?: AbortSignal },
): Promise<Result> {
  const { data, what, signal } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const thread = new Worker(entry, { workerData: data });
    const stop = (): void => {
      reject(signal?.reason);
      void thread.terminate();
    };
    signal?.addEventListener('abort', stop, { once: true });
    thread.once('message', (reply: ThreadReply<Result>) => {
      if (reply.ok) resolve(reply.result);
      else reject(new PipelineError('INVARIANT_BROKEN', `The ${what} failed: ${reply.code}: ${reply.message}`));
    });
    thread.once('error', reject);
    thread.once('exit', (code) => {
      signal?.removeEventListener('abort', stop);
      reject(new PipelineError('INVARIANT_BROKEN', `The ${what} thread ended with code ${code} and no result.`));
    });
  });
}
