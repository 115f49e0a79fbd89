/**
 * The one place where an error of Postgres or of its driver becomes an error of ours: what a retry can help is
 * REGISTRY_UNAVAILABLE, a value that Postgres cannot store is SIGNAL_INVALID, everything else is a bug.
 * SQLSTATE classes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
import { PipelineError } from '../core/errors.js';

/** Codes of Node's sockets and resolver that mean "not reachable now". */
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);

/** What the driver says without any code. */
const DRIVER_TEXTS = /connection terminated|connection error|timeout|not queryable|after calling end|timeout expired/i;

/**
 * 08 connection, 28 authentication, 3D database missing, 40 rolled back (deadlock), 53 out of resources, 57 shut down or
 * cancelled by a time-out, 25006 a standby, 25P03 idle too long, 55P03 lock time-out.
 */
const UNAVAILABLE_STATES = /^(08|28|3D|40|53|57|25006|25P03|55P03)/;
/** Schema, table, column or function missing: the schema is older than the code. */
const OLD_SCHEMA_STATES = new Set(['3F000', '42P01', '42703', '42883']);
/** NUL or a lone surrogate. */
const TEXT_STATES = new Set(['22021', '22P05']);
/** An instant or a number beyond what Postgres holds. */
const VALUE_STATES = new Set(['22003', '22007', '22008', '22009']);

function unavailable(message: string, cause: Error): PipelineError {
  return new PipelineError('REGISTRY_UNAVAILABLE', message, { cause, details: { reason: cause.message } });
}

/** A PipelineError passes through unchanged. */
export function toRegistryError(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (SOCKET_CODES.has(code) || (code === '' && DRIVER_TEXTS.test(cause.message))) {
    const reason = cause.message === '' ? code : cause.message;
    return unavailable(`The registry's Postgres cannot be reached (${reason}). Check that it runs.`, cause);
  }
  if (OLD_SCHEMA_STATES.has(code)) {
    return unavailable(
      `The registry's schema is missing or older than this code (${cause.message}). Migrate it.`,
      cause,
    );
  }
  if (UNAVAILABLE_STATES.test(code)) {
    return unavailable(`The registry's Postgres cannot answer now (${code}: ${cause.message}).`, cause);
  }
  if (TEXT_STATES.has(code)) {
    return new PipelineError('SIGNAL_INVALID', 'A text holds a NUL character or broken Unicode; remove it.', { cause });
  }
  if (VALUE_STATES.has(code)) {
    const message = `A value cannot be stored (${code}: ${cause.message}). Correct it: a repeat meets the same.`;
    return new PipelineError('SIGNAL_INVALID', message, { cause, details: { sqlState: code } });
  }
  // Postgres names table and constraint in its message; its detail holds the row's values, hashes of secrets among them.
  return new PipelineError('INVARIANT_BROKEN', `The registry refused a statement (${code}): ${cause.message}.`, {
    cause,
    details: { sqlState: code },
  });
}
