/**
 * The composition root: builds the adapters, injects them into activities and runs the Workers. `npm start` runs all
 * three in one process; a cluster runs `node dist/worker.js [run] [data] [train]` as often as it likes.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerInterceptors,
  type WorkerOptions,
} from '@temporalio/worker';
import { runAssessJobOffLoop } from './activities/assess/off-loop-jobs.js';
import { createDataActivities } from './activities/create-data-activities.js';
import { createEvaluationActivities } from './activities/create-evaluation-activities.js';
import { createMonitorActivities, type MonitorActivities } from './activities/create-monitor-activities.js';
import { createRunActivities } from './activities/create-run-activities.js';
import { createSchemaActivities } from './activities/create-schema-activities.js';
import { createTrainActivities } from './activities/create-train-activities.js';
import type { ActivityDeps } from './activities/deps.js';
import { evaluateOffLoop } from './activities/off-loop-evaluation.js';
import { baselineOffLoop, measureOffLoop } from './activities/off-loop-monitor.js';
import { createPollActivities, type PollActivities } from './activities/poll-nannyml.js';
import { removeStaleScratch } from './activities/scratch.js';
import { wrapActivities } from './activities/wrap.js';
import { coordinatorCalls } from './client/coordinator-calls.js';
import { startNotifier } from './client/notify-pending.js';
import { createTemporalLink } from './client/temporal-link.js';
import { PipelineError } from './core/errors.js';
import { DEFAULT_QUEUE, queueNames } from './core/queues.js';
import { createDataset } from './dataset/create-dataset.js';
import { readEnv, readVariable, type TemporalEnv } from './env.js';
import { createRegistry } from './registry/create-registry.js';
import { acceptArrivals } from './registry/intake.js';
import { migrate } from './registry/migrate.js';
import { monitorRegistry } from './registry/monitor-points.js';
import { movePollerCursor, pollerCursor } from './registry/poller-cursors.js';
import { createPool } from './registry/pool.js';
import { parsePlace, readNannymlNews } from './sources/nannyml-tables.js';
import { createLocalStore } from './storage/local-store.js';
import { trainerCodeDigest } from './trainer/code-digest.js';
import { createTrainerHost } from './trainer/host.js';
import { ensureSearchAttributes } from './worker/search-attributes.js';
import { loadWorkflowBundle } from './worker/workflow-bundle.js';

export type WorkerRole = 'run' | 'data' | 'train';
const ROLES: readonly WorkerRole[] = ['run', 'data', 'train'];

export interface WorkerSettings {
  readonly databaseUrl: string;
  /** Who migrates the schema; `databaseUrl` itself when absent, which then needs the right where anything is missing. */
  readonly migrationUrl?: string | undefined;
  readonly temporal: TemporalEnv;
  readonly artifactDir: string;
  readonly scratchDir: string;
  /** Base name of the task queues. */
  readonly queue?: string;
  readonly roles?: readonly WorkerRole[];
  readonly deployment?: { readonly deploymentName: string; readonly buildId: string } | null;
  /** Connection URL behind the variable that a source names. */
  readonly sourceUrl: (variable: string) => string | undefined;
  readonly log?: (line: string) => void;
  /** Temporal's own hooks around activities, e.g. tracing. */
  readonly interceptors?: WorkerInterceptors;
}

export interface RunningWorkers {
  /** Finishes what is at hand (a training up to its next checkpoint), then closes every connection. */
  stop(): Promise<void>;
  /** Settles when the workers have ended; rejects when one of them failed. */
  readonly ended: Promise<void>;
}

/** Longer than one checkpoint and the trainer's own grace. */
const SHUTDOWN_GRACE = '20s';

