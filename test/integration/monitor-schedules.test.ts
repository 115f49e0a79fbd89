/** The built-in monitor's Schedule from a pipeline's file: set twice there is one, a look starts, dropped it is gone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { connectClient, type PerennialClient } from '#dist/client.js';
import { quietRuntime, type RunningWorkers, startWorkers } from '#dist/worker.js';
import { temporalAddress, uniqueTaskQueue } from '../setup/services.js';
import { useRegistry } from './registry-fixtures.js';

const registry = useRegistry('monitor_schedules');
const MODEL = uniqueTaskQueue('watched');
const QUEUE = uniqueTaskQueue('watched-queue');
const SCHEDULE = `monitor/${MODEL}`;
const PATIENCE = { timeout: 60_000, interval: 50 };
const dir = mkdtempSync(join(tmpdir(), 'perennial-monitor-'));

let connection: Connection;
let client: PerennialClient;
let workers: RunningWorkers;

beforeAll(async () => {
  quietRuntime('error');
  const address = temporalAddress();
  const temporal = { address, namespace: 'default' };
  client = await connectClient({ databaseUrl: registry.url, temporal, queue: QUEUE });
  connection = await Connection.connect({ address });
  workers = await startWorkers({
    databaseUrl: registry.url,
    temporal: { ...temporal, connectionOptions: { address } },
    artifactDir: join(dir, 'artifacts'),
    scratchDir: join(dir, 'scratch'),
    queue: QUEUE,
    roles: ['run', 'data'],
    sourceUrl: () => undefined,
  });
});
afterAll(async () => {
  await workers?.stop();
  await client?.close();
  await connection?.close();
  rmSync(dir, { recursive: true, force: true });
});

const applied = async (change: object) => {
  const text = JSON.stringify({
    model: MODEL,
    source: { kind: 'csv', path: '/data/rows.csv', columns: { label: 'y' } },
    features: [{ kind: 'numeric', name: 'distance' }],
    gates: [{ metric: 'auc', min: 0.5 }],
    window: { sliding: 'P30D' },
    ...change,
  });
  return (await client.applySpec({ text, file: 'monitor.yaml', by: 'a test' })).schedule;
};

const temporal = () => new Client({ connection });
const handle = () => temporal().schedule.getHandle(SCHEDULE);
const isThere = () =>
  handle()
    .describe()
    .then(
      () => true,
      () => false,
    );

it('is one, however often it is set, and says whether it is what the pipeline says', async () => {
  expect(await applied({ monitor: {} })).toBe('not-set');
  for (let time = 0; time < 2; time += 1) {
    expect(await client.setSchedule({ modelId: MODEL })).toMatchObject({ scheduleId: null, monitor: SCHEDULE });
  }
  expect(await applied({ monitor: {} })).toBe('same');
  const listed: string[] = [];
  for await (const { scheduleId } of temporal().schedule.list()) listed.push(scheduleId);
  // The list lags behind what is there: it holds no second one, and `describe` is right at once.
  expect(listed.filter((id) => id.startsWith(SCHEDULE)).length).toBeLessThanOrEqual(1);
  const { policies, spec, action } = await handle().describe();
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 86_400_000, pauseOnFailure: true });
  expect(spec.intervals).toMatchObject([{ every: 86_400_000 }]);
  expect(action).toMatchObject({ workflowType: 'monitorWorkflow', taskQueue: QUEUE });
});

it('starts a look, which records that there is no champion yet; a second look of the day adds no row', async () => {
  for (let time = 1; time <= 2; time += 1) {
    await handle().trigger('SKIP');
    await vi.waitUntil(async () => {
      const { recentActions } = (await handle().describe()).info;
      const started = recentActions.at(-1)?.action.workflow;
      if (recentActions.length < time || started === undefined) return false;
      const run = temporal().workflow.getHandle(started.workflowId, started.firstExecutionRunId);
      return (await run.describe()).status.name === 'COMPLETED';
    }, PATIENCE);
  }
  const { rows } = await registry.pool.query('select outcome, champion_version from perennial.monitor_looks');
  expect(rows).toEqual([{ outcome: 'no-champion', champion_version: null }]);
  expect((await client.monitor({ modelId: MODEL, limit: 1 })).look).toMatchObject({ outcome: 'no-champion' });
});

it('follows the pipeline, stays paused by hand, and goes with the section', async () => {
  await handle().pause('holiday');
  expect(await applied({ monitor: { cron: '0 4 * * *' } })).toBe('differs');
  await client.setSchedule({ modelId: MODEL });
  expect((await handle().describe()).state).toMatchObject({ paused: true, note: 'holiday' });
  expect(await applied({ monitor: { cron: '0 4 * * *' } })).toBe('same');
  expect(await applied({ schedule: { every: 'P7D' } })).toBe('differs');
  expect(await client.setSchedule({ modelId: MODEL })).toMatchObject({
    monitor: null,
    scheduleId: `schedule/${MODEL}`,
  });
  expect(await isThere()).toBe(false);
  await applied({ monitor: {} });
  await client.setSchedule({ modelId: MODEL });
  expect(await isThere()).toBe(true);
  await client.deleteSchedule(MODEL);
  expect(await isThere()).toBe(false);
});
