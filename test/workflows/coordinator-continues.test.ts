// A coordinator lives for ever in short histories: it continues as new with a run in flight and messages pouring in, and
// takes what waited for it while no worker was there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coordinatorStatusQuery } from '#dist/workflows/messages.js';
import { uniqueTaskQueue } from '../setup/services.js';
import { arrivalOf, executionsOf, Harness, taskFailures, until } from './harness.js';
import type { World } from './world.js';

/** 2,000 are sent where there is time for it. */
const BACKLOG = Number(process.env.PERENNIAL_TEST_BACKLOG ?? 500);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.devServer();
});
afterAll(() => harness.close());

const coordinatorOf = (world: World) => harness.client.workflow.getHandle(`model/${world.modelId}`);
const status = (world: World) => coordinatorOf(world).query(coordinatorStatusQuery);

async function start(world: World, maxHistoryEvents: number) {
  const workflowId = `model/${world.modelId}`;
  const { firstExecutionRunId } = await harness.client.workflow.start('modelCoordinatorWorkflow', {
    workflowId,
    taskQueue: harness.queue,
    args: [{ modelId: world.modelId, maxHistoryEvents }],
  });
  return { workflowId, runId: firstExecutionRunId };
}

async function sendClaims(world: World, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += 25) {
    await Promise.all(
      ids
        .slice(at, at + 25)
        .map((eventId) => coordinatorOf(world).signal('driftSignal', { eventId, source: 'monitor' })),
    );
  }
}

describe('a coordinator whose history may have 200 events', () => {
  it('continues as new again and again with a run in flight, and hears of its end', async () => {
    const world = harness.world({ labels: { poll: 'P1D' } });
    let share = 0;
    world.labelShare = () => share;
    const first = await start(world, 200);
    await harness.coordinator.requestRetrain(world.modelId, {
      triggerId: 'first',
      cause: 'manual',
      requestedBy: 'requester',
      reason: 'to see',
      clock: { mode: 'wall' },
    });
    await harness.awaiting(harness.run(world, 1), 'labels');
    const ids = Array.from({ length: 600 }, (_, i) => `e${i}`);
    await sendClaims(world, ids);
    await until('every claim in the ledger', () => world.model.triggers.length === 601);
    await until('a quiet coordinator', async () => (await status(world)).unread === 0);
    expect((await status(world)).openRunNo).toBe(1);
    const executions = await executionsOf(harness.client, first);
    expect(executions.length).toBeGreaterThanOrEqual(3);
    expect(executions.flatMap(({ failedTasks }) => failedTasks)).toEqual([]);
    // A batch is what stands in the inbox while the one before is handed over.
    for (const { events } of executions) expect(events).toBeLessThan(200 + 400);
    share = 1;
    await harness.coordinator.sendLabels(world.modelId, { eventId: 'l1', through: '2001-01-01T00:00:00Z' });
    expect((await harness.run(world, 1).result()).kind).toBe('promoted');
    await until('the run for all that were held', () => world.model.runs[1]?.result);
    const states = ids.map((id) => world.model.stateOf(`monitor/${id}`));
    expect(states.filter((state) => state === 'started')).toHaveLength(1);
    expect(states.filter((state) => state === 'merged')).toHaveLength(599);
  });
});

describe('a backlog of direct claims with no worker up', () => {
  it('is drained without a failed workflow task, every claim with its row', async () => {
    const world = harness.world({ triggers: { debounce: { quiet: 'PT2S', maxWait: 'PT60S' } } });
    await harness.stopWorkers();
    const first = await start(world, 200);
    const ids = Array.from({ length: BACKLOG }, (_, i) => `e${i}`);
    await sendClaims(world, ids);
    await harness.startWorkers();
    await until('every claim in the ledger', () => world.model.triggers.length === BACKLOG);
    await until('the end of the run', () => world.model.runs[0]?.result);
    await until('a coordinator at rest', async () => (await status(world)).openRunNo === null);
    expect(world.model.runs).toHaveLength(1);
    expect(world.model.triggers.every(({ states }) => states.at(-1)!.runNo === 1)).toBe(true);
    const executions = await executionsOf(harness.client, first);
    expect(executions.flatMap(({ failedTasks }) => failedTasks)).toEqual([]);
  });
});

describe('reasons of the same second', () => {
  it('make one run: the tick starts it, the drift signal is merged, and both are its triggers', async () => {
    const world = harness.world({
      triggers: { debounce: { quiet: 'PT5S', maxWait: 'PT60S' } },
      labels: { poll: 'P1D' },
    });
    world.labelShare = () => 0;
    await harness.coordinator.ensure(world.modelId);
    const tick = harness.client.workflow.execute('scheduledTickWorkflow', {
      workflowId: uniqueTaskQueue('tick'),
      taskQueue: harness.queue,
      args: [{ modelId: world.modelId, clock: { mode: 'wall' } }],
    });
    await harness.coordinator.sendDrift(world.modelId, { eventId: 'e1', source: 'monitor' });
    expect(await tick).toMatchObject({ state: 'started', runNo: 1 });
    await until('the claim in the run', () => world.model.stateOf('monitor/e1') === 'merged');
    expect(world.model.runs).toHaveLength(1);
    expect(world.model.triggers.map(({ states }) => states.at(-1)!.runNo)).toEqual([1, 1]);
    await harness.run(world, 1).terminate();
  });
});

