/** Approve, reject, and answer what a run asks. Who decides is whoever holds the token: the body has no say in that. */
import { randomUUID } from 'node:crypto';
import type { GatewayDeps } from './deps.js';
import { NOTHING, type Route, route } from './route.js';
import { answerBody, decisionAnswer, decisionBody, runParams } from './schemas.js';

const BODY_LIMIT = 64 * 1024;

function decision(deps: GatewayDeps, kind: 'approve' | 'reject'): Route {
  return route({
    method: 'POST',
    path: `/v1/runs/{model}/{no}/${kind}`,
    operationId: kind,
    summary: `${kind === 'approve' ? 'Promote' : 'Turn down'} the candidate of a run that awaits a person; by is the name of the token`,
    access: { of: 'model', role: 'approve' },
    params: runParams,
    query: NOTHING,
    body: decisionBody,
    bodyLimit: BODY_LIMIT,
    success: { status: 200, schema: decisionAnswer, description: 'The decision counts' },
    problems: [404, 409, 413, 429],
    handle: async ({ params, body, identity }) => {
      const client = await deps.client();
      const { reason, evidence, eventId = randomUUID() } = body;
      const key = { modelId: params.model, runNo: params.no };
      const answer = await client.decide({
        ...key,
        decision: kind,
        by: identity.name,
        reason,
        evidence,
        eventId,
      });
      // A refusal is a value with its own code and reason; only its status says that it did not count.
      return { status: answer?.accepted === true ? 200 : 409, body: answer };
    },
  });
}

function answer(deps: GatewayDeps): Route {
  return route({
    method: 'POST',
    path: '/v1/runs/{model}/{no}/answer',
    operationId: 'answer',
    summary: 'Answer a run that asks about its assessment or about missing labels; by is the name of the token',
    access: { of: 'model', role: 'approve' },
    params: runParams,
    query: NOTHING,
    body: answerBody,
    bodyLimit: BODY_LIMIT,
    success: { status: 200, schema: decisionAnswer, description: 'The answer counts' },
    problems: [404, 409, 413, 429],
    handle: async ({ params, body, identity }) => {
      const client = await deps.client();
      const { question, eventId = randomUUID(), ...said } = body;
      const answered = await client.answerQuestion({
        modelId: params.model,
        runNo: params.no,
        ...said,
        ...(question === undefined ? {} : { question }),
        by: identity.name,
        eventId,
      });
      return { status: answered?.accepted === true ? 200 : 409, body: answered };
    },
  });
}

export const decisionRoutes = (deps: GatewayDeps): Route[] => [
  decision(deps, 'approve'),
  decision(deps, 'reject'),
  answer(deps),
];