export async function startWorkers(settings: WorkerSettings): Promise<RunningWorkers> {
  const log = settings.log ?? (() => undefined);
  const base = settings.queue ?? DEFAULT_QUEUE;
  const { temporal } = settings;
  await mkdir(settings.scratchDir, { recursive: true });
  await removeStaleScratch(settings.scratchDir);
  await patiently(() => migrate(settings.migrationUrl ?? settings.databaseUrl), { what: 'Postgres', log });
  const connection = await connectNative(temporal, log);
  const clientConnection = await Connection.connect(temporal.connectionOptions);
  const client = new Client({
    connection: clientConnection,
    namespace: temporal.namespace,
  });
  const hasSearchAttributes = await ensureSearchAttributes(clientConnection, { namespace: temporal.namespace, log });
  const pool = createPool(settings.databaseUrl);
  const deps = buildDeps(settings, { client, pool, base, hasSearchAttributes });
  const polls = pollActivities(settings, pool);
  const monitor = monitorActivities(deps, pool);
  const notifier = startNotifier({ pool, send: coordinatorCalls(client, base).sendPending, log });
  const bundle = await loadWorkflowBundle();
  const common = { connection, namespace: temporal.namespace, shutdownGraceTime: SHUTDOWN_GRACE } as const;
  const workers = await Promise.all(
    (settings.roles ?? ROLES).map((role) =>
      Worker.create({
        ...common,
        ...optionsOf(role, { base, bundle, deps, polls, monitor }),
        ...deploymentOf(settings),
        ...(settings.interceptors === undefined ? {} : { interceptors: settings.interceptors }),
      }),
    ),
  );
  const ended = Promise.all(workers.map((worker) => worker.run()))
    .then(() => undefined)
    .finally(async () => {
      await notifier.stop();
      await pool.end();
      await clientConnection.close();
      await connection.close();
    });
  // Whoever waits for the end sees the failure; until then it must not count as unhandled.
  ended.catch(() => undefined);
  return {
    ended,
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended.catch(() => undefined);
    },
  };
}

function buildDeps(
  settings: WorkerSettings,
  made: { client: Client; pool: ReturnType<typeof createPool>; base: string; hasSearchAttributes: boolean },
): ActivityDeps {
  const artifacts = createLocalStore(settings.artifactDir);
  return {
    artifacts,
    registry: createRegistry(made.pool),
    dataset: createDataset({
      store: artifacts,
      scratchDir: settings.scratchDir,
      connectionUrl: settings.sourceUrl,
    }),
    trainer: createTrainerHost({ store: artifacts }),
    temporal: createTemporalLink(made.client, coordinatorCalls(made.client, made.base)),
    evaluateOffLoop,
    runAssessJob: runAssessJobOffLoop,
    trainerCodeDigest,
    hasSearchAttributes: made.hasSearchAttributes,
    scratchDir: settings.scratchDir,
  };
}

/** The notifier, which looks every few seconds, tells the coordinators of what a poll has put into the ledger. */
function pollActivities(settings: WorkerSettings, pool: ReturnType<typeof createPool>): PollActivities {
  return createPollActivities({
    depsOf: ({ urlEnv, schema, modelName, since }, signal) => {
      const source = { url: settings.sourceUrl(urlEnv), urlEnv, schema, modelName, since };
      return {
        now: () => new Date().toISOString(),
        readCursor: (id) => pollerCursor(pool, id),
        readNews: (place, envelope) => readNannymlNews(source, { place: parsePlace(place), envelope, signal }),
        accept: (arrivals) => acceptArrivals(pool, arrivals),
        moveCursor: (id, to) => movePollerCursor(pool, id, to),
      };
    },
  });
}

/** The notifier tells the coordinators of what a look has put into the ledger, as it does of polls. */
function monitorActivities(deps: ActivityDeps, pool: ReturnType<typeof createPool>): MonitorActivities {
  const { artifacts, dataset, trainer, scratchDir } = deps;
  const now = (): string => new Date().toISOString();
  const registry = monitorRegistry(pool);
  return createMonitorActivities({
    registry,
    artifacts,
    dataset,
    trainer,
    baselineOffLoop,
    measureOffLoop,
    now,
    scratchDir,
  });
}

