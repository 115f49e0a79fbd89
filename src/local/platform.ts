/**
 * The platform of one machine: Postgres and Temporal, each embedded unless one of the user's own is configured. What runs
 * where stands in `platform.json` of the state folder, for the other commands; one process owns it at a time.
 */
import { existsSync, linkSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { PipelineError } from '../core/errors.js';
import { type LocalPostgres, startPostgres } from './postgres.js';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.js';
import { ensureStateDir, writePrivateFile } from './state-dir.js';
import { type LocalTemporal, startTemporal } from './temporal.js';

const port = z.number().int().min(1).max(65535);
const identity = z.object({ pid: z.number().int().positive(), startTime: z.string() });

const factsSchema = z.object({
  /** For workers and commands: of the embedded Postgres a login that cannot rewrite the registry. */
  databaseUrl: z.string(),
  temporalAddress: z.string(),
  /** Temporal's Web UI; null for a Temporal of the user's own. */
  uiUrl: z.string().nullable(),
  pids: z.object({ owner: identity, postgres: z.number().nullable(), temporal: z.number().nullable() }),
  /** The embedded services' ports, used again at the next start when they are free. */
  ports: z.object({
    postgres: port.optional(),
    temporal: port.optional(),
    temporalUi: port.optional(),
    temporalMetrics: port.optional(),
  }),
});

export type PlatformFacts = z.infer<typeof factsSchema>;
export type PlatformPorts = { readonly [K in keyof PlatformFacts['ports']]?: number | undefined };

/** What `readEnv()` answers fits. */
export interface PlatformSettings {
  readonly stateDir: string;
  readonly cacheDir: string;
  /** A Postgres of the user's own: then none is started. */
  readonly databaseUrl?: string | undefined;
  /** Who migrates the user's own Postgres, when `databaseUrl` may not. */
  readonly migrationUrl?: string | undefined;
  /** A Temporal of the user's own: then none is started. */
  readonly temporal?: { readonly address: string | undefined } | undefined;
  readonly temporalCli?: string | undefined;
  /** Ports that must be used. */
  readonly ports?: PlatformPorts | undefined;
}

export interface Platform extends PlatformFacts {
  /** Whoever owns the registry's schema: the embedded superuser, or the user's own choice. For migrations alone. */
  readonly migrationUrl: string;
  /** The embedded services, for fault injection; undefined where the user's own are used. */
  readonly postgres: LocalPostgres | undefined;
  readonly temporal: LocalTemporal | undefined;
  /** Stops Temporal, then Postgres. Stop the workers first. */
  stop(): Promise<void>;
  /** SIGKILL to both, for fault injection. A later start on the same folder recovers. */
  kill(): Promise<void>;
}

const factsPath = (stateDir: string): string => join(stateDir, 'platform.json');

function readFacts(stateDir: string): PlatformFacts | undefined {
  const path = factsPath(stateDir);
  if (!existsSync(path)) return undefined;
  try {
    return factsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // of another version: as good as none, and the next start writes it anew
  }
}

/** What the last start wrote and whether its owner still lives; undefined when nothing was ever started there. */
export function readPlatform(stateDir: string): (PlatformFacts & { readonly isRunning: boolean }) | undefined {
  const facts = readFacts(resolve(stateDir));
  return facts === undefined ? undefined : { ...facts, isRunning: isAlive(facts.pids.owner) };
}

function liveOwner(path: string): ProcessIdentity | undefined {
  try {
    const owner = identity.parse(JSON.parse(readFileSync(path, 'utf8')));
    return isAlive(owner) ? owner : undefined;
  } catch {
    return undefined; // removed this moment, or damaged: nobody's
  }
}

/** Makes this process the folder's owner; answers the path to remove when it no longer is. */
function claimOwnership(stateDir: string): string {
  const path = join(stateDir, 'platform.owner');
  const own = `${path}.${process.pid}`;
  writePrivateFile(own, JSON.stringify(ownIdentity()));
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      try {
        linkSync(own, path); // appears with its content, or not at all
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = liveOwner(path);
      if (owner !== undefined)
        throw new PipelineError(
          'PORT_TAKEN',
          `A platform already runs in ${stateDir}, owned by process ${owner.pid}. Use it, stop it, or set PERENNIAL_STATE_DIR to another folder.`,
          { details: { stateDir, pid: owner.pid } },
        );
      rmSync(path, { force: true }); // its owner was killed
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new PipelineError('PORT_TAKEN', `Others keep starting a platform in ${stateDir}. Let one of them have it.`);
}

interface Services {
  readonly postgres: LocalPostgres | undefined;
  readonly temporal: LocalTemporal | undefined;
}

async function startServices(settings: PlatformSettings, stateDir: string): Promise<Services> {
  const { databaseUrl, temporal, temporalCli, cacheDir, ports = {} } = settings;
  const before = readFacts(stateDir)?.ports ?? {};
  const postgres =
    databaseUrl === undefined
      ? await startPostgres({ stateDir, port: ports.postgres, preferredPort: before.postgres })
      : undefined;
  if (temporal?.address !== undefined) return { postgres, temporal: undefined };
  try {
    const server = await startTemporal({
      stateDir,
      cacheDir,
      temporalCli,
      ports: { grpc: ports.temporal, ui: ports.temporalUi, metrics: ports.temporalMetrics },
      preferredPorts: { grpc: before.temporal, ui: before.temporalUi, metrics: before.temporalMetrics },
    });
    return { postgres, temporal: server };
  } catch (error) {
    await postgres?.stop();
    throw error;
  }
}

function factsOf(settings: PlatformSettings, { postgres, temporal }: Services): PlatformFacts {
  return {
    databaseUrl: postgres?.appUrl ?? settings.databaseUrl ?? '',
    temporalAddress: temporal?.address ?? settings.temporal?.address ?? '',
    uiUrl: temporal?.uiUrl ?? null,
    pids: { owner: ownIdentity(), postgres: postgres?.pid ?? null, temporal: temporal?.pid ?? null },
    ports: {
      postgres: postgres?.port,
      temporal: temporal?.ports.grpc,
      temporalUi: temporal?.ports.ui,
      temporalMetrics: temporal?.ports.metrics,
    },
  };
}

/**
 * Starts what is not configured and waits until it answers. If this process dies without `stop`, the servers end by
 * themselves within moments; data stays.
 * @throws PORT_TAKEN when another live process owns the folder or a wanted port is taken; NATIVE_PART_MISSING; SERVER_UNREACHABLE
 */
export async function startPlatform(settings: PlatformSettings): Promise<Platform> {
  const stateDir = resolve(settings.stateDir);
  ensureStateDir(stateDir);
  const ownerPath = claimOwnership(stateDir);
  const release = (): void => rmSync(ownerPath, { force: true });
  try {
    const services = await startServices(settings, stateDir);
    const { postgres, temporal } = services;
    const facts = factsOf(settings, services);
    writePrivateFile(factsPath(stateDir), `${JSON.stringify(facts, null, 2)}\n`);
    const end = async (how: 'stop' | 'kill'): Promise<void> => {
      await temporal?.[how]();
      await postgres?.[how]();
      release();
    };
    const migrationUrl = postgres?.url ?? settings.migrationUrl ?? facts.databaseUrl;
    return { ...facts, migrationUrl, postgres, temporal, stop: () => end('stop'), kill: () => end('kill') };
  } catch (error) {
    release();
    throw error;
  }
}
