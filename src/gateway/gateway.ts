/** The gateway as one value: `npm start` starts it beside the workers, a cluster runs it alone (main.ts). */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { ArtifactStore } from '../activities/deps.js';
import { coordinatorCalls } from '../client/coordinator-calls.js';
import { createIntake, type Taken } from '../client/intake.js';
import { type Notifier, startNotifier } from '../client/notify-pending.js';
import { openTemporalDoor } from '../client/temporal-door.js';
import type { ClientSettings } from '../client.js';
import { PipelineError } from '../core/errors.js';
import { DEFAULT_QUEUE } from '../core/queues.js';
import { readGauges } from '../registry/gauges.js';
import { acceptArrivals } from '../registry/intake.js';
import { createPool } from '../registry/pool.js';
import { liveTokens } from '../registry/tokens.js';
import { createGuard } from './access.js';
import { buildApp } from './app.js';
import { artifactRoute } from './artifact-route.js';
import { decisionRoutes } from './decision-routes.js';
import type { GatewayDeps } from './deps.js';
import { incidentRoutes } from './incident-routes.js';
import { keptFor } from './kept.js';
import { DEFAULT_LIMITS, type GatewayLimits } from './limits.js';
import { createMetrics } from './metrics.js';
import { createModelFacts } from './model-facts.js';
import { noticeRoutes } from './notice-routes.js';
import { qualityRoutes } from './quality-routes.js';
import { readRoutes } from './read-routes.js';
import type { Route } from './route.js';
import { serviceRoutes } from './service-routes.js';
import { signalRoutes } from './signal-routes.js';
import { createTokenCache } from './token-cache.js';
import { loadWebhookSecrets } from './webhook-secrets.js';

export interface GatewaySettings extends ClientSettings {
  readonly artifacts: ArtifactStore;
  /** Loopback by default. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** JSON file of the secrets of senders that sign; null or absent: none. */
  readonly webhookSecrets?: string | null;
  readonly limits?: Partial<GatewayLimits>;
  readonly log?: (line: string) => void;
}

export interface RunningGateway {
  readonly url: string;
  readonly port: number;
  /** Answers what is at hand, commits what was taken, then closes every connection. */
  stop(): Promise<void>;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** @throws FORBIDDEN: beyond this machine somebody has to be able to say who they are */
async function requireWayIn(host: string, waysIn: () => Promise<number>): Promise<void> {
  if (LOOPBACK.test(host) || (await waysIn()) > 0) return;
  throw new PipelineError(
    'FORBIDDEN',
    `The gateway does not listen on ${host}, beyond this machine, while there is no token and no webhook secret. Make one with \`perennial token create NAME --role signal --model MODEL\`, or listen on 127.0.0.1.`,
    { details: { host } },
  );
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new PipelineError(
      'PORT_TAKEN',
      `Port ${port} of ${host} is taken. Stop who listens there, or set PERENNIAL_GATEWAY_PORT.`,
      { cause, details: { host, port } },
    );
  }
}

/** A storm of commits is told of a few times a second, not at each. */
const POKE_EVERY_MS = 100;
const GAUGES_KEPT_MS = 100;

function poking(notifier: Notifier): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      notifier.poke();
    }, POKE_EVERY_MS).unref();
  };
}

interface Parts {
  readonly deps: GatewayDeps;
  /** Takes nothing new, commits what was taken, then lets go of everything. */
  close(): Promise<void>;
}

function connectParts(settings: GatewaySettings, log: (line: string) => void): Parts {
  const pool = createPool(settings.databaseUrl, { maxConnections: 6 });
  // One transaction at a time: readers, however many and slow, never hold up what arrives.
  const intakePool = createPool(settings.databaseUrl, { maxConnections: 1 });
  const door = openTemporalDoor(settings);
  const send = coordinatorCalls(door.client, settings.queue ?? DEFAULT_QUEUE).sendPending;
  const notifier = startNotifier({ pool, send, log });
  const poke = poking(notifier);
  const metrics = createMetrics({
    queueDepth: () => intake.depth,
    gauges: keptFor(GAUGES_KEPT_MS, () => readGauges(pool)),
  });
  const onCommitted = (taken: readonly Taken[], commitMs: number): void => {
    metrics.commitSeconds.observe(commitMs / 1000);
    metrics.batchSize.observe(taken.length);
    poke();
  };
  const intake = createIntake({ accept: (arrivals) => acceptArrivals(intakePool, arrivals), onCommitted });
  const deps: GatewayDeps = {
    pool,
    intake,
    metrics,
    models: createModelFacts(pool),
    artifacts: settings.artifacts,
    client: () => door.perennial(),
    temporalState: () => door.state(),
  };
  const close = async (): Promise<void> => {
    await intake.close();
    await notifier.stop();
    await door.close();
    await intakePool.end();
    await pool.end();
  };
  return { deps, close };
}

function routesOf(deps: GatewayDeps): Route[] {
  const routes = [
    ...signalRoutes(deps),
    ...noticeRoutes(deps),
    ...readRoutes(deps),
    ...incidentRoutes(deps),
    ...decisionRoutes(deps),
    ...qualityRoutes(deps),
    artifactRoute(deps),
  ];
  return [...routes, ...serviceRoutes(deps, routes)];
}

/** @throws FORBIDDEN, PORT_TAKEN, SPEC_INVALID for the secrets' file. Neither Postgres nor Temporal need answer yet on loopback */
export async function startGateway(settings: GatewaySettings): Promise<RunningGateway> {
  const { host = '127.0.0.1', port, log = () => undefined } = settings;
  const secrets = loadWebhookSecrets(settings.webhookSecrets ?? null);
  const { deps, close } = connectParts(settings, log);
  const { pool, metrics } = deps;
  const guard = createGuard(
    createTokenCache(() => liveTokens(pool)),
    secrets,
  );
  const limits = { ...DEFAULT_LIMITS, ...settings.limits };
  const app = await buildApp({ routes: routesOf(deps), guard, limits, metrics, log });
  const stop = async (): Promise<void> => {
    await app.close();
    await close();
  };
  try {
    await requireWayIn(host, async () => secrets.count + (await liveTokens(pool)).length);
    await listen(app, host, port);
  } catch (error) {
    await stop();
    throw error;
  }
  const bound = (app.server.address() as AddressInfo).port;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${bound}`, port: bound, stop };
}
