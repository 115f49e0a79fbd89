/** Backfills on a real server with faked data and training: order, clocks, waiting their turn, stops of every kind. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BackfillInput, BackfillResult } from '#dist/core/backfill/types.js';
import { backfillStatusQuery } from '#dist/workflows/messages.js';
import { Harness, until } from './harness.js';
import type { Scenario, World } from './world.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.devServer();
});
afterAll(() => harness.close());

type Backfill = (input: BackfillInput) => Promise<BackfillResult>;
const MONTHS = ['2001-02-01', '2001-03-01', '2001-04-01'].map((day) => `${day}T00:00:00.000Z`);
const later = (at: string, days: number): string => new Date(Date.parse(at) + days * 86_400_000).toISOString();

function start(world: World, change: Partial<BackfillInput> = {}): Promise<WorkflowHandle<Backfill>> {
  const { modelId } = world;
  const input: BackfillInput = {
    modelId,
    name: 'spring',
    from: MONTHS[0]!,
    to: '2001-05-01T00:00:00.000Z',
    every: 'P1M',
    promotion: 'off',
    requestedBy: 'engineer',
    ...change,
  };
  return harness.client.workflow.start<Backfill>('backfillWorkflow', {
    workflowId: `backfill/${modelId}/${input.name}`,
    taskQueue: harness.queue,
    args: [input],
  });
}

const clocks = (world: World) => world.model.runs.map(({ clock }) => (clock.mode === 'replay' ? clock.now : 'wall'));
const outcomes = (world: World) =>
  world.model.runs.map(({ result }) =>
    result === null ? 'open' : 'outcome' in result ? result.outcome.kind : 'failed',
  );
const isOpen = (world: World, runNo: number) => until(`run ${runNo}`, () => world.model.openRun?.runNo === runNo);

/** Labels come a day after; a run that was measured before waits. */
function lateLabels(scenario: Scenario = {}): World {
  const world = harness.world({ labels: { deadline: 'P10D' }, ...scenario });
  world.labelShare = (asOf) => (MONTHS.some((at) => asOf >= later(at, 1) && asOf < later(at, 27)) ? 1 : 0.4);
  return world;
}

