/** Polls of a pipeline from its file to the ledger: their Schedules, the workers that look, an outage, new and old rows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { PollReport } from '#dist/activities/poll-nannyml.js';
import { connectClient, type PerennialClient } from '#dist/client.js';
import { quietRuntime, type RunningWorkers, startWorkers } from '#dist/worker.js';
import { temporalAddress, uniqueTaskQueue } from '../setup/services.js';
import { type NannymlDatabase, nannymlDatabase } from './nannyml-database.js';
import { useRegistry } from './registry-fixtures.js';

const registry = useRegistry('poll_schedules');
const MODEL = uniqueTaskQueue('poll');
const QUEUE = uniqueTaskQueue('poll-queue');
const SCHEDULE = `poll/${MODEL}/tables`;
const PATIENCE = { timeout: 60_000, interval: 50 };
const TABLES = { name: 'tables', kind: 'nannyml', urlEnv: 'NANNYML_URL', modelName: 'delay-clf', every: 'P1D' };

const dir = mkdtempSync(join(tmpdir(), 'perennial-polls-'));

let nanny: NannymlDatabase;
let connection: Connection;
let client: PerennialClient;
let workers: RunningWorkers;

async function work(): Promise<RunningWorkers> {
  return startWorkers({
    databaseUrl: registry.url,
    temporal: { address: temporalAddress(), namespace: 'default', connectionOptions: { address: temporalAddress() } },
    artifactDir: join(dir, 'artifacts'),
    scratchDir: join(dir, 'scratch'),
    queue: QUEUE,
    roles: ['run', 'data'],
    sourceUrl: (variable) => (variable === 'NANNYML_URL' ? nanny.url : undefined),
  });
}

beforeAll(async () => {
  quietRuntime('error');
  nanny = await nannymlDatabase('poll_schedules_tables');
  const temporal = { address: temporalAddress(), namespace: 'default' };
  client = await connectClient({ databaseUrl: registry.url, temporal, queue: QUEUE });
  connection = await Connection.connect({ address: temporalAddress() });
  workers = await work();
});

afterAll(async () => {
  await workers?.stop();
  await client?.close();
  await connection?.close();
  await nanny?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Claims of NannyML meet no condition: they are judged at once, and start nothing. */
const applied = async (polls: readonly object[], change: object = {}) => {
  const text = JSON.stringify({
    model: MODEL,
    source: { kind: 'csv', path: '/data/rows.csv', columns: { label: 'y' } },
    features: [{ kind: 'numeric', name: 'distance' }],
    gates: [{ metric: 'auc', min: 0.5 }],
    window: { sliding: 'P30D' },
    triggers: {
      debounce: { quiet: 'PT0S', maxWait: 'PT0S' },
      conditions: [{ name: 'another', monitor: 'evidently' }],
      polls,
    },
    ...change,
  });
  return (await client.applySpec({ text, file: 'poll.yaml', by: 'a test' })).schedule;
};

const temporal = () => new Client({ connection });

/** @returns the wait for what it read */
async function tick(scheduleId = SCHEDULE): Promise<() => Promise<PollReport>> {
  const handle = temporal().schedule.getHandle(scheduleId);
  const ticks = async () => (await handle.describe()).info;
  const before = (await ticks()).numActionsTaken;
  await handle.trigger('SKIP');
  const started = await vi.waitUntil(async () => {
    const { numActionsTaken, recentActions } = await ticks();
    return numActionsTaken > before ? recentActions.at(-1) : undefined;
  }, PATIENCE);
  const { workflowId, firstExecutionRunId } = started.action.workflow;
  return (): Promise<PollReport> =>
    temporal().workflow.getHandle(workflowId, firstExecutionRunId).result() as Promise<PollReport>;
}

async function ledger(): Promise<{ claims: number; judged: number }> {
  const { rows } = await registry.pool.query(
    `select (select count(*)::int from perennial.claims where model_id = $1) as claims,
       (select count(*)::int from perennial.trigger_states where model_id = $1 and state = 'suppressed') as judged`,
    [MODEL],
  );
  return rows[0];
}

/** A chunk of a run of its own: one claim. */
const addChunk = (id: number) =>
  nanny.client.query(
    `with added as (insert into run values ($1, 1, now()) returning id)
     insert into univariate_drift_metrics
     select $1, 1, id, '2001-03-01', '2001-03-02', '2001-03-01', 'jensen_shannon', 0.5, true, 'distance' from added`,
    [id],
  );