/** Options are set on purpose: the defaults (100 activity slots, no grace) are made for other work. */
function optionsOf(
  role: WorkerRole,
  made: {
    base: string;
    bundle: NonNullable<WorkerOptions['workflowBundle']>;
    deps: ActivityDeps;
    polls: PollActivities;
    monitor: MonitorActivities;
  },
): Pick<WorkerOptions, 'taskQueue'> & Partial<WorkerOptions> {
  const queues = queueNames(made.base);
  const { deps } = made;
  switch (role) {
    case 'run':
      return {
        taskQueue: queues.base,
        workflowBundle: made.bundle,
        activities: wrapActivities(createRunActivities(deps), { heartbeatMs: null }),
        maxConcurrentActivityTaskExecutions: 20,
        maxCachedWorkflows: 400,
      };
    case 'data':
      return {
        taskQueue: queues.data,
        activities: wrapActivities(
          {
            ...createDataActivities(deps),
            ...createEvaluationActivities(deps),
            ...createSchemaActivities(deps),
            ...made.polls,
            ...made.monitor,
          },
          { heartbeatMs: 5_000 },
        ),
        maxConcurrentActivityTaskExecutions: 2,
      };
    case 'train':
      return {
        taskQueue: queues.train,
        activities: wrapActivities(createTrainActivities(deps), { heartbeatMs: null }),
        maxConcurrentActivityTaskExecutions: 1,
        // Else a cancel takes 21 s to arrive.
        maxHeartbeatThrottleInterval: '2s',
        defaultHeartbeatThrottleInterval: '2s',
      };
  }
}

function deploymentOf(settings: WorkerSettings): Partial<WorkerOptions> {
  if (settings.deployment === undefined || settings.deployment === null) return {};
  return {
    workerDeploymentOptions: {
      version: settings.deployment,
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}

const PATIENCE_MS = 120_000;
const PAUSE_MS = 500;

/** A worker may start before the services that it needs: it waits, and says so once. */
async function patiently<T>(
  attempt: () => Promise<T>,
  options: { what: string; log: (line: string) => void },
): Promise<T> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await attempt();
    } catch (error) {
      const isFinal = error instanceof PipelineError && !error.retryable;
      if (isFinal || Date.now() > giveUpAt) throw error;
      if (isFirst) options.log(`${options.what} does not answer yet; waiting.`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

type NativeOptions = Parameters<typeof NativeConnection.connect>[0];

const connectNative = (temporal: TemporalEnv, log: (line: string) => void): Promise<NativeConnection> =>
  patiently(() => NativeConnection.connect(temporal.connectionOptions as NativeOptions), { what: 'Temporal', log });

/** Temporal's own log: errors alone, unless more was asked for. Once a process, before the first connection. */
export function quietRuntime(logLevel: string): void {
  const level = logLevel === 'debug' || logLevel === 'trace' ? 'DEBUG' : 'ERROR';
  const filter = makeTelemetryFilterString({ core: level, other: 'ERROR' });
  Runtime.install({ logger: new DefaultLogger(level), telemetryOptions: { logging: { filter, forward: {} } } });
}

/** The command line of a cluster's worker process. */
async function main(): Promise<void> {
  const env = readEnv();
  const roles = process.argv.slice(2).filter((word): word is WorkerRole => ROLES.includes(word as WorkerRole));
  if (env.databaseUrl === undefined) throw new Error('DATABASE_URL is not set: a worker needs the registry.');
  quietRuntime(env.logLevel);
  const workers = await startWorkers({
    databaseUrl: env.databaseUrl,
    migrationUrl: env.migrationUrl,
    temporal: env.temporal,
    artifactDir: env.artifactDir,
    scratchDir: join(env.stateDir, 'scratch'),
    roles: roles.length === 0 ? ROLES : roles,
    deployment:
      env.deploymentName === undefined || env.buildId === undefined
        ? null
        : { deploymentName: env.deploymentName, buildId: env.buildId },
    sourceUrl: readVariable,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`perennial worker ${process.pid} runs: ${(roles.length === 0 ? ROLES : roles).join(', ')}\n`);
  await workers.ended;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}
