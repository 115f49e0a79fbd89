/** Whether there is a version to roll back to, and where to look when there is none: a matter of versions, not of a run or a store. */
import type { Pool } from 'pg';
import { PipelineError } from '../core/errors.js';
import { versionByNumber } from '../registry/versions.js';

const adviceOf = (modelId: string): string => `\`perennial champion ${modelId} --history\` lists the versions.`;

/** @throws SIGNAL_INVALID */
export async function requireVersion(pool: Pool, modelId: string, version: number): Promise<void> {
  try {
    await versionByNumber(pool, modelId, version);
  } catch (cause) {
    if (!(cause instanceof PipelineError) || cause.code !== 'ARTIFACT_MISSING') throw cause;
    throw new PipelineError('SIGNAL_INVALID', `${modelId} has no version ${version}.`, {
      cause,
      details: { modelId, version },
      advice: adviceOf(modelId),
    });
  }
}

/** A rollback that may not be made is told with the versions' advice: the table's is for decisions on runs. */
export async function withVersionsAdvice<T>(modelId: string, move: Promise<T>): Promise<T> {
  try {
    return await move;
  } catch (cause) {
    if (!(cause instanceof PipelineError) || cause.code !== 'APPROVAL_NOT_ALLOWED') throw cause;
    const { code, message, details } = cause;
    throw new PipelineError(code, message, { cause, details, advice: adviceOf(modelId) });
  }
}
