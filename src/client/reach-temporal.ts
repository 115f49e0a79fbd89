/**
 * Errors of Temporal's client as ours: what an activity of the workflow answered keeps its code, and a server that cannot be
 * reached is worth another try. Everything else is passed on as it is.
 */
import { isGrpcServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
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

/** What an Update's validator said of a malformed message; it throws a plain Error, which carries no code of ours. */
function refusal(error: unknown): string | null {
  if (!(error instanceof WorkflowUpdateFailedError)) return null;
  return error.cause instanceof ApplicationFailure && error.cause.type === 'Error' ? error.cause.message : null;
}

/** gRPC: cancelled, unknown, deadline, exhausted, aborted, internal, unavailable. */
const PASSING_CODES = new Set([1, 2, 4, 8, 10, 13, 14]);

function isUnreachable(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return PASSING_CODES.has(cause.code);
  }
  return false;
}

/** @throws what stands for it: the workflow's own code, SIGNAL_INVALID for a malformed message, SERVER_UNREACHABLE */
export async function reachTemporal<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof PipelineError || error instanceof WorkflowNotFoundError) throw error;
    const failure = rootFailure(error);
    if (failure !== null && isKnown(failure.type))
      throw new PipelineError(failure.type, failure.message, { cause: error });
    const refused = refusal(error);
    if (refused !== null)
      throw new PipelineError('SIGNAL_INVALID', `The message was not taken: ${refused}`, { cause: error });
    if (isUnreachable(error)) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PipelineError('SERVER_UNREACHABLE', `Temporal did not take the call: ${why}`, { cause: error });
    }
    throw error;
  }
}
