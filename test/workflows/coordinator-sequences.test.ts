// Any sequence of messages to the real workflow over the real ledger: never two open runs, every trigger ends in one state,
// and a coordinator that was terminated comes back knowing what it did not see.
import fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Notifier, startNotifier } from '#dist/client/notify-pending.js';
import { canonicalSpecText, specDigest } from '#dist/core/spec/digest.js';
import { createRegistry } from '#dist/registry/create-registry.js';
import { createPool } from '#dist/registry/pool.js';
import { applySpec } from '#dist/registry/specs.js';
import { type FreshDatabase, freshDatabase, uniqueTaskQueue } from '../setup/services.js';
import { arrivalOf, Harness, until } from './harness.js';
import type { World } from './world.js';

let database: FreshDatabase;
let pool: Pool;
let harness: Harness;
let notifier: Notifier;
beforeAll(async () => {
  database = await freshDatabase('coordinator_sequences');
  pool = createPool(database.url);
  harness = await Harness.devServer({ registry: createRegistry(pool) });
  notifier = startNotifier({ pool, send: harness.coordinator.sendPending, everyMs: 200 });
});
afterAll(async () => {
  await notifier.stop();
  await harness.close();
  await pool.end();
  await database.drop();
});

const STEPS = [
  'claim',
  'critical',
  'direct',
  'tick',
  'manual',
  'version',
  'pause',
  'resume',
  'finish',
  'kill',
  'end',
] as const;
type Step = (typeof STEPS)[number];

interface Subject {
  readonly world: World;
  /** Whether runs find their labels. */
  hasLabels: boolean;
}

async function subject(): Promise<Subject> {
  const world = harness.world({
    labels: { poll: 'P1D' },
    triggers: { debounce: { quiet: 'PT0.3S', maxWait: 'PT1S' }, coolDown: 'PT0.2S' },
  });
  world.verdict = 'reject';
  const made: Subject = { world, hasLabels: false };
  world.labelShare = () => (made.hasLabels ? 1 : 0);
  const { spec } = world.model;
  await applySpec(pool, { spec, digest: specDigest(spec), canonicalText: canonicalSpecText(spec), by: 'tester' });
  await harness.coordinator.ensure(world.modelId);
  return made;
}

const openRuns = async (modelId: string): Promise<number[]> => {
  const { rows } = await pool.query<{ run_no: number }>(
    'select run_no from perennial.runs where model_id = $1 and closed_at is null',
    [modelId],
  );
  return rows.map((row) => row.run_no);
};

async function take({ world, ...of }: Subject, step: Step, set: (hasLabels: boolean) => void): Promise<void> {
  const { modelId } = world;
  const id = uniqueTaskQueue('e');
  const request = { triggerId: id, requestedBy: 'requester', reason: 'to see', clock: { mode: 'wall' } } as const;
  const order = { eventId: id, by: 'operator', reason: 'to see' };
  const handle = harness.client.workflow.getHandle(`model/${modelId}`);
  const registry = createRegistry(pool);
  const accept = (change: Parameters<typeof arrivalOf>[1]) => registry.acceptArrivals([arrivalOf(modelId, change)]);
  switch (step) {
    case 'claim':
      await accept({ source: 'monitor', eventId: id, cause: 'drift', isUrgent: false });
      return notifier.poke();
    case 'critical':
      await accept({ source: 'monitor', eventId: id, cause: 'performance', isUrgent: true });
      return notifier.poke();
    case 'direct':
      return harness.coordinator.sendDrift(modelId, { eventId: id, source: 'direct' });
    case 'version':
      await accept({ source: 'versions', eventId: id, cause: 'version-change', body: { kind: 'code', to: id } });
      return notifier.poke();
    case 'tick':
    case 'manual': {
      const answer = await harness.coordinator.requestRetrain(modelId, {
        ...request,
        cause: step === 'tick' ? 'schedule' : 'manual',
      });
      expect(['started', 'merged', 'held', 'refused']).toContain(answer.state);
      return;
    }
    case 'pause':
      expect((await harness.coordinator.pause(modelId, order)).isPaused).toBe(true);
      return;
    case 'resume':
      expect((await harness.coordinator.resume(modelId, order)).isPaused).toBe(false);
      return;
    case 'finish':
      set(!of.hasLabels);
      return harness.coordinator.sendLabels(modelId, { eventId: id, through: new Date().toISOString() });
    case 'kill':
      await handle.terminate('by the test').catch(() => undefined);
      return;
    case 'end': {
      const [runNo] = await openRuns(modelId);
      if (runNo !== undefined)
        await harness
          .run(world, runNo)
          .terminate('by the test')
          .catch(() => undefined);
    }
  }
}

