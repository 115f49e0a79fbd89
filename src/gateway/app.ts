/** The HTTP server around the routes: limits, access, errors as JSON. No rule of the pipeline is here. */
import type { Socket } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Guard } from './access.js';
import type { Identity } from './identity.js';
import type { GatewayLimits } from './limits.js';
import type { GatewayMetrics } from './metrics.js';
import { HttpRefusal, problemOf } from './problems.js';
import type { Answer, Route } from './route.js';

declare module 'fastify' {
  interface FastifyRequest {
    identity: Identity | null;
  }
  interface FastifyContextConfig {
    route?: Route;
  }
}

interface AppParts {
  readonly routes: readonly Route[];
  readonly guard: Guard;
  readonly limits: GatewayLimits;
  readonly metrics: GatewayMetrics;
  readonly log: (line: string) => void;
}

const NO_BODY = Buffer.alloc(0);
/** A whole burst of a window may come at once. */
const RATE_WINDOW_SEC = 10;

function refuse(reply: FastifyReply, error: unknown, log: AppParts['log']): FastifyReply {
  const { status, body, headers, isUnforeseen } = problemOf(error, {
    bodyLimit: reply.request?.routeOptions?.bodyLimit,
  });
  if (isUnforeseen) log(`gateway: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return reply.code(status).headers(headers).send(body);
}

/** What never became a request: a broken one, or one whose headers or body did not come in time. */
function onBrokenRequest(error: Error, socket: Socket): void {
  if (!socket.writable || socket.destroyed || (error as NodeJS.ErrnoException).code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const found = problemOf(error);
  const { status, body } = found.isUnforeseen
    ? problemOf(new HttpRefusal('REQUEST_MALFORMED', 'The request cannot be read.'))
    : found;
  const text = JSON.stringify(body);
  const head = `HTTP/1.1 ${status} -\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n`;
  socket.end(head + text);
}

function createServer({ limits, log }: AppParts): FastifyInstance {
  return Fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: 75_000,
    exposeHeadRoutes: false,
    // While it stops, what still comes on an open connection is answered, and told that the connection ends.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 100 },
    http: {
      maxHeaderSize: 16 * 1024,
      headersTimeout: Math.min(10_000, limits.requestMs),
      // How often time-outs are looked at; Node's own default is half a minute.
      connectionsCheckingInterval: 1_000,
    },
    clientErrorHandler: onBrokenRequest,
    frameworkErrors: (error, _request, reply) => refuse(reply, error, log),
  });
}

async function addRateLimit(app: FastifyInstance, { limits }: AppParts): Promise<void> {
  await app.register(rateLimit, {
    global: true,
    max: limits.ratePerSec * RATE_WINDOW_SEC,
    timeWindow: RATE_WINDOW_SEC * 1000,
    keyGenerator: ({ identity, ip }) => (identity === null ? `address ${ip}` : `token ${identity.name}`),
    addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    errorResponseBuilder: ({ params }, { after }) => {
      // Alertmanager drops an alert that was answered 429 and repeats one that was answered 503.
      const isLossy = (params as { format?: unknown }).format === 'alertmanager';
      return new HttpRefusal('RATE_LIMITED', `Too many requests with this token; again in ${after}.`, {
        ...(isLossy ? { status: 503 } : {}),
      });
    },
  });
}

/** 404 for an unknown path, 405 with `Allow` for a known one. */
function addNotFound(app: FastifyInstance, routes: readonly Route[]): void {
  const patterns = routes.map(({ path, method }) => ({
    pattern: new RegExp(`^${path.replace(/\./g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
    method,
  }));
  app.setNotFoundHandler(({ url, method }) => {
    const path = url.split('?')[0] ?? '';
    const allowed = patterns.filter(({ pattern }) => pattern.test(path)).map((one) => one.method);
    if (allowed.length === 0) throw new HttpRefusal('ROUTE_UNKNOWN', 'There is no such route.');
    throw new HttpRefusal('METHOD_NOT_ALLOWED', `This route does not take ${method}.`, {
      headers: { allow: [...new Set(allowed)].join(', ') },
    });
  });
}

function send(reply: FastifyReply, { status, body, stream, headers = {} }: Answer): FastifyReply {
  reply.code(status).headers(headers);
  return stream === undefined ? reply.send(body) : reply.send(stream);
}

const textHeaders = (request: FastifyRequest): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );

function addRoute(app: FastifyInstance, route: Route, { guard }: AppParts): void {
  app.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    config: { route },
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    handler: async (request, reply) => {
      const body = request.body instanceof Buffer ? request.body : NO_BODY;
      const { params, query, headers } = request;
      request.identity ??= guard.late(route.access, { headers, params, body });
      const { identity } = request;
      return send(reply, await route.answer({ params, query, body, headers: textHeaders(request), identity }));
    },
  });
}

export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { routes, guard, metrics, log } = parts;
  const app = createServer(parts);
  app.removeAllContentTypeParsers();
  // Bodies stay bytes: what is no JSON to everybody (NaN) is fine for the format's own parser.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.decorateRequest('identity', null);
  app.setErrorHandler((error, _request, reply) => refuse(reply, error, log));
  app.addHook('onRequest', async (request) => {
    const { route } = request.routeOptions.config;
    if (route !== undefined) request.identity = await guard.early(route.access, request);
  });
  app.addHook('onResponse', async ({ routeOptions, method }, { statusCode }) => {
    const route = routeOptions.config.route?.path ?? 'unknown';
    const known = ['GET', 'POST'].includes(method) ? method : 'other';
    metrics.requests.inc({ route, method: known, status: String(statusCode) });
  });
  await addRateLimit(app, parts);
  addNotFound(app, routes);
  for (const route of routes) addRoute(app, route, parts);
  return app;
}
