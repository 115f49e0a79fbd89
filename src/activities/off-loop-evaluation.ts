/**
 * Runs the pure evaluation in a worker thread: sorting and counting some hundred thousand rows takes longer than a
 * worker's event loop may pause. Column files are read in the thread, so that no big buffer is copied.
 */
import { Worker } from 'node:worker_threads';
import { PipelineError } from '../core/errors.js';
import type { EvaluationResult } from '../core/evaluation/evaluate.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { GateResult } from '../core/types.js';

export interface EvaluationJob {
  readonly columnsPath: string;
  readonly candidate: Float32Array;
  readonly champion: Float32Array | null;
  readonly anchors: readonly { readonly version: number; readonly scores: Float32Array }[];
  readonly spec: PipelineSpec;
  readonly look: number;
  /** Gates that were measured elsewhere: the infra check. */
  readonly extraGates: readonly GateResult[];
}

export type ThreadReply = { ok: true; result: EvaluationResult } | { ok: false; code: string; message: string };

/** @throws what the evaluation throws; INVARIANT_BROKEN when the thread dies without a word */
export function evaluateOffLoop(job: EvaluationJob): Promise<EvaluationResult> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./evaluation-thread.js', import.meta.url), { workerData: job });
    thread.once('message', (reply: ThreadReply) => {
      if (reply.ok) resolve(reply.result);
      else reject(new PipelineError('INVARIANT_BROKEN', `The evaluation failed: ${reply.code}: ${reply.message}`));
    });
    thread.once('error', reject);
    thread.once('exit', (code) =>
      reject(new PipelineError('INVARIANT_BROKEN', `The evaluation thread ended with code ${code} and no result.`)),
    );
  });
}