it('a tick puts what is in the tables into the ledger, and the coordinator judges it; the next adds nothing', async () => {
  expect(await applied([TABLES])).toBe('not-set');
  expect(await client.setSchedule({ modelId: MODEL })).toMatchObject({ scheduleId: null, polls: [SCHEDULE] });
  expect(await applied([TABLES])).toBe('same');
  const first = await (await tick())();
  expect(first).toMatchObject({ repeats: 0, refused: [], isDone: true });
  expect(first.claims).toBeGreaterThan(10);
  await vi.waitUntil(async () => (await ledger()).judged === first.claims, PATIENCE);
  expect(await (await tick())()).toMatchObject({ claims: 0, isDone: true });
  expect(await ledger()).toEqual({ claims: first.claims, judged: first.claims });
});

it('rows that are new are claims, and they alone; those of an outage come with the tick after it', async () => {
  const { claims } = await ledger();
  await addChunk(90_000);
  expect(await (await tick())()).toMatchObject({ claims: 1, repeats: 0 });
  await workers.stop();
  await addChunk(90_001);
  await addChunk(90_002);
  const report = await tick();
  workers = await work();
  expect(await report()).toMatchObject({ claims: 2, repeats: 0 });
  await vi.waitUntil(async () => (await ledger()).judged === claims + 3, PATIENCE);
});

it('equal row ids of another schema are other claims, of a source that says so', async () => {
  const before = await ledger();
  await nanny.client.query(`create schema other;
    create table other.model as table public.model;
    create table other.univariate_drift_metrics as table public.univariate_drift_metrics`);
  const sent = async (schema: string) => {
    const { rows } = await registry.pool.query(
      `select count(*)::int as claims from perennial.triggers t join perennial.claims using (model_id, trigger_id)
       where model_id = $1 and requested_by = $2 and trigger_id like '%univariate%'`,
      [MODEL, `nannyml/NANNYML_URL${schema}`],
    );
    return rows[0].claims as number;
  };
  const there = await sent('');
  await applied([TABLES, { ...TABLES, name: 'other', schema: 'other' }]);
  await client.setSchedule({ modelId: MODEL });
  expect(await (await tick(`poll/${MODEL}/other`))()).toMatchObject({ repeats: 0, isDone: true });
  expect(there).toBeGreaterThan(3);
  // Copied in one transaction: rows of one run, metric and chunk that were written apart are one claim here.
  const copied = (await ledger()).claims - before.claims;
  expect([await sent(''), await sent('/other')]).toEqual([there, copied]);
  expect(copied).toBeGreaterThan(3);
});

it('Schedules of polls follow the spec: changed, renamed, dropped, beside a calendar and without; a pause by hand stays', async () => {
  const idsOf = async (polls: readonly object[], change: object = {}) => {
    await applied(polls, change);
    return (await client.setSchedule({ modelId: MODEL })).polls;
  };
  const isThere = async (id: string) =>
    temporal()
      .schedule.getHandle(id)
      .describe()
      .then(
        ({ state, spec, policies }) => ({ isPaused: state.paused, spec, policies }),
        () => null,
      );
  await temporal().schedule.getHandle(SCHEDULE).pause('holiday');
  expect(await applied([{ ...TABLES, every: 'PT1H' }])).toBe('differs');
  expect(await idsOf([{ ...TABLES, every: 'PT1H' }])).toEqual([SCHEDULE]);
  expect(await isThere(SCHEDULE)).toMatchObject({
    isPaused: true,
    spec: { intervals: [{ every: 3_600_000 }] },
    policies: { overlap: 'SKIP', catchupWindow: 3_600_000 },
  });
  const renamed = `poll/${MODEL}/renamed`;
  expect(await idsOf([{ ...TABLES, name: 'renamed' }])).toEqual([renamed]);
  expect([await isThere(SCHEDULE), await isThere(renamed)]).toMatchObject([null, { isPaused: false }]);
  expect(await applied([])).toBe('not-in-spec');
  expect(await idsOf([], { schedule: { every: 'P7D' } })).toEqual([]);
  expect(await isThere(renamed)).toBeNull();
  await idsOf([TABLES], { schedule: { every: 'P7D' } });
  expect(await applied([TABLES], { schedule: { every: 'P7D' } })).toBe('same');
  await client.deleteSchedule(MODEL);
  expect([await isThere(SCHEDULE), await isThere(`schedule/${MODEL}`)]).toEqual([null, null]);
  await idsOf([TABLES]);
  await client.deleteSchedule(MODEL);
  expect(await isThere(SCHEDULE)).toBeNull();
});