describe('a ledger that nobody told the coordinator of', () => {
  it('is judged when the notice comes, at once when it is urgent', async () => {
    const world = harness.world({ triggers: { debounce: { quiet: 'PT1H', maxWait: 'PT2H' } } });
    const { modelId } = world;
    await harness.coordinator.ensure(modelId);
    await until('a coordinator at rest', async () => (await status(world)).wakeAt === null);
    await harness.registry.acceptArrivals([arrivalOf(modelId, { cause: 'drift', isUrgent: false })]);
    await harness.coordinator.sendPending(modelId, { throughSeq: 1, isUrgent: false });
    await until('the debounce', async () => (await status(world)).wakeAt);
    const judged = world.count('judgeTriggers');
    await harness.registry.acceptArrivals([arrivalOf(modelId, { cause: 'drift', isUrgent: false })]);
    await harness.coordinator.sendPending(modelId, { throughSeq: 2, isUrgent: false });
    expect((await status(world)).openRunNo).toBeNull();
    expect(world.count('judgeTriggers')).toBe(judged);
    await harness.registry.acceptArrivals([arrivalOf(modelId)]);
    await harness.coordinator.sendPending(modelId, { throughSeq: 3, isUrgent: true });
    await until('the end of the run', () => world.model.runs[0]?.result);
    expect(world.model.triggers.map(({ states }) => states.at(-1)!.state).sort()).toEqual([
      'merged',
      'merged',
      'started',
    ]);
  });

  it('opens its run although the answer of the judgement was lost with its worker', async () => {
    const world = harness.world();
    let isFirst = true;
    // The judgement is committed and its answer never arrives: the activity is tried again.
    world.before.reconcileOpenRun = () => undefined;
    world.after.judgeTriggers = () => {
      if (!isFirst || world.model.openRun === null) return;
      isFirst = false;
      throw Object.assign(new Error('the process died'), { code: 'ECONNRESET' });
    };
    await harness.registry.acceptArrivals([arrivalOf(world.modelId)]);
    await harness.coordinator.sendPending(world.modelId, { throughSeq: 1, isUrgent: true });
    await until('the end of the run', () => world.model.runs[0]?.result);
    expect(isFirst).toBe(false);
    expect(world.model.runs).toHaveLength(1);
  });
});

describe('a signal that nobody can decode', () => {
  it('blocks no workflow task, and leaves its row as malformed', async () => {
    const world = harness.world();
    const { workflowId } = await start(world, 10_000);
    const encoded = (encoding: string, data: string) => ({
      metadata: { encoding: Buffer.from(encoding) },
      data: Buffer.from(data),
    });
    for (const payload of [encoded('binary/unheard-of', 'x'), encoded('json/plain', '{"eventId":'), { data: null }]) {
      for (const signalName of ['driftSignal', 'claimsPendingSignal', 'runFinishedSignal']) {
        await harness.client.workflowService.signalWorkflowExecution({
          namespace: 'default',
          workflowExecution: { workflowId },
          signalName,
          input: { payloads: [payload] },
        });
      }
    }
    await harness.coordinator.sendDrift(world.modelId, { eventId: 'good', source: 'monitor' });
    await until('the end of the run', () => world.model.runs[0]?.result);
    const states = world.model.triggers.map(({ states: rows }) => rows.at(-1)!.state).sort();
    expect(states).toEqual(['refused', 'refused', 'refused', 'started']);
    expect(await taskFailures(coordinatorOf(world))).toBe(0);
  });
});

describe('a pause', () => {
  it('holds what comes, tells a person so, and ends with a resume that judges again', async () => {
    const world = harness.world();
    const { modelId } = world;
    const order = { eventId: 'p1', by: 'operator', reason: 'a migration' };
    expect(await harness.coordinator.pause(modelId, order)).toMatchObject({ isPaused: true });
    await harness.coordinator.sendDrift(modelId, { eventId: 'e1', source: 'monitor' });
    await until('the claim', () => world.model.stateOf('monitor/e1') === 'held');
    const asked = await harness.coordinator.requestRetrain(modelId, {
      triggerId: 'now',
      cause: 'manual',
      requestedBy: 'requester',
      reason: 'to see',
      clock: { mode: 'wall' },
    });
    expect(asked).toMatchObject({ state: 'refused', runNo: null });
    expect(asked.reason).toContain('Paused by operator');
    expect(await harness.details(coordinatorOf(world))).toContain('**Paused** by operator');
    expect((await status(world)).pause).toMatchObject({ by: 'operator', reason: 'a migration' });
    await harness.coordinator.resume(modelId, { ...order, eventId: 'p2' });
    await until('the end of the run', () => world.model.runs[0]?.result);
    expect(world.model.stateOf('monitor/e1')).toBe('started');
    await expect(harness.coordinator.pause(modelId, { ...order, eventId: 'p3', reason: ' ' })).rejects.toMatchObject({
      code: 'SIGNAL_INVALID',
    });
  });
});
