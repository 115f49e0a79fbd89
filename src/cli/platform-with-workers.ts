/** Postgres, Temporal and all workers in this process: what `up` and `start` share. */
import { join } from 'node:path';
import type { ClientSettings } from '../client.js';
import { type Env, readVariable } from '../env.js';
import { type Platform, startPlatform } from '../local/platform.js';

export interface PlatformWithWorkers {
  readonly facts: Platform;
  readonly clientSettings: ClientSettings;
  /** Rejects, or ends with a sentence, when the workers end by themselves. */
  readonly failed: Promise<string>;
  /** Finishes what is at hand, then stops everything. */
  stop(): Promise<void>;
}

export async function startPlatformAndWorkers(env: Env, log: (line: string) => void): Promise<PlatformWithWorkers> {
  const facts = await startPlatform(env);
  try {
    // Temporal's native runtime is loaded here and by nothing else of the command line.
    const { quietRuntime, startWorkers } = await import('../worker.js');
    quietRuntime(env.logLevel);
    const { connectionOptions, namespace } = env.temporal;
    const address = facts.temporalAddress;
    const temporal = { address, namespace, connectionOptions: { ...connectionOptions, address } };
    const workers = await startWorkers({
      databaseUrl: facts.databaseUrl,
      migrationUrl: facts.migrationUrl,
      temporal,
      artifactDir: env.artifactDir,
      scratchDir: join(env.stateDir, 'scratch'),
      deployment:
        env.deploymentName === undefined || env.buildId === undefined
          ? null
          : { deploymentName: env.deploymentName, buildId: env.buildId },
      sourceUrl: (name) => (name === 'DATABASE_URL' ? facts.databaseUrl : readVariable(name)),
      log,
    });
    return {
      facts,
      clientSettings: { databaseUrl: facts.databaseUrl, temporal },
      failed: workers.ended.then(() => 'the workers ended by themselves'),
      stop: async () => {
        await workers.stop();
        await facts.stop();
      },
    };
  } catch (error) {
    await facts.stop();
    throw error;
  }
}

export interface Stop {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly asked: Promise<NodeJS.Signals>;
  release(): void;
}

/** Taken before anything starts, so that no signal finds the servers without somebody to stop them. */
export function stopSignal(onImpatience: () => void): Stop {
  let isAsked = false;
  let resolveAsked: (signal: NodeJS.Signals) => void = () => undefined;
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    resolveAsked = resolve;
  });
  const listener = (signal: NodeJS.Signals): void => {
    if (isAsked) onImpatience();
    isAsked = true;
    resolveAsked(signal);
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    asked,
    release: () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}
