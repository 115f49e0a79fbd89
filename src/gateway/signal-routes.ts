/** Reports of monitors: any known format in, claims into the ledger. The formats themselves are read in core/signals. */

import type { z } from 'zod';
import { PipelineError } from '../core/errors.js';
import type { Arrival } from '../core/signals/arrival.js';
import { claimDigest } from '../core/signals/claim-digest.js';
import type { DriftClaim, Envelope, SignalFormat } from '../core/signals/drift-claim.js';
import { parseSignal } from '../core/signals/parse-signal.js';
import type { Instant, RunClock } from '../core/types.js';
import { type Kept, keep } from './accept.js';
import type { GatewayDeps } from './deps.js';
import { type Identity, requireRole } from './identity.js';
import { type Incoming, NO_BODY, type Route, route } from './route.js';
import { acceptedAnswer, signalParams, signalQuery } from './schemas.js';

type Query = z.output<typeof signalQuery>;

/** Bodies that bundle what was or will be sent in other company too: a message's id names none of their claims. */
const BUNDLES: ReadonlySet<SignalFormat> = new Set(['cloudevents', 'alertmanager', 'nannyml']);

/** CloudEvents in binary mode stand in headers. */
function eventHeaders(headers: Incoming['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('ce-') || name === 'content-type'),
  );
}

interface Signal {
  readonly modelId: string;
  readonly format: SignalFormat;
  readonly query: Query;
  readonly incoming: Incoming;
  readonly identity: Identity;
}

interface Sent {
  readonly modelId: string;
  readonly receivedAt: Instant;
  readonly alertWindowMs: number;
}

interface Names {
  readonly source: string | undefined;
  readonly eventId: string | undefined;
}

/**
 * A signature covers id and body. Whoever saw a signed message could send it again under other names or as graver, if the
 * query or the headers of a CloudEvent might give them: one message would become many.
 * @throws SIGNAL_INVALID
 */
function signedNames({ query, incoming, identity, format }: Signal): Names {
  const unsigned = (['source', 'id', 'severity'] as const).filter((name) => query[name] !== undefined);
  const isBinary = Object.keys(incoming.headers).some((name) => name.startsWith('ce-'));
  const found = [...unsigned, ...(isBinary ? ['headers ce-…'] : [])];
  if (found.length > 0) {
    const message = `The signature does not cover ${found.join(', ')}: leave them out, or put them into the body (a structured CloudEvent).`;
    throw new PipelineError('SIGNAL_INVALID', message, { details: { unsigned: found } });
  }
  return { source: identity.name, eventId: BUNDLES.has(format) ? undefined : incoming.headers['webhook-id'] };
}

function envelopeOf(signal: Signal, sent: Sent): Envelope {
  const { query, incoming, identity } = signal;
  const { start, end, nReference, nCurrent, severity, monitorVersion, columns, asOf } = query;
  const { source, eventId } =
    identity.isSigner === true ? signedNames(signal) : { source: query.source, eventId: query.id };
  return {
    ...sent,
    headers: eventHeaders(incoming.headers),
    ...(source === undefined ? {} : { source }),
    ...(eventId === undefined ? {} : { eventId }),
    ...(asOf === undefined ? {} : { asOf }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(nReference === undefined ? {} : { nReference }),
    ...(nCurrent === undefined ? {} : { nCurrent }),
    ...(severity === undefined ? {} : { severity }),
    ...(monitorVersion === undefined ? {} : { monitorVersion }),
    ...(columns === undefined ? {} : { columns: columns.split(',').map((name) => name.trim()) }),
  };
}

function arrivalsOf(claims: readonly DriftClaim[], { identity, query: { asOf } }: Signal): Arrival[] {
  const clock: RunClock = asOf === undefined ? { mode: 'wall' } : { mode: 'replay', now: asOf };
  return claims.map((claim) => ({
    modelId: claim.modelId,
    channel: 'http',
    source: claim.source,
    eventId: claim.eventId,
    cause: claim.cause,
    requestedBy: identity.name,
    clock,
    receivedAt: claim.receivedAt,
    isUrgent: claim.severity === 'critical',
    claim,
    body: {},
    bodyDigest: claimDigest(claim, clock),
  }));
}

async function read(deps: GatewayDeps, signal: Signal): Promise<Kept> {
  const { modelId, format, incoming } = signal;
  const { alertWindowMs } = await deps.models.require(modelId);
  const { body } = incoming;
  const sent = { modelId, receivedAt: new Date().toISOString(), alertWindowMs };
  const { claims, ignored } = parseSignal(format, body, envelopeOf(signal, sent));
  return {
    format,
    arrivals: arrivalsOf(claims, signal),
    bytes: body.length,
    ignored,
    notes: claims.flatMap(({ notes }) => notes),
  };
}

export function signalRoutes(deps: GatewayDeps): Route[] {
  const post = route({
    method: 'POST',
    path: '/v1/models/{model}/signals/{format}',
    operationId: 'sendSignal',
    summary: "A monitor's report, in its own format. What a bare report cannot tell stands in the query.",
    access: { of: 'model', role: 'signal', takesWebhooks: true },
    params: signalParams,
    query: signalQuery,
    body: NO_BODY,
    raw: {
      description: "The report's bytes as the monitor wrote them (NaN and Infinity are fine); CSV for nannyml",
      contentTypes: [
        'application/json',
        'application/cloudevents+json',
        'application/cloudevents-batch+json',
        'text/csv',
      ],
    },
    success: { status: 202, schema: acceptedAnswer, description: 'Committed: whatever happens now, it is not lost' },
    problems: [404, 408, 413, 429],
    handle: async ({ params, query, incoming, identity }) => {
      const { format } = params;
      if (query.asOf !== undefined) requireRole(identity, 'retrain');
      try {
        return await keep(deps, await read(deps, { modelId: params.model, format, query, incoming, identity }));
      } catch (error) {
        deps.metrics.arrivals.inc({ format, result: 'refused' });
        throw error;
      }
    },
  });
  return [post];
}
