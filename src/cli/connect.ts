/**
 * The client of the commands: settings from the environment, else from the platform that runs in the state folder. It (and
 * with it Temporal's) is loaded only when a command needs it.
 */
import type { PerennialClient } from '../client.js';
import { PipelineError } from '../core/errors.js';
import { type Env, readEnv } from '../env.js';
import { readPlatform } from '../local/platform.js';

interface Target {
  readonly databaseUrl: string;
  readonly temporalAddress: string | undefined;
}

/** @throws SERVER_UNREACHABLE when neither the environment nor a running platform says where to connect */
function findTarget(env: Pick<Env, 'databaseUrl' | 'stateDir' | 'temporal'>): Target {
  const { databaseUrl, stateDir, temporal } = env;
  if (databaseUrl !== undefined && temporal.address !== undefined) {
    return { databaseUrl, temporalAddress: temporal.address };
  }
  const local = readPlatform(stateDir);
  if (local === undefined || !local.isRunning) {
    const missing = [
      databaseUrl === undefined ? 'DATABASE_URL' : null,
      temporal.address === undefined ? 'TEMPORAL_ADDRESS' : null,
    ].filter((name) => name !== null);
    throw new PipelineError(
      'SERVER_UNREACHABLE',
      `no platform runs in ${stateDir}, and ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set.`,
      { details: { stateDir, missing } },
    );
  }
  return {
    databaseUrl: databaseUrl ?? local.databaseUrl,
    temporalAddress: temporal.address ?? local.temporalAddress,
  };
}

export async function openClient(): Promise<PerennialClient> {
  const env = readEnv();
  const { databaseUrl, temporalAddress } = findTarget(env);
  const { connectClient } = await import('../client.js');
  const { namespace, connectionOptions } = env.temporal;
  return connectClient({
    databaseUrl,
    temporal: {
      address: temporalAddress,
      namespace,
      ...(connectionOptions === undefined ? {} : { connectionOptions }),
    },
  });
}
