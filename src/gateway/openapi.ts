/** OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1) from the routes themselves: one set of schemas checks and describes. */
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { genericSignalSchema } from '../core/signals/generic.js';
import type { Route } from './route.js';
import { problemAnswer } from './schemas.js';

type Json = Record<string, unknown>;

/** As a caller writes it (`input`), or as the gateway does (`output`). */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function parameters(where: 'path' | 'query', schema: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = jsonSchema(schema, 'input');
  return Object.entries(properties as Record<string, Json>).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === 'path' || (required as string[]).includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function requestBody({ raw, body }: Route): Json {
  if (raw !== undefined) {
    const content = Object.fromEntries(raw.contentTypes.map((type) => [type, { schema: {} }]));
    return { requestBody: { required: true, description: raw.description, content } };
  }
  if (body === null) return {};
  return { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(body, 'input') } } } };
}

const PROBLEM = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } } };

function responses({ success, problems, access }: Route): Json {
  const { status, schema, description } = success;
  const content = schema === null ? {} : { content: { 'application/json': { schema: jsonSchema(schema, 'output') } } };
  const statuses = new Set([...problems, 422, ...(access.of === 'open' ? [] : [401, 403, 429, 503])]);
  const others = [...statuses].sort().map((code) => {
    const text = STATUS_CODES[code] ?? 'Problem';
    return [String(code), code === 304 ? { description: text } : { description: text, ...PROBLEM }];
  });
  return { [status]: { description, ...content }, ...Object.fromEntries(others) };
}

function operation(route: Route): Json {
  const { access } = route;
  const isOpen = access.of === 'open';
  const schemes = isOpen ? [] : [{ token: [] }, ...(access.takesWebhooks === true ? [{ webhook: [] }] : [])];
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(isOpen ? {} : { description: `Role: \`${access.role}\`.` }),
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...requestBody(route),
    responses: responses(route),
    security: schemes,
  };
}

export function openApiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.1',
    info: { title: 'perennial', version: '1', description: 'Signals in, runs and evidence out.' },
    paths,
    components: {
      schemas: {
        Problem: jsonSchema(problemAnswer, 'output'),
        /** What the format `generic` takes. */
        GenericSignal: jsonSchema(genericSignalSchema, 'input'),
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        webhook: {
          type: 'apiKey',
          in: 'header',
          name: 'webhook-signature',
          description: 'Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature',
        },
      },
    },
  };
}
