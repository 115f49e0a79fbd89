// What the parent asks while runs are under way: Postgres and Temporal directly, and perennial's own client. Connections are
// lost and found again with the servers, so every question may fail and is asked again by the caller.
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { connectClient } from '../../../dist/client.js';
import { createPool } from '../../../dist/registry/pool.js';

const PATIENCE_MS = 3_000;

export const workflowIdOf = ({ modelId, runNo }) => `retrain/${modelId}/${runNo}`;

export async function openProbe(stack) {
  const { databaseUrl, temporalAddress: address } = stack;
  const connection = await Connection.connect({ address });
  const temporal = new Client({ connection, namespace: 'default' });
  const pool = createPool(databaseUrl, { maxConnections: 4 });
  const client = await connectClient({ databaseUrl, temporal: { address, namespace: 'default' } });
  const handleOf = (key) => temporal.workflow.getHandle(workflowIdOf(key));
  const row = async (text, values) => (await pool.query(text, values)).rows[0];
  const patiently = (call) => temporal.withDeadline(Date.now() + PATIENCE_MS, call);
  return {
    client,
    temporal,
    pool,
    handleOf,
    /** The newest stage that stands in the registry. */
    stage: async ({ modelId, runNo }) =>
      (
        await row(
          'select stage from perennial.run_stages where model_id = $1 and run_no = $2 order by step desc limit 1',
          [modelId, runNo],
        )
      )?.stage,
    run: ({ modelId, runNo }) =>
      row('select closed_at, outcome, failure from perennial.runs where model_id = $1 and run_no = $2', [
        modelId,
        runNo,
      ]),
    status: (key) => patiently(() => handleOf(key).query('runStatusQuery')),
    /** The activity as the server sees it now: attempt, and what the last heartbeat carried. */
    pending: async (key, activity) => {
      const { raw } = await patiently(() => handleOf(key).describe());
      const found = raw.pendingActivities?.find((one) => one.activityType?.name === activity);
      if (found === undefined) return undefined;
      const [details] = found.heartbeatDetails?.payloads ?? [];
      return {
        attempt: found.attempt,
        heartbeatAtMs: Number(found.lastHeartbeatTime?.seconds ?? 0) * 1000,
        details: details === undefined ? null : defaultPayloadConverter.fromPayload(details),
      };
    },
    /** Sent as whoever has nothing but Temporal would send it. */
    signalCoordinator: (modelId, name, ...args) =>
      patiently(() => temporal.workflow.getHandle(`model/${modelId}`).signal(name, ...args)),
    signalRun: (key, name, ...args) => patiently(() => handleOf(key).signal(name, ...args)),
    close: async () => {
      await client.close();
      await pool.end();
      await connection.close();
    },
  };
}
