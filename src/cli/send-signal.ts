/**
 * Two ways for a signal to be sent: over HTTP to a gateway, or straight into the ledger of the registry, which also works
 * while Temporal is away. Both answer only after the commit.
 */
import { z } from 'zod';
import { ERROR_TABLE, type ErrorCode, PipelineError } from '../core/errors.js';
import type { Accepted, Arrival, Refused } from '../core/signals/arrival.js';
import { claimDigest } from '../core/signals/claim-digest.js';
import type { Envelope, ParsedSignal, SignalFormat } from '../core/signals/drift-claim.js';
import type { RunClock } from '../core/types.js';
import { readEnv } from '../env.js';
import { readPlatform } from '../local/platform.js';
import { acceptArrivals } from '../registry/intake.js';
import { createPool } from '../registry/pool.js';

const TIMEOUT_MS = 30_000;
const WALL: RunClock = { mode: 'wall' };

export interface Signal {
  readonly format: SignalFormat;
  readonly body: Buffer;
  readonly envelope: Envelope;
}

/** One claim's place in the ledger, or why it has none. */
export interface Sent {
  readonly eventId: string;
  readonly triggerId: string | null;
  readonly state: string;
  readonly isNew: boolean;
  readonly problem: string | null;
  /** Why it has no place, for the exit code; null when it has one. */
  readonly code: ErrorCode | null;
}

const answerSchema = z.object({
  accepted: z.array(z.object({ eventId: z.string(), triggerId: z.string(), state: z.string(), isNew: z.boolean() })),
  refused: z.array(z.object({ eventId: z.string(), code: z.string(), message: z.string() })).default([]),
});
const problemSchema = z.object({ code: z.string(), message: z.string() });

function addressOf(url: string, { format, envelope }: Signal): URL {
  let base: URL;
  try {
    base = new URL(url.endsWith('/') ? url : `${url}/`);
  } catch (cause) {
    throw new PipelineError('SIGNAL_INVALID', `--url ${url} is no address: write e.g. http://127.0.0.1:7070.`, {
      cause,
    });
  }
  const address = new URL(`v1/models/${encodeURIComponent(envelope.modelId)}/signals/${format}`, base);
  const { eventId, source, start, end, nReference, nCurrent, severity, monitorVersion, columns } = envelope;
  const query = { source, id: eventId, start, end, nReference, nCurrent, severity, monitorVersion };
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) address.searchParams.set(name, `${value}`);
  if (columns !== undefined) address.searchParams.set('columns', columns.join(','));
  return address;
}

function refusalOf(status: number, text: string): PipelineError {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    // A proxy's page, for one: the status alone is told.
    given = null;
  }
  const problem = problemSchema.safeParse(given);
  const message = problem.success ? `${problem.data.code}: ${problem.data.message}` : `it answered ${status}.`;
  const code = problem.success && problem.data.code in ERROR_TABLE ? (problem.data.code as ErrorCode) : codeOf(status);
  return new PipelineError(code, `The gateway did not take the signal: ${message}`, { details: { status } });
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'FORBIDDEN';
  return status >= 500 || status === 429 ? 'SERVER_UNREACHABLE' : 'SIGNAL_INVALID';
}

/** @throws SERVER_UNREACHABLE, or what the gateway answered */
export async function sendOverHttp(signal: Signal, to: { url: string; token: string | undefined }): Promise<Sent[]> {
  const address = addressOf(to.url, signal);
  const headers = {
    'content-type': signal.format === 'nannyml' ? 'text/csv' : 'application/json',
    ...signal.envelope.headers,
    ...(to.token === undefined ? {} : { authorization: `Bearer ${to.token}` }),
  };
  let response: Response;
  let text: string;
  try {
    const body = new Uint8Array(signal.body);
    response = await fetch(address, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    text = await response.text();
  } catch (cause) {
    throw new PipelineError('SERVER_UNREACHABLE', `The gateway at ${address.origin} does not answer.`, { cause });
  }
  if (!response.ok) throw refusalOf(response.status, text);
  const { accepted, refused } = answerSchema.parse(JSON.parse(text));
  return [
    ...accepted.map((one) => ({ ...one, problem: null, code: null })),
    ...refused.map(({ eventId, code, message }) => notTaken(eventId, { code: knownCode(code), message })),
  ];
}

const knownCode = (code: string): ErrorCode => (code in ERROR_TABLE ? (code as ErrorCode) : 'SIGNAL_INVALID');

const notTaken = (eventId: string, { code, message }: { code: ErrorCode; message: string }): Sent => ({
  eventId,
  triggerId: null,
  state: 'refused',
  isNew: false,
  problem: message,
  code,
});

function databaseUrl(): string {
  const { databaseUrl: own, stateDir } = readEnv();
  const local = own === undefined ? readPlatform(stateDir) : undefined;
  const url = own ?? (local?.isRunning === true ? local.databaseUrl : undefined);
  if (url !== undefined) return url;
  throw new PipelineError(
    'SERVER_UNREACHABLE',
    `no platform runs in ${stateDir}, and DATABASE_URL is not set. Name a gateway with --url to send over HTTP.`,
    { details: { stateDir } },
  );
}

const arrivalOf = (claim: ParsedSignal['claims'][number], by: string): Arrival => ({
  modelId: claim.modelId,
  channel: 'cli',
  source: claim.source,
  eventId: claim.eventId,
  cause: claim.cause,
  requestedBy: by,
  clock: WALL,
  receivedAt: claim.receivedAt,
  isUrgent: claim.severity === 'critical',
  claim,
  body: {},
  bodyDigest: claimDigest(claim, WALL),
});

/** Straight into the ledger; the model's coordinator learns of it as of every other arrival. @throws REGISTRY_UNAVAILABLE */
export async function sendDirect(parsed: ParsedSignal, by: string): Promise<Sent[]> {
  const pool = createPool(databaseUrl(), { maxConnections: 1 });
  try {
    const arrivals = parsed.claims.map((claim) => arrivalOf(claim, by));
    const taken: readonly (Accepted | Refused)[] = await acceptArrivals(pool, arrivals);
    return taken.map((one, i) =>
      'refused' in one ? notTaken(arrivals[i]!.eventId, one.refused) : sentOf(arrivals[i]!.eventId, one),
    );
  } finally {
    await pool.end();
  }
}

function sentOf(eventId: string, { triggerId, state, isNew, isDifferent }: Accepted): Sent {
  const problem = isDifferent ? 'It was here before with another content: the first one stands.' : null;
  return { eventId, triggerId, state, isNew, problem, code: null };
}
