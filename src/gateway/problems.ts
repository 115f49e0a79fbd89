/**
 * What a caller sees when something is wrong: `{code, message, advice}`, from the error table, or from the few codes below
 * that only HTTP knows. Never a stack, never a text that nobody wrote for callers.
 */
import { ERROR_TABLE, type ErrorCode, PipelineError } from '../core/errors.js';

interface HttpRule {
  readonly httpStatus: number;
  readonly advice: string;
}

/** Of the transport alone: they never cross Temporal and have no exit code. */
export const HTTP_TABLE = {
  REQUEST_MALFORMED: { httpStatus: 400, advice: 'Correct the request; the text says what is wrong with it.' },
  ROUTE_UNKNOWN: { httpStatus: 404, advice: 'GET /openapi.json lists every route.' },
  METHOD_NOT_ALLOWED: { httpStatus: 405, advice: 'Use a method that the header Allow names.' },
  REQUEST_TIMEOUT: { httpStatus: 408, advice: 'Send the whole request within the time allowed.' },
  BODY_TOO_LARGE: { httpStatus: 413, advice: 'Send less at once; of signals, an operator may raise the limit.' },
  HEADERS_TOO_LARGE: { httpStatus: 431, advice: 'Send fewer or shorter headers.' },
  RATE_LIMITED: { httpStatus: 429, advice: 'Wait as long as the header Retry-After says, then send it again.' },
} as const satisfies Record<string, HttpRule>;

export type HttpCode = keyof typeof HTTP_TABLE;

/** A refusal that only HTTP knows. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  readonly code: HttpCode;
  readonly headers: Readonly<Record<string, string>>;
  /** The table's, unless a sender is known to read it wrongly. */
  readonly status: number;

  constructor(code: HttpCode, message: string, options: { headers?: Record<string, string>; status?: number } = {}) {
    super(message);
    this.code = code;
    this.headers = options.headers ?? {};
    this.status = options.status ?? HTTP_TABLE[code].httpStatus;
  }
}

export interface Problem {
  readonly status: number;
  readonly body: { readonly code: ErrorCode | HttpCode; readonly message: string; readonly advice: string };
  readonly headers: Readonly<Record<string, string>>;
  /** Nobody foresaw it: the operator is told, the caller is not. */
  readonly isUnforeseen: boolean;
}

const RETRY_AFTER_SEC = '2';

function ofRefusal({ code, message, headers, status }: HttpRefusal): Problem {
  const { advice } = HTTP_TABLE[code];
  return { status, body: { code, message, advice }, headers, isUnforeseen: false };
}

/** What it says names our servers; a caller needs to know no more than this. */
function publicText({ code, message, details }: PipelineError): string {
  if (code === 'INVARIANT_BROKEN') return 'Something went wrong here; the log of the gateway says what.';
  if (code === 'SERVER_UNREACHABLE') return 'Temporal does not answer now. Send it again in a moment.';
  if (code === 'REGISTRY_UNAVAILABLE' && 'reason' in details) {
    return 'The registry does not answer now; whether it was kept is not known. Send it again: twice is once.';
  }
  return message;
}

function ofPipeline(error: PipelineError): Problem {
  const { code, advice } = error;
  const { httpStatus } = ERROR_TABLE[code];
  const headers: Record<string, string> = {};
  if (httpStatus === 503) headers['retry-after'] = RETRY_AFTER_SEC;
  if (httpStatus === 401) headers['www-authenticate'] = 'Bearer realm="perennial"';
  const isUnforeseen = code === 'INVARIANT_BROKEN';
  return { status: httpStatus, body: { code, message: publicText(error), advice }, headers, isUnforeseen };
}

/** Codes of the HTTP server's own errors. */
function ofServer(code: unknown, message: string, bodyLimit: number | undefined): HttpRefusal | null {
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const limit = bodyLimit === undefined ? '' : `: this route takes at most ${bodyLimit} bytes`;
    return new HttpRefusal('BODY_TOO_LARGE', `The body is too large${limit}.`);
  }
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpRefusal('HEADERS_TOO_LARGE', 'The headers are too large.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new HttpRefusal('REQUEST_TIMEOUT', 'The request did not arrive in time.');
  }
  if (typeof code === 'string' && /^(FST_ERR_(CTP|BAD_URL|ROUTE)|HPE_)/.test(code)) {
    return new HttpRefusal('REQUEST_MALFORMED', `The request cannot be read: ${message}.`);
  }
  return null;
}

/** @param request.bodyLimit bytes that its route takes */
export function problemOf(error: unknown, request: { readonly bodyLimit?: number | undefined } = {}): Problem {
  if (error instanceof HttpRefusal) return ofRefusal(error);
  if (error instanceof PipelineError) return ofPipeline(error);
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: '', message: '' };
  const known = ofServer(code, message, request.bodyLimit);
  if (known !== null) return ofRefusal(known);
  return ofPipeline(new PipelineError('INVARIANT_BROKEN', 'unforeseen'));
}
