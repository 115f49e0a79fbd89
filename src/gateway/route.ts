/**
 * What a route is: one value from which the server, the checks of access and the OpenAPI document are all made, so that
 * none of them can say something else than the others.
 */
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { PipelineError } from '../core/errors.js';
import type { TokenRole } from '../registry/tokens.js';
import type { Identity } from './identity.js';
import { issueText, wordingOf } from './wording.js';

/**
 * Who may call it. `open`: anybody. `model`: whoever has the role for the model in the path. `any-model`: whoever has the
 * role for some model; the handler answers for those models alone.
 */
export type Access =
  | { readonly of: 'open' }
  | { readonly of: 'model' | 'any-model'; readonly role: TokenRole; readonly takesWebhooks?: boolean };

export interface Incoming {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Null on an open route. */
  readonly identity: Identity | null;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly stream?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bytes that a format's own parser reads. */
interface RawBody {
  readonly description: string;
  readonly contentTypes: readonly string[];
}

interface RouteFacts {
  readonly method: 'GET' | 'POST';
  /** As OpenAPI writes it, e.g. `/v1/models/{model}/runs`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly access: Access;
  /** Status and shape of the answer when all is well; null: no JSON. */
  readonly success: { readonly status: number; readonly schema: z.ZodType | null; readonly description: string };
  /** Statuses besides those that every route of its access may answer. */
  readonly problems: readonly number[];
  readonly raw?: RawBody;
  /** Bytes; the gateway's general limit when absent. */
  readonly bodyLimit?: number;
}

export interface Route extends RouteFacts {
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  /** Null: no body, or a raw one. */
  readonly body: z.ZodType | null;
  answer(incoming: Incoming): Promise<Answer>;
}

interface Asked<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly incoming: Incoming;
  /** Of the caller; only an open route has none. */
  readonly identity: Identity;
}

interface Definition<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> extends RouteFacts {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  handle(asked: Asked<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Answer>;
}

/** Of a route without parameters, a query or a body. */
export const NOTHING = z.strictObject({});
export const NO_BODY = z.undefined();
const NOBODY: Identity = { name: 'nobody', roles: [], models: [] };

/** @throws SIGNAL_INVALID naming part and field */
function parsePart<Schema extends z.ZodType>(part: string, schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value, { error: wordingOf });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(issueText);
  throw new PipelineError('SIGNAL_INVALID', `In the ${part}: ${problems.slice(0, 5).join('; ')}.`);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new PipelineError('SIGNAL_INVALID', 'The body is no JSON.', { cause });
  }
}

export function route<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>(
  definition: Definition<Params, Query, Body>,
): Route {
  const { params, query, body, handle, ...facts } = definition;
  const hasBody = !(body instanceof z.ZodUndefined);
  return {
    ...facts,
    params,
    query,
    body: hasBody ? body : null,
    answer: async (incoming) =>
      handle({
        params: parsePart('path', params, incoming.params),
        query: parsePart('query', query, incoming.query),
        body: parsePart('body', body, hasBody ? parseJson(incoming.body) : undefined),
        incoming,
        identity: incoming.identity ?? NOBODY,
      }),
  };
}