async function check(modelId: string): Promise<void> {
  expect((await openRuns(modelId)).length).toBeLessThanOrEqual(1);
}

/** Everything is let go, and comes to rest. */
async function settle(made: Subject): Promise<void> {
  const { modelId } = made.world;
  await harness.coordinator.resume(modelId, { eventId: uniqueTaskQueue('e'), by: 'operator', reason: 'the end' });
  made.hasLabels = true;
  // Notices are handed over in order: when the last one is in the ledger, nothing is on its way any more.
  let last: string | null = null;
  await until(`${modelId} at rest`, async () => {
    const known = await pool.query('select 1 from perennial.triggers where model_id = $1 and event_id = $2', [
      modelId,
      last,
    ]);
    const isTold = last === null || known.rows.length > 0;
    const { rows } = await pool.query(
      `select 1 from perennial.trigger_heads where model_id = $1 and state in ('pending', 'held') limit 1`,
      [modelId],
    );
    if (isTold && last !== null && rows.length === 0 && (await openRuns(modelId)).length === 0) return true;
    if (isTold) {
      last = uniqueTaskQueue('e');
      await harness.coordinator.sendLabels(modelId, { eventId: last, through: new Date().toISOString() });
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    return false;
  });
}

async function checkLedger(modelId: string): Promise<void> {
  const { rows } = await pool.query(
    `select h.state, s.run_no, s.reason, r.first_trigger_id = h.trigger_id as is_first
     from perennial.trigger_heads h join perennial.trigger_states s using (model_id, trigger_id, step)
     left join perennial.runs r on r.model_id = h.model_id and r.run_no = s.run_no where h.model_id = $1`,
    [modelId],
  );
  const counted = await pool.query('select count(*)::integer as n from perennial.triggers where model_id = $1', [
    modelId,
  ]);
  expect(rows).toHaveLength(counted.rows[0].n);
  for (const { state, run_no: runNo, reason, is_first: isFirst } of rows) {
    expect(['started', 'merged', 'suppressed', 'refused']).toContain(state);
    expect(reason).toMatch(/\S/);
    expect(runNo !== null).toBe(state === 'started' || state === 'merged');
    if (runNo !== null) expect(isFirst).toBe(state === 'started');
  }
  const runs = await pool.query('select opened_at, closed_at from perennial.runs where model_id = $1 order by run_no', [
    modelId,
  ]);
  // One after the other: none was opened before the one before it had ended.
  runs.rows.forEach((run, at) => {
    const before = runs.rows[at - 1];
    if (before !== undefined) expect(run.opened_at.getTime()).toBeGreaterThanOrEqual(before.closed_at.getTime());
  });
  expect(runs.rows).toHaveLength(rows.filter(({ state }) => state === 'started').length);
}

it('of messages, ends and terminations leaves one run at a time and every trigger in one state', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { minLength: 6, maxLength: 16 }), async (steps) => {
      const made = await subject();
      const { modelId } = made.world;
      for (const step of steps) {
        await take(made, step, (hasLabels) => {
          made.hasLabels = hasLabels;
        });
        await check(modelId);
      }
      await settle(made);
      await checkLedger(modelId);
    }),
    { seed: 20_010_302, numRuns: Number(process.env.PERENNIAL_TEST_SEQUENCES ?? 6), endOnFailure: true },
  );
});
