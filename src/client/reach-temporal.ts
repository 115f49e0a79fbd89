/**
 * Errors of Temporal's client as ours: what an activity of the workflow answered keeps its code, and a server that cannot be
 * reached is worth another try. Everything else is passed on as it is.
 */
import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { ERROR_TABLE, type ErrorCode, PipelineError } from '../core/errors.js';

const isKnown = (code: string | null | undefined): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERROR_TABLE, code);

/** The application failure at the root of an Update or a workflow that failed. */
function rootFailure(error: unknown): ApplicationFailure | null {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure && isKnown(cause.type)) return cause;
  }
  return null;
}

/** gRPC: cancelled, unknown, deadline, exhausted, aborted, internal, unavailable. */
const PASSING_CODES = new Set([1, 2, 4, 8, 10, 13, 14]);

function isUnreachable(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return PASSING_CODES.has(cause.code);
  }
  return false;
}

/** @throws the PipelineError that stands for it: the workflow's own code, or SERVER_UNREACHABLE */
export async function reachTemporal<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof PipelineError || error instanceof WorkflowNotFoundError) throw error;
    const failure = rootFailure(error);
    if (failure !== null && isKnown(failure.type))
      throw new PipelineError(failure.type, failure.message, { cause: error });
    if (isUnreachable(error)) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PipelineError('SERVER_UNREACHABLE', `Temporal did not take the call: ${why}`, { cause: error });
    }
    throw error;
  }
}
