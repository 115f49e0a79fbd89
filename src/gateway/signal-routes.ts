/** Reports of monitors: any known format in, claims into the ledger. The formats themselves are read in core/signals. */

import type { z } from 'zod';
import { canonicalDigest } from '../core/canonical-json.js';
import type { Arrival } from '../core/signals/arrival.js';
import type { DriftClaim, Envelope, SignalFormat } from '../core/signals/drift-claim.js';
import { parseSignal } from '../core/signals/parse-signal.js';
import type { Instant } from '../core/types.js';
import { bytesDigest, type Kept, keep } from './accept.js';
import type { GatewayDeps } from './deps.js';
import { type Identity, requireRole } from './identity.js';
import { type Incoming, NO_BODY, type Route, route } from './route.js';
import { acceptedAnswer, signalParams, signalQuery } from './schemas.js';

type Query = z.output<typeof signalQuery>;

/** Bodies that bundle what was or will be sent in other company too: a repeat is told by the claim, not by the bytes. */
const BUNDLES: ReadonlySet<SignalFormat> = new Set(['cloudevents', 'alertmanager', 'nannyml']);

/** CloudEvents in binary mode stand in headers. */
function eventHeaders(headers: Incoming['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('ce-') || name === 'content-type'),
  );
}

interface Sent {
  readonly modelId: string;
  readonly receivedAt: Instant;
  readonly alertWindowMs: number;
}

function envelopeOf(query: Query, { headers, identity }: Incoming, sent: Sent): Envelope {
  const { source, id, start, end, nReference, nCurrent, severity, monitorVersion, columns } = query;
  // A signed message's own id names the event, when nothing else does.
  const eventId = id ?? (identity?.name.startsWith('webhook/') === true ? headers['webhook-id'] : undefined);
  return {
    ...sent,
    headers: eventHeaders(headers),
    ...(source === undefined ? {} : { source }),
    ...(eventId === undefined ? {} : { eventId }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(nReference === undefined ? {} : { nReference }),
    ...(nCurrent === undefined ? {} : { nCurrent }),
    ...(severity === undefined ? {} : { severity }),
    ...(monitorVersion === undefined ? {} : { monitorVersion }),
    ...(columns === undefined ? {} : { columns: columns.split(',').map((name) => name.trim()) }),
  };
}

function claimDigest({ receivedAt: _at, notes: _notes, ...content }: DriftClaim): string {
  return canonicalDigest(content);
}

interface From {
  readonly format: SignalFormat;
  readonly body: Buffer;
  readonly identity: Identity;
  readonly asOf: Instant | undefined;
}

function arrivalsOf(claims: readonly DriftClaim[], { format, body, identity, asOf }: From): Arrival[] {
  const whole = BUNDLES.has(format) ? null : bytesDigest(body);
  return claims.map((claim) => ({
    modelId: claim.modelId,
    channel: 'http',
    source: claim.source,
    eventId: claim.eventId,
    cause: claim.cause,
    requestedBy: identity.name,
    clock: asOf === undefined ? { mode: 'wall' } : { mode: 'replay', now: asOf },
    receivedAt: claim.receivedAt,
    isUrgent: claim.severity === 'critical',
    claim,
    body: {},
    bodyDigest: whole ?? claimDigest(claim),
  }));
}

interface Signal {
  readonly modelId: string;
  readonly format: SignalFormat;
  readonly query: Query;
  readonly incoming: Incoming;
  readonly identity: Identity;
}

async function read(deps: GatewayDeps, { modelId, format, query, incoming, identity }: Signal): Promise<Kept> {
  const { alertWindowMs } = await deps.models.require(modelId);
  const { body } = incoming;
  const sent = { modelId, receivedAt: new Date().toISOString(), alertWindowMs };
  const { claims, ignored } = parseSignal(format, body, envelopeOf(query, incoming, sent));
  return {
    format,
    arrivals: arrivalsOf(claims, { format, body, identity, asOf: query.asOf }),
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
