/** What operators and programs ask of the gateway itself: is it there, can it work, its figures, its description. */
import { queryOne } from '../registry/database.js';
import type { GatewayDeps } from './deps.js';
import { mayTouch } from './identity.js';
import { keptFor } from './kept.js';
import { openApiDocument } from './openapi.js';
import { NO_BODY, NOTHING, type Route, route } from './route.js';
import { healthAnswer, readyAnswer } from './schemas.js';

const GET = { method: 'GET', params: NOTHING, query: NOTHING, body: NO_BODY, problems: [] } as const;
const OPEN = { of: 'open' } as const;
const NO_STORE = { 'cache-control': 'no-store' };

const health = (): Route =>
  route({
    ...GET,
    path: '/healthz',
    operationId: 'health',
    summary: 'The process answers',
    access: OPEN,
    success: { status: 200, schema: healthAnswer, description: 'It does' },
    handle: async () => ({ status: 200, body: { status: 'ok' }, headers: NO_STORE }),
  });

const KEPT_MS = 500;

function ready({ pool, temporalState }: GatewayDeps): Route {
  const postgresState = keptFor(KEPT_MS, () =>
    queryOne(pool, 'select from perennial.tokens limit 1').then(
      () => 'reachable',
      () => 'unreachable',
    ),
  );
  return route({
    ...GET,
    path: '/readyz',
    operationId: 'readiness',
    summary: 'Signals can be taken: Postgres answers. Temporal is told, and not needed for that',
    access: OPEN,
    success: { status: 200, schema: readyAnswer, description: 'Ready' },
    problems: [503],
    handle: async () => {
      const [postgres, temporal] = await Promise.all([postgresState(), temporalState()]);
      const isReady = postgres === 'reachable';
      return {
        status: isReady ? 200 : 503,
        body: { status: isReady ? 'ready' : 'not-ready', postgres, temporal },
        headers: NO_STORE,
      };
    },
  });
}

const figures = ({ metrics }: GatewayDeps): Route =>
  route({
    ...GET,
    path: '/metrics',
    operationId: 'metrics',
    summary: "Figures in Prometheus's text format; a token with the role read for any model",
    access: { of: 'any-model', role: 'read' },
    success: { status: 200, schema: null, description: 'Text' },
    handle: async ({ identity }) => ({
      status: 200,
      body: await metrics.render((modelId) => mayTouch(identity, modelId)),
      headers: { ...NO_STORE, 'content-type': metrics.contentType },
    }),
  });

/** @param routes all others, which the document describes beside these */
export function serviceRoutes(deps: GatewayDeps, routes: readonly Route[]): Route[] {
  const own = [health(), ready(deps), figures(deps)];
  const description = route({
    ...GET,
    path: '/openapi.json',
    operationId: 'describe',
    summary: 'This document',
    access: OPEN,
    success: { status: 200, schema: null, description: 'OpenAPI 3.1' },
    handle: async () => ({ status: 200, body: document }),
  });
  const document = openApiDocument([...routes, ...own, description]);
  return [...own, description];
}
