/** Notices that no monitor makes: labels have come, a version has changed, somebody asks for a retrain. */
import { randomUUID } from 'node:crypto';
import type { Arrival } from '../core/signals/arrival.js';
import type { RunClock } from '../core/types.js';
import { bytesDigest, keep } from './accept.js';
import type { GatewayDeps } from './deps.js';
import type { Identity } from './identity.js';
import { type Incoming, NOTHING, type Route, route } from './route.js';
import { acceptedAnswer, labelsBody, modelParams, retrainBody, versionBody } from './schemas.js';

/** A few fields: nobody needs more. */
const BODY_LIMIT = 64 * 1024;

const SUCCESS = {
  status: 202,
  schema: acceptedAnswer,
  description: 'Committed: whatever happens now, it is not lost',
} as const;
const COMMON = {
  method: 'POST',
  params: modelParams,
  query: NOTHING,
  success: SUCCESS,
  problems: [404, 408, 413, 429],
  bodyLimit: BODY_LIMIT,
} as const;

type Notice = Pick<Arrival, 'modelId' | 'source' | 'eventId' | 'cause' | 'requestedBy' | 'isUrgent' | 'body'> &
  Partial<Pick<Arrival, 'clock'>>;

async function keepNotice(deps: GatewayDeps, notice: Notice, incoming: Incoming) {
  await deps.models.require(notice.modelId);
  const arrival: Arrival = {
    clock: { mode: 'wall' },
    ...notice,
    channel: 'http',
    receivedAt: new Date().toISOString(),
    claim: null,
    bodyDigest: bytesDigest(incoming.body),
  };
  return keep(deps, { format: notice.source, arrivals: [arrival], bytes: incoming.body.length });
}

function noticeOf(
  fixed: Pick<Notice, 'source' | 'cause' | 'isUrgent'>,
  asked: { params: { model: string }; identity: Identity },
): Omit<Notice, 'eventId' | 'body'> {
  return { ...fixed, modelId: asked.params.model, requestedBy: asked.identity.name };
}

const labels = (deps: GatewayDeps): Route =>
  route({
    ...COMMON,
    path: '/v1/models/{model}/labels',
    operationId: 'announceLabels',
    summary: 'Labels have arrived in the source (the labels themselves stay there)',
    access: { of: 'model', role: 'signal' },
    body: labelsBody,
    handle: ({ body: { eventId, through }, ...asked }) => {
      const notice = noticeOf({ source: 'labels', cause: 'labels', isUrgent: false }, asked);
      return keepNotice(deps, { ...notice, eventId, body: { through } }, asked.incoming);
    },
  });

const versions = (deps: GatewayDeps): Route =>
  route({
    ...COMMON,
    path: '/v1/models/{model}/versions',
    operationId: 'announceVersion',
    summary: 'Code, a feature, a schema or the way that labels are made has changed',
    access: { of: 'model', role: 'signal' },
    body: versionBody,
    handle: ({ body: { eventId, ...change }, ...asked }) => {
      const notice = noticeOf({ source: 'versions', cause: 'version-change', isUrgent: true }, asked);
      return keepNotice(deps, { ...notice, eventId, body: change }, asked.incoming);
    },
  });

const retrain = (deps: GatewayDeps): Route =>
  route({
    ...COMMON,
    path: '/v1/models/{model}/retrain',
    operationId: 'requestRetrain',
    summary: 'Somebody asks for a retrain; what becomes of it stands in the list of triggers',
    access: { of: 'model', role: 'retrain' },
    body: retrainBody,
    handle: ({ body: { reason, eventId = randomUUID(), asOf }, ...asked }) => {
      const notice = noticeOf({ source: 'manual', cause: 'manual', isUrgent: true }, asked);
      const clock: RunClock = asOf === undefined ? { mode: 'wall' } : { mode: 'replay', now: asOf };
      return keepNotice(deps, { ...notice, eventId, clock, body: { reason } }, asked.incoming);
    },
  });

export const noticeRoutes = (deps: GatewayDeps): Route[] => [labels(deps), versions(deps), retrain(deps)];
