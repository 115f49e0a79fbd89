/**
 * The infra check: a fresh process loads the candidate and answers the first rows of the holdout again. It must give the
 * evaluation's own scores, in time. A flipped bit fails it already at loading (the digest).
 */

import { PipelineError } from '../core/errors.js';
import type { TrainerSpec } from '../core/spec/schema.js';
import type { ArtifactRef, GateResult } from '../core/types.js';
import type { ActivityDeps } from './deps.js';

const ROWS = 256;
/** Same backend, threads and instruction set: anything beyond rounding is a fault. */
const TOLERANCE = 1e-5;

export async function checkServing(
  deps: Pick<ActivityDeps, 'trainer'>,
  check: {
    columnsPath: string;
    artifact: ArtifactRef;
    expected: Float32Array;
    workDir: string;
    trainer: TrainerSpec;
    signal: AbortSignal;
  },
): Promise<GateResult> {
  const gate = {
    gate: 'infra:serving',
    metric: 'largest-score-difference',
    slice: 'all',
    required: true,
    interval: null,
  };
  try {
    const { scores, latencyMs } = await deps.trainer.predict(
      { ...check, artifacts: [check.artifact], rows: ROWS },
      { signal: check.signal },
    );
    const difference = largestDifference(scores[0] ?? new Float32Array(0), check.expected);
    return {
      ...gate,
      value: Number.isNaN(difference) ? null : difference,
      threshold: TOLERANCE,
      passed: difference <= TOLERANCE,
      reason: `A fresh process loaded the artifact and repeated the first ${Math.min(ROWS, check.expected.length)} scores within ${difference.toExponential(1)} (${latencyMs.toFixed(1)} ms a query).`,
    };
  } catch (error) {
    if (!(error instanceof PipelineError) || error.retryable) throw error;
    return { ...gate, value: null, threshold: TOLERANCE, passed: false, reason: `${error.code}: ${error.message}` };
  }
}

/** NaN when a score is missing or not a number: NaN never passes a comparison. */
function largestDifference(scores: Float32Array, expected: Float32Array): number {
  const rows = Math.min(ROWS, expected.length);
  if (scores.length < rows || rows === 0) return Number.NaN;
  let largest = 0;
  for (let row = 0; row < rows; row++) {
    const difference = Math.abs(scores[row]! - expected[row]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
