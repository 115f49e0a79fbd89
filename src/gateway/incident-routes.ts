/** What is broken, and the word that it is over. Who says so is whoever holds the token. */
import { z } from 'zod';
import { listIncidents } from '../registry/list-incidents.js';
import type { GatewayDeps } from './deps.js';
import { NO_BODY, NOTHING, type Route, route } from './route.js';
import {
  closeIncidentBody,
  incidentClosedAnswer,
  incidentParams,
  incidentsAnswer,
  incidentsQuery,
  modelParams,
} from './schemas.js';

const BODY_LIMIT = 64 * 1024;

const list = ({ pool }: GatewayDeps): Route =>
  route({
    method: 'GET',
    path: '/v1/models/{model}/incidents',
    operationId: 'listIncidents',
    summary: 'What is broken: the open incidents of a model, newest first, with their evidence',
    access: { of: 'model', role: 'read' },
    params: modelParams,
    query: incidentsQuery,
    body: NO_BODY,
    success: { status: 200, schema: incidentsAnswer, description: 'Incidents' },
    problems: [404],
    handle: async ({ params: { model: modelId }, query: { limit, all } }) => {
      const incidents = await listIncidents(pool, { modelId, limit, isOpenOnly: all !== 'true' });
      return { status: 200, body: { incidents } };
    },
  });

const closedAnswer = incidentClosedAnswer.extend({
  held: z.int().meta({ description: 'Claims that it held, which are judged again; 0 when it was closed before' }),
});

const close = (deps: GatewayDeps): Route =>
  route({
    method: 'POST',
    path: '/v1/models/{model}/incidents/{id}/close',
    operationId: 'closeIncident',
    summary: 'The incident is over: what it held is judged again; by is the name of the token. Twice is once',
    access: { of: 'model', role: 'approve' },
    params: incidentParams,
    query: NOTHING,
    body: closeIncidentBody,
    bodyLimit: BODY_LIMIT,
    success: { status: 200, schema: closedAnswer, description: 'The incident, closed' },
    problems: [404, 413, 429],
    handle: async ({ params: { model: modelId, id: incidentId }, body: { reason, isRepaired }, identity }) => {
      const client = await deps.client();
      const request = { modelId, incidentId, by: identity.name, reason, isRepaired };
      return { status: 200, body: await client.closeIncident(request) };
    },
  });

export const incidentRoutes = (deps: GatewayDeps): Route[] => [list(deps), close(deps)];
