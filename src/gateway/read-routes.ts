/** What a reader may see: models, runs, the ledger, the champion. All from the registry, so that it works without Temporal. */
import { champion, championAt } from '../registry/aliases.js';
import { listTriggers } from '../registry/list-triggers.js';
import { listPoints, newestLook } from '../registry/monitor-points.js';
import { listModels, showRun } from '../registry/reads.js';
import { listRuns, outcomesOf } from '../registry/runs.js';
import type { GatewayDeps } from './deps.js';
import { mayTouch } from './identity.js';
import { NO_BODY, NOTHING, type Route, route } from './route.js';
import {
  championAnswer,
  championQuery,
  modelParams,
  modelsAnswer,
  monitorAnswer,
  monitorQuery,
  pageQuery,
  runAnswer,
  runParams,
  runsAnswer,
  runsQuery,
  triggersAnswer,
} from './schemas.js';

const GET = { method: 'GET', body: NO_BODY } as const;
const READ = { of: 'model', role: 'read' } as const;

const models = ({ pool }: GatewayDeps): Route =>
  route({
    ...GET,
    path: '/v1/models',
    operationId: 'listModels',
    summary: 'The models that the token may read, by name',
    access: { of: 'any-model', role: 'read' },
    params: NOTHING,
    query: NOTHING,
    success: { status: 200, schema: modelsAnswer, description: 'Models' },
    problems: [],
    handle: async ({ identity }) => {
      const found = await listModels(pool);
      return { status: 200, body: { models: found.filter(({ modelId }) => mayTouch(identity, modelId)) } };
    },
  });

function runs({ pool, models: facts }: GatewayDeps): Route[] {
  const list = route({
    ...GET,
    path: '/v1/models/{model}/runs',
    operationId: 'listRuns',
    summary: 'Runs of a model, newest first',
    access: READ,
    params: modelParams,
    query: runsQuery,
    success: { status: 200, schema: runsAnswer, description: 'Runs' },
    problems: [404],
    handle: async ({ params: { model: modelId }, query: { limit, open } }) => {
      await facts.require(modelId);
      return { status: 200, body: { runs: await listRuns(pool, { modelId, limit, isOpenOnly: open === 'true' }) } };
    },
  });
  const one = route({
    ...GET,
    path: '/v1/runs/{model}/{no}',
    operationId: 'showRun',
    summary: 'One run with its stages, triggers, snapshots, evaluations and decisions',
    access: READ,
    params: runParams,
    query: NOTHING,
    success: { status: 200, schema: runAnswer, description: 'The run' },
    problems: [404],
    handle: async ({ params: { model: modelId, no: runNo } }) => ({
      status: 200,
      body: await showRun(pool, { modelId, runNo }),
    }),
  });
  return [list, one];
}

const triggers = ({ pool }: GatewayDeps): Route =>
  route({
    ...GET,
    path: '/v1/models/{model}/triggers',
    operationId: 'listTriggers',
    summary: 'The ledger: every reason to retrain that arrived, what became of it and why; newest first',
    access: READ,
    params: modelParams,
    query: pageQuery,
    success: { status: 200, schema: triggersAnswer, description: 'A page of the ledger' },
    problems: [404],
    handle: async ({ params: { model: modelId }, query: { limit, before } }) => {
      const found = await listTriggers(pool, { modelId, limit, before });
      const outcomes = await outcomesOf(pool, modelId, found);
      const rows = found.map((row) => ({ ...row, outcome: outcomes.get(row.runNo ?? 0) ?? null }));
      const next = found.length < limit ? null : (found.at(-1)?.seq ?? null);
      return { status: 200, body: { triggers: rows, next } };
    },
  });

const championRoute = ({ pool, models: facts }: GatewayDeps): Route =>
  route({
    ...GET,
    path: '/v1/models/{model}/champion',
    operationId: 'showChampion',
    summary: 'The version in force, now or at an instant',
    access: READ,
    params: modelParams,
    query: championQuery,
    success: { status: 200, schema: championAnswer, description: 'The champion; null before the first promotion' },
    problems: [404],
    handle: async ({ params: { model: modelId }, query: { at } }) => {
      await facts.require(modelId);
      const found = await (at === undefined ? champion(pool, modelId) : championAt(pool, modelId, at));
      return { status: 200, body: { modelId, at: at ?? null, champion: found } };
    },
  });

const monitorRoute = ({ pool, models: facts }: GatewayDeps): Route =>
  route({
    ...GET,
    path: '/v1/models/{model}/monitor',
    operationId: 'showMonitor',
    summary: 'What the built-in monitor measured: by series, oldest period first',
    access: READ,
    params: modelParams,
    query: monitorQuery,
    success: { status: 200, schema: monitorAnswer, description: 'Figures of the newest periods' },
    problems: [404],
    handle: async ({ params: { model: modelId }, query }) => {
      await facts.require(modelId);
      const points = await listPoints(pool, { modelId, ...query });
      return { status: 200, body: { modelId, points, look: await newestLook(pool, modelId) } };
    },
  });

export const readRoutes = (deps: GatewayDeps): Route[] => [
  models(deps),
  ...runs(deps),
  triggers(deps),
  championRoute(deps),
  monitorRoute(deps),
];
