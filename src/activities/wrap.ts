/**
 * The one place where errors become Temporal failures: type = code, nonRetryable = !retryable. It also beats the heart
 * of activities that asked for it, so that a cancel reaches them.
 */
import { ApplicationFailure, CancelledFailure, CompleteAsyncError, Context } from '@temporalio/activity';
import { ERROR_TABLE, PipelineError } from '../core/errors.js';

/** Passing troubles of the machine: another attempt, perhaps on another one, may succeed. */
const TRANSIENT =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EMFILE|ENFILE|ENOSPC|EIO|EAGAIN|EBUSY)/;

function toFailure(error: unknown, isCancelRequested: boolean): Error {
  if (error instanceof ApplicationFailure || error instanceof CompleteAsyncError) return error;
  if (error instanceof CancelledFailure || (error instanceof Error && error.name === 'AbortError')) {
    // Stopped, but nobody asked for it: the worker is going down or lost its lease, and the step must be tried again.
    return isCancelRequested
      ? new CancelledFailure('cancelled')
      : ApplicationFailure.retryable(`Interrupted: ${error.message}`, 'INTERRUPTED');
  }
  if (error instanceof PipelineError) {
    return ApplicationFailure.create({
      message: error.message,
      type: error.code,
      nonRetryable: !error.retryable,
      details: [{ ...error.details, advice: ERROR_TABLE[error.code].advice }],
      cause: error,
    });
  }
  const plain = error instanceof Error ? error : new Error(String(error));
  const code = (plain as NodeJS.ErrnoException).code ?? '';
  const isTransient = TRANSIENT.test(code);
  return ApplicationFailure.create({
    message: plain.message,
    type: isTransient ? code : 'INVARIANT_BROKEN',
    nonRetryable: !isTransient,
    cause: plain,
  });
}

type Activity = (...args: never[]) => Promise<unknown>;

/** @param options.heartbeatMs beat this often while the activity runs (for those with a heartbeat time-out) */
export function wrapActivities<A extends Record<string, Activity>>(
  activities: A,
  options: { heartbeatMs: number | null },
): A {
  const wrap =
    (activity: Activity) =>
    async (...args: never[]) => {
      const { heartbeatMs } = options;
      const beat = heartbeatMs === null ? null : setInterval(() => Context.current().heartbeat(), heartbeatMs);
      try {
        return await activity(...args);
      } catch (error) {
        throw toFailure(error, Context.current().cancellationDetails?.cancelRequested ?? false);
      } finally {
        if (beat !== null) clearInterval(beat);
      }
    };
  return Object.fromEntries(
    Object.entries(activities).map(([name, activity]) => [name, wrap(activity)]),
  ) as unknown as A;
}