it('makes the runs of three months in order, each with the knowledge of its time, and moves no champion', async () => {
  const world = lateLabels({ hasChampion: true, approval: { policy: 'always' } });
  const handle = await start(world);
  expect(await handle.result()).toEqual({ kind: 'completed', total: 3, done: 3, tally: { 'turned-down': 3 } });
  expect(clocks(world)).toEqual(MONTHS);
  // Each looked at its decision instant, waited, and was told of the time at which its labels were complete.
  expect(world.measured.map(({ asOf }) => asOf)).toEqual(MONTHS.flatMap((at) => [at, later(at, 1)]));
  expect(world.model.champion).toEqual({ version: 1, epoch: 1 });
  expect(world.model.decisions).toEqual([]);
  const [first] = world.model.runs.map(({ result }) => result);
  expect(first).toMatchObject({ outcome: { kind: 'turned-down', verdict: 'promote', candidateVersion: 2 } });
  expect(JSON.stringify(first)).toContain(
    'promotion is off for this backfill; by its gates it would have been put to a person',
  );
  const ids = world.model.triggers.map(({ triggerId }) => triggerId.replace(/^schedule\//, ''));
  expect(ids).toEqual(MONTHS.map((at) => `backfill/spring/${at}`));
});

it('shows each window, its run, verdict and outcome, and where it is', async () => {
  const world = harness.world();
  world.verdict = 'reject';
  const gate = { isOpen: false };
  world.before.trainCandidate = async () => {
    if (world.model.runs.length === 2) await until('the gate', () => gate.isOpen);
  };
  const handle = await start(world);
  await until('the second window', async () => (await handle.query(backfillStatusQuery)).present?.text === 'train');
  const status = await handle.query(backfillStatusQuery);
  expect(status).toMatchObject({
    total: 3,
    done: 1,
    kind: 'running',
    recent: [{ at: MONTHS[0], runNo: 1, verdict: 'reject', outcome: 'turned-down' }],
    present: { at: MONTHS[1], runNo: 2 },
  });
  const details = await harness.details(handle);
  expect(details).toContain(`| ${MONTHS[0]} | ${world.modelId}/1 | reject | turned-down |`);
  expect(details).toContain(`| ${MONTHS[1]} | ${world.modelId}/2 | – | train |`);
  gate.isOpen = true;
  expect((await handle.result()).kind).toBe('completed');
  const { searchAttributes } = await handle.describe();
  expect(searchAttributes).toMatchObject({ PerennialModel: [world.modelId], PerennialOutcome: ['completed'] });
});

it('lets the champion evolve as it would have, when promotion is on', async () => {
  const world = lateLabels();
  const handle = await start(world, { promotion: 'by-policy' });
  expect(await handle.result()).toMatchObject({ kind: 'completed', tally: { promoted: 3 } });
  expect(world.model.moves.map(({ move }) => [move.toVersion, move.runNo])).toEqual([1, 2, 3].map((n) => [n, n]));
});

it('ends a wait for labels that never come at the deadline, like a real run', async () => {
  const world = harness.world({ labels: { deadline: 'P10D', onDeadline: 'ask' }, approval: { expiry: 'P3D' } });
  world.labelShare = () => 0.4;
  const handle = await start(world, { to: '2001-02-02T00:00:00.000Z' });
  expect(await handle.result()).toMatchObject({ kind: 'completed', tally: { expired: 1 } });
  const looks = world.measured.map(({ asOf }) => asOf);
  expect(looks.slice(0, 3)).toEqual([0, 1, 2].map((n) => later(MONTHS[0]!, n)));
  expect(looks).toContain(later(MONTHS[0]!, 10));
  expect(looks.at(-1)).toBe(later(MONTHS[0]!, 13));
});

it('moves the clock of no run beyond the present while its labels are awaited', async () => {
  const world = harness.world({ labels: { deadline: 'P10D' } });
  world.labelShare = () => 0.4;
  let looksAfter = 0;
  world.before.lookAtBackfill = () => {
    if (world.measured.length > 1) looksAfter += 1;
  };
  const from = later(new Date().toISOString(), -1.5);
  const handle = await start(world, { from, to: later(from, 0.1), every: 'P1D' });
  await until('it to have looked again after its last move', () => looksAfter >= 4);
  expect(world.measured.map(({ asOf }) => asOf)).toEqual([from, later(from, 1)]);
  expect((await handle.query(backfillStatusQuery)).present?.text).toContain('labels: awaits');
  await handle.cancel();
  expect(await handle.result()).toMatchObject({ kind: 'cancelled', tally: { cancelled: 1 } });
});

it('waits its turn behind a run that is open, and asks once', async () => {
  const world = harness.world();
  world.labelShare = (asOf) => (asOf < '2002' ? 1 : 0);
  await harness.coordinator.requestRetrain(world.modelId, {
    triggerId: 'by-hand',
    cause: 'manual',
    requestedBy: 'requester',
    reason: 'r',
    clock: { mode: 'wall' },
  });
  const handle = await start(world);
  await until('it to be held', async () => (await handle.query(backfillStatusQuery)).present?.text.startsWith('held'));
  await harness.run(world, 1).cancel();
  expect(await handle.result()).toMatchObject({ kind: 'completed', done: 3 });
  expect(outcomes(world)).toEqual(['cancelled', ...Array(3).fill('turned-down')]);
});

it('goes on after its worker was lost in the middle of a run, continuing as new on the way', async () => {
  const world = lateLabels();
  const handle = await start(world, { maxHistoryEvents: 50 });
  const { runId } = await handle.describe();
  await isOpen(world, 2);
  await harness.stopWorkers();
  await harness.startWorkers();
  const end = await harness.client.workflow.getHandle<Backfill>(handle.workflowId).result();
  expect(end).toMatchObject({ kind: 'completed', done: 3, tally: { 'turned-down': 3 } });
  expect(clocks(world)).toEqual(MONTHS);
  const latest = harness.client.workflow.getHandle(handle.workflowId);
  expect((await latest.describe()).runId).not.toBe(runId);
});

it('leaves nothing running when it is cancelled; the same name goes on with the window that was broken off', async () => {
  const world = harness.world();
  const gate = { isOpen: false };
  world.before.freezeSnapshots = async () => {
    if (world.model.runs.length === 2) await until('the gate', () => gate.isOpen);
  };
  const handle = await start(world);
  await isOpen(world, 2);
  await until('its freeze', () => world.count('freezeSnapshots') === 2);
  await handle.cancel();
  gate.isOpen = true;
  expect(await handle.result()).toMatchObject({ kind: 'cancelled', done: 1 });
  expect(world.model.openRun).toBeNull();
  expect(outcomes(world)).toEqual(['turned-down', 'cancelled']);
  const again = await start(world);
  expect(await again.result()).toMatchObject({ kind: 'completed', done: 3, total: 3 });
  expect(clocks(world)).toEqual([MONTHS[0], MONTHS[1], MONTHS[1], MONTHS[2]]);
  // Once all are over, asking again starts nothing.
  expect(await (await start(world)).result()).toMatchObject({ kind: 'completed', done: 3 });
  expect(world.model.runs).toHaveLength(4);
});

it('cancelled while it is held, it takes its trigger back', async () => {
  const world = harness.world();
  world.labelShare = () => 0;
  await harness.coordinator.requestRetrain(world.modelId, {
    triggerId: 'by-hand',
    cause: 'manual',
    requestedBy: 'requester',
    reason: 'r',
    clock: { mode: 'wall' },
  });
  const handle = await start(world);
  await until('it to be held', async () => (await handle.query(backfillStatusQuery)).present?.text.startsWith('held'));
  await handle.cancel();
  expect(await handle.result()).toMatchObject({ kind: 'cancelled', done: 0, tally: { cancelled: 1 } });
  await harness.run(world, 1).cancel();
  await until('the end of the run', () => world.model.openRun === null);
  expect(world.model.runs).toHaveLength(1);
  expect(world.model.triggers.at(-1)!.states.at(-1)).toMatchObject({ state: 'suppressed' });
});

it('stops at a run that failed, and goes on from its window when it is asked for again', async () => {
  const world = harness.world();
  let isBroken = true;
  world.before.trainCandidate = () => {
    if (isBroken && world.model.runs.length === 2) throw new Error('The disk is on fire.');
  };
  expect(await (await start(world)).result()).toMatchObject({ kind: 'stopped', done: 1, tally: { failed: 1 } });
  isBroken = false;
  expect(await (await start(world)).result()).toMatchObject({ kind: 'completed', done: 3 });
  expect(outcomes(world)).toEqual(['turned-down', 'failed', 'turned-down', 'turned-down']);
});

it('that is malformed fails with what is wrong', async () => {
  const failed = (change: Partial<BackfillInput>) =>
    start(harness.world(), change)
      .then((handle) => handle.result())
      .catch((error: { cause?: { cause?: Error } & Error }) => error.cause?.cause?.message ?? error.cause?.message);
  expect(await failed({ promotion: 'maybe' as 'off' })).toContain('promotion must be by-policy or off');
  expect(await failed({ to: MONTHS[0]! })).toContain('no time in between');
  expect(await failed({ every: null })).toContain('say --every');
});
