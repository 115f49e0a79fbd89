/**
 * Runs the pure evaluation in a worker thread: sorting and counting some hundred thousand rows takes longer than a
 * worker's event loop may pause. Column files are read in the thread, so that no big buffer is copied.
 */
import type { EvaluationResult } from '../core/evaluation/evaluate.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { GateResult } from '../core/types.js';
import { runThread } from './run-thread.js';

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

/** @throws what the evaluation throws; INVARIANT_BROKEN when the thread dies without a word */
export const evaluateOffLoop = (job: EvaluationJob): Promise<EvaluationResult> =>
  runThread(new URL('./evaluation-thread.js', import.meta.url), { data: job, what: 'evaluation' });
