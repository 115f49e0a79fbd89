/** The reviewed schema of a model's source and its quarantined rows: read, accept, release. Inferring is for who may start work: the command line. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { diffSchemas } from '../core/quality/diff-schemas.js';
import { listQuarantines, listReleases } from '../registry/quarantines.js';
import { listSchemas } from '../registry/source-schemas.js';
import type { GatewayDeps } from './deps.js';
import { NO_BODY, NOTHING, type Route, route } from './route.js';
import { eventId, modelParams, reason, text, utc } from './schemas.js';

const BODY_LIMIT = 64 * 1024;
const LIMIT = 200;
const GET = { method: 'GET', body: NO_BODY, params: modelParams, query: NOTHING, problems: [404] } as const;
const POST = {
  method: 'POST',
  params: modelParams,
  query: NOTHING,
  bodyLimit: BODY_LIMIT,
  problems: [404, 413, 429],
} as const;

const window = z.object({ start: z.string(), end: z.string() });

const schemaAnswer = z.object({
  versions: z.array(
    z.looseObject({ version: z.int(), isCurrent: z.boolean(), accepted: z.looseObject({ by: z.string() }).nullable() }),
  ),
  differences: z
    .array(z.object({ column: z.string(), what: z.string(), text: z.string() }))
    .meta({ description: 'From the accepted version to the newest' }),
});

const showSchema = ({ pool, models }: GatewayDeps): Route =>
  route({
    ...GET,
    path: '/v1/models/{model}/schema',
    operationId: 'showSchema',
    summary: 'Versions of the schema of the source, newest first, and what awaits a review',
    access: { of: 'model', role: 'read' },
    success: { status: 200, schema: schemaAnswer, description: 'Versions' },
    handle: async ({ params: { model } }) => {
      await models.require(model);
      const versions = await listSchemas(pool, model);
      const current = versions.find(({ isCurrent }) => isCurrent) ?? null;
      const newest = versions[0];
      const differences = newest === undefined ? [] : diffSchemas(current?.schema ?? null, newest.schema);
      return { status: 200, body: { versions, differences } };
    },
  });

const accept = (deps: GatewayDeps): Route =>
  route({
    ...POST,
    path: '/v1/models/{model}/schema/accept',
    operationId: 'acceptSchema',
    summary: 'Hold windows against a version of the schema from now on; by is the name of the token',
    access: { of: 'model', role: 'approve' },
    body: z.strictObject({ version: z.int().min(1), reason }),
    success: { status: 200, schema: z.object({ isNew: z.boolean() }), description: 'It holds' },
    handle: async ({ params: { model }, body: { version, reason }, identity }) => {
      const client = await deps.client();
      const { isNew } = await client.acceptSchema({ modelId: model, version, reason, by: identity.name });
      return { status: 200, body: { isNew } };
    },
  });

const quarantineAnswer = z.object({
  quarantined: z.array(
    z.object({
      modelId: z.string(),
      runNo: z.int(),
      kind: z.enum(['training', 'holdout']),
      reason: z.string(),
      rows: z.int(),
      examples: z.array(z.string()),
      window,
    }),
  ),
  releases: z.array(z.object({ reason: z.string(), window, by: z.string(), why: z.string(), at: z.string() })),
});

const quarantine = ({ pool, models }: GatewayDeps): Route =>
  route({
    ...GET,
    path: '/v1/models/{model}/quarantine',
    operationId: 'listQuarantine',
    summary: 'Rows that snapshots left out, by reason, newest runs first; and what was released',
    access: { of: 'model', role: 'read' },
    success: { status: 200, schema: quarantineAnswer, description: 'Quarantined rows' },
    handle: async ({ params: { model } }) => {
      await models.require(model);
      const quarantined = await listQuarantines(pool, { modelId: model, limit: LIMIT });
      return { status: 200, body: { quarantined, releases: await listReleases(pool, model) } };
    },
  });

const released = z.object({
  isNew: z.boolean().meta({ description: 'false: the same was released before' }),
  note: z
    .string()
    .nullable()
    .meta({ description: 'That nothing was left out there for it so far; null where something was' }),
});

const release = (deps: GatewayDeps): Route =>
  route({
    ...POST,
    path: '/v1/models/{model}/quarantine/release',
    operationId: 'releaseQuarantine',
    summary: 'Vouch for rows of a window that fail one check, so that later snapshots use them',
    access: { of: 'model', role: 'approve' },
    body: z.strictObject({
      eventId: eventId.optional(),
      check: text(300).meta({ description: 'As the list names it, e.g. out-of-range:distance' }),
      start: utc,
      end: utc,
      reason,
    }),
    success: { status: 200, schema: released, description: 'They are used from now on' },
    handle: async ({
      params: { model },
      body: { eventId: id = randomUUID(), check, start, end, reason },
      identity,
    }) => {
      const client = await deps.client();
      const asked = {
        modelId: model,
        eventId: id,
        reason: check,
        window: { start, end },
        by: identity.name,
        why: reason,
      };
      return { status: 200, body: await client.releaseQuarantine(asked) };
    },
  });

export const qualityRoutes = (deps: GatewayDeps): Route[] => [
  showSchema(deps),
  accept(deps),
  quarantine(deps),
  release(deps),
];
