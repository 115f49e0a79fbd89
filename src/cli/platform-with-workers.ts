/** Postgres, Temporal, all workers and the gateway in this process: what `up` and `start` share. */
import { join } from 'node:path';
import type { ClientSettings } from '../client.js';
import { PipelineError } from '../core/errors.js';
import { type Env, readVariable } from '../env.js';
import { type GatewaySettings, type RunningGateway, startGateway } from '../gateway/gateway.js';
import { type Platform, startPlatform } from '../local/platform.js';
import { createLocalStore } from '../storage/local-store.js';

export interface PlatformWithWorkers {
  readonly facts: Platform;
  readonly clientSettings: ClientSettings;
  readonly gatewayUrl: string;
  /** Rejects, or ends with a sentence, when the workers end by themselves. */
  readonly failed: Promise<string>;
  /** Finishes what is at hand, then stops everything. */
  stop(): Promise<void>;
}

/** A second platform on this machine is no reason to fail: its gateway listens on a port that is free. */
async function startSomewhere(settings: GatewaySettings, log: (line: string) => void): Promise<RunningGateway> {
  try {
    return await startGateway(settings);
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === 'PORT_TAKEN')) throw error;
    const gateway = await startGateway({ ...settings, port: 0 });
    log(`port ${settings.port} is taken: the gateway listens on ${gateway.port}`);
    return gateway;
  }
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
    const clientSettings = { databaseUrl: facts.databaseUrl, temporal };
    const { host, port, ratePerSec, bodyBytes, webhookSecrets } = env.gateway;
    const gateway = await startSomewhere(
      {
        ...clientSettings,
        artifacts: createLocalStore(env.artifactDir),
        host,
        port,
        webhookSecrets: webhookSecrets ?? null,
        limits: { ratePerSec, bodyBytes },
        log,
      },
      log,
    ).catch(async (error: unknown) => {
      await workers.stop();
      throw error;
    });
    return {
      facts,
      clientSettings,
      gatewayUrl: gateway.url,
      failed: workers.ended.then(() => 'the workers ended by themselves'),
      stop: async () => {
        await gateway.stop();
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
