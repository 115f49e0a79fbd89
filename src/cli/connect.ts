/**
 * The real client behind the commands' port: settings from the environment, else from the platform that runs in the state
 * folder. The client (and with it Temporal's) is loaded only when a command needs it.
 */
import { PipelineError } from '../core/errors.js';
import { type Env, readEnv } from '../env.js';
import { readPlatform } from '../local/platform.js';
import type { CliClient, ScheduleResult } from './client-port.js';

interface Target {
  readonly databaseUrl: string;
  readonly temporalAddress: string | undefined;
}

/** @throws SERVER_UNREACHABLE when neither the environment nor a running platform says where to connect */
export function findTarget(env: Pick<Env, 'databaseUrl' | 'stateDir' | 'temporal'>): Target {
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

export async function openClient(): Promise<CliClient> {
  const env = readEnv();
  const { databaseUrl, temporalAddress } = findTarget(env);
  const { connectClient } = await import('../client.js');
  const { namespace, connectionOptions } = env.temporal;
  const client = await connectClient({
    databaseUrl,
    temporal: {
      address: temporalAddress,
      namespace,
      ...(connectionOptions === undefined ? {} : { connectionOptions }),
    },
  });
  const changeSchedule: CliClient['changeSchedule'] = async ({ modelId, to }): Promise<ScheduleResult> => {
    if (to === 'deleted') {
      await client.deleteSchedule(modelId);
      return { modelId, scheduleId: `schedule/${modelId}`, state: to, isPaused: false, nextAt: [] };
    }
    const change = {
      set: () => client.setSchedule({ modelId }),
      paused: () => client.pauseSchedule(modelId),
      resumed: () => client.resumeSchedule(modelId),
    };
    return { modelId, state: to, ...(await change[to]()) };
  };
  return {
    applySpec: client.applySpec,
    requestRetrain: client.requestRetrain,
    decide: async (request) => {
      const answer = await client.decide(request);
      // Null is the answer to a Signal, and this is an Update.
      if (answer === null)
        throw new PipelineError('INVARIANT_BROKEN', 'A decision by Update came back without an answer.');
      return answer;
    },
    labelsArrived: client.labelsArrived,
    rollback: client.rollback,
    listRuns: client.listRuns,
    showRun: client.showRun,
    champion: client.champion,
    verify: client.verify,
    changeSchedule,
    close: client.close,
  };
}
