/** From any thrown value to what a person reads on standard error and the exit code of the process. */
import { ERROR_TABLE, type ErrorCode, PipelineError } from '../core/errors.js';

/** Not in the error table: the process failed in a way nobody named. */
const EXIT_UNEXPECTED = 1;
/** Wrong arguments, as for a wrong file. */
export const EXIT_USAGE = ERROR_TABLE.SIGNAL_INVALID.exitCode;

export interface Failure {
  readonly code: ErrorCode | 'UNEXPECTED';
  readonly message: string;
  readonly advice: string;
  readonly exitCode: number;
  readonly details: Readonly<Record<string, unknown>>;
}

const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH', 'EPIPE']);

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_TABLE, value);
}

function fieldOf(error: object, name: string): unknown {
  return name in error ? (error as Readonly<Record<string, unknown>>)[name] : undefined;
}

function named(code: ErrorCode, error: object, details: Failure['details'] = {}): Failure {
  const { advice: usual, exitCode } = ERROR_TABLE[code];
  const advice = error instanceof PipelineError ? error.advice : usual;
  return { code, message: String(fieldOf(error, 'message') ?? error), advice, exitCode, details };
}

/**
 * The code may stand anywhere in the chain of causes: Temporal wraps what a workflow refused, and carries our code as the
 * `type` of its failure.
 */
export function failureOf(error: unknown): Failure {
  const seen = new Set<unknown>();
  for (let link = error; typeof link === 'object' && link !== null && !seen.has(link); link = fieldOf(link, 'cause')) {
    seen.add(link);
    if (link instanceof PipelineError) return named(link.code, link, link.details);
    const type = fieldOf(link, 'type');
    if (isErrorCode(type)) return named(type, link);
    if (NETWORK.has(String(fieldOf(link, 'code')))) {
      return named('SERVER_UNREACHABLE', {
        message: `a server cannot be reached (${String(fieldOf(link, 'message'))})`,
      });
    }
  }
  const message = error instanceof Error ? error.message : String(error);
  const advice = 'Run the command again with --verbose to see where it happened.';
  return { code: 'UNEXPECTED', message, advice, exitCode: EXIT_UNEXPECTED, details: {} };
}

export function failureText(failure: Failure): string {
  return `${failure.code}: ${failure.message}\n${failure.advice}`;
}

/** The whole chain with its stacks, for --verbose. */
export function stackText(error: unknown): string {
  const stacks: string[] = [];
  const seen = new Set<unknown>();
  for (let link = error; link instanceof Error && !seen.has(link); link = link.cause) {
    seen.add(link);
    stacks.push(link.stack ?? link.message);
  }
  return stacks.join('\ncaused by ');
}
