/** Three months of real flights made up for: what each run knew, that the champion stays, and that all of it is told. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { renderRun } from '#dist/cli/render-run.js';
import { createRegistry } from '#dist/registry/create-registry.js';
import { apply, flightsSpec } from './flights.js';
import { ended, MARCH, openStage, retrain, type Stage, until } from './stage.js';

const MODEL = 'e2e-backfill';
const MONTHS = ['2001-04-01', '2001-05-01', '2001-06-01'].map((day) => `${day}T00:00:00.000Z`);
const request = {
  modelId: MODEL,
  name: 'spring',
  from: MONTHS[0]!,
  to: '2001-07-01T00:00:00.000Z',
  every: 'P1M',
  promotion: 'off',
  requestedBy: 'engineer',
} as const;
let stage: Stage;

beforeAll(async () => {
  stage = await openStage('backfill');
  await apply(stage.client, stage.stateDir, flightsSpec(MODEL));
});
afterAll(() => stage?.close());

/** Run after run, so that one has as long as any other wait of a test. */
async function over() {
  for (let run = 1; run <= MONTHS.length; run += 1) {
    await until(`the end of run ${run} of the backfill`, async () => {
      const { isRunning, status } = await stage.client.backfillStatus(request);
      return !isRunning || (status?.done ?? 0) >= run;
    });
  }
  return until('the end of the backfill', async () => {
    const { isRunning, status } = await stage.client.backfillStatus(request);
    return isRunning ? null : status;
  });
}

it('each run knows what was known when it decided, and the champion does not move', async () => {
  const first = await retrain(stage, MODEL, { now: MARCH });
  expect((await ended(stage, first)).run.outcome?.kind).toBe('promoted');
  expect(await stage.client.startBackfill(request)).toMatchObject({ windows: 3, state: 'started' });
  expect(await stage.client.startBackfill(request)).toMatchObject({ windows: 3, state: 'going-on' });
  await expect(stage.client.startBackfill({ ...request, promotion: 'by-policy' })).rejects.toMatchObject({
    code: 'SIGNAL_INVALID',
    message: expect.stringContaining('runs with promotion off: choose another --name'),
  });
  expect(await over()).toMatchObject({ kind: 'completed', done: 3, tally: { 'turned-down': 3 } });
  const rows = await stage.sql(
    `select r.run_no, r.clock->>'now' as now, r.promotion, max(s.as_of) as as_of, count(*)::integer as snapshots
     from perennial.runs r join perennial.snapshots s using (model_id, run_no)
     where r.model_id = $1 and r.run_no > 1 group by r.model_id, r.run_no order by r.run_no`,
    [MODEL],
  );
  expect(rows.map(({ now, promotion, snapshots }) => [now, promotion, snapshots])).toEqual(
    MONTHS.map((at) => [at, 'off', 2]),
  );
  for (const { now, as_of } of rows) {
    const laterMs = (as_of as Date).getTime() - Date.parse(now as string);
    expect(laterMs).toBeGreaterThanOrEqual(0);
    expect(laterMs).toBeLessThanOrEqual(86_400_000);
  }
  const { champion, history } = await stage.client.champion({ modelId: MODEL });
  expect([champion?.version, history.length]).toEqual([1, 1]);
});

it('the run, its page and the audit say that promotion was off and what the gates said', async () => {
  const detail = await stage.client.showRun({ modelId: MODEL, runNo: 2 });
  expect(detail.run).toMatchObject({ promotion: 'off', outcome: { kind: 'turned-down', verdict: 'promote' } });
  const page = renderRun(detail, { width: null, hasColour: false });
  expect(page).toContain('off: the champion does not move, whatever the gates say');
  expect(page).toContain('promotion is off for this backfill; by its gates it would have been promoted');
  const opened = await stage.sql(
    `select canonical_text::jsonb->'body'->>'promotion' as promotion from perennial.audit
     where model_id = $1 and kind = 'run-opened' order by seq`,
    [MODEL],
  );
  expect(opened.map(({ promotion }) => promotion)).toEqual(['by-policy', 'off', 'off', 'off']);
  expect(await stage.client.verify({ modelId: MODEL })).toMatchObject([{ modelId: MODEL }]);
});

it('the registry itself lets no run move the champion whose promotion is off', async () => {
  const registry = createRegistry(stage.pool);
  await stage.stopWorkers();
  await registry.acceptArrivals([
    {
      modelId: MODEL,
      channel: 'coordinator',
      source: 'schedule',
      eventId: 'off',
      cause: 'schedule',
      requestedBy: 'engineer',
      clock: { mode: 'replay', now: MARCH },
      receivedAt: new Date().toISOString(),
      isUrgent: true,
      claim: null,
      body: { promotion: 'off' },
      bodyDigest: 'e'.repeat(64),
    },
  ]);
  const { openRun } = await registry.judgeTriggers(MODEL);
  if (openRun === null) throw new Error('No run was opened.');
  const move = {
    modelId: MODEL,
    moveKey: 'late',
    kind: 'promotion',
    toVersion: 2,
    expected: { version: 1, epoch: 1 },
    by: 'policy',
    reason: 'r',
    evidenceDigest: null,
    runNo: openRun.runNo,
  } as const;
  await expect(registry.moveChampion(move)).rejects.toMatchObject({
    message: expect.stringContaining('Promotion is off'),
  });
});
