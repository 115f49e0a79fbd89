// The coordinator of a model on the development server: one run at a time, nothing asked for gets lost, and a coordinator
// that was ended and comes back knows what is going on.
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RetrainRequest } from '#dist/core/messages.js';
import { coordinatorStatusQuery, runStatusQuery } from '#dist/workflows/messages.js';
import { uniqueTaskQueue } from '../setup/services.js';
import { approve, arrivalOf, eventTypes, Harness, taskFailures, until } from './harness.js';
import type { World } from './world.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.devServer();
});
afterAll(() => harness.close());

const request = (triggerId: string, change: Partial<RetrainRequest> = {}): RetrainRequest => ({
  triggerId,
  cause: 'manual',
  requestedBy: 'requester',
  reason: 'to see',
  clock: { mode: 'wall' },
  ...change,
});

const sorted = (rows: string[][]): string[] => rows.map((row) => row.join(' | ')).sort();
const coordinatorOf = (world: World) => harness.client.workflow.getHandle(`model/${world.modelId}`);
const status = (world: World) => coordinatorOf(world).query(coordinatorStatusQuery);

/** A model whose run 1 waits for labels until `letIn` is called. */
async function withOpenRun(world = harness.world({ labels: { poll: 'P1D' } })) {
  let share = 0;
  world.labelShare = () => share;
  const answer = await harness.coordinator.requestRetrain(world.modelId, request('first'));
  expect(answer).toMatchObject({ state: 'started', runNo: 1, workflowId: `retrain/${world.modelId}/1` });
  const run = harness.run(world, 1);
  await harness.awaiting(run, 'labels');
  const letIn = async (): Promise<void> => {
    share = 1;
    await harness.coordinator.sendLabels(world.modelId, { eventId: 'l1', through: '2001-01-01T00:00:00Z' });
  };
  return { world, run, letIn };
}

describe.concurrent('a reason to retrain', () => {
  it('starts one run; a second one is held and taken up when the first run ends', async () => {
    const { world, run, letIn } = await withOpenRun();
    const second = await harness.coordinator.requestRetrain(world.modelId, request('second'));
    expect(second).toEqual({
      state: 'held',
      runNo: null,
      workflowId: null,
      reason: 'Run 1 is open; judged again when it ends.',
    });
    expect(await status(world)).toEqual({
      modelId: world.modelId,
      openRunNo: 1,
      championVersion: null,
      unread: 0,
      waiting: { pending: 0, held: 1, escalated: 0 },
      pause: null,
      wakeAt: null,
      lastRun: null,
    });
    await letIn();
    expect((await run.result()).kind).toBe('promoted');
    await until('the second run', () => world.model.runs[1]?.result);
    expect(world.model.trigger('manual/second')!.states.map(({ state }) => state)).toEqual([
      'pending',
      'held',
      'started',
    ]);
    await until('a coordinator at rest', async () => (await status(world)).openRunNo === null);
    expect(await status(world)).toMatchObject({ championVersion: 2 });
  });

  it('that is sent twice at once and again later starts one run', async () => {
    const { world } = await withOpenRun();
    const again = await Promise.all(
      ['first', 'first'].map((id) => harness.coordinator.requestRetrain(world.modelId, request(id))),
    );
    expect(again.map(({ state, runNo }) => [state, runNo])).toEqual([
      ['started', 1],
      ['started', 1],
    ]);
    expect(world.model.runs).toHaveLength(1);
    await harness.run(world, 1).terminate();
  });

  it('comes as a drift signal alone, with no coordinator there', async () => {
    const world = harness.world();
    await harness.coordinator.sendDrift(world.modelId, {
      eventId: 'e1',
      source: 'monitor',
      column: 'distance',
      psi: 0.4,
    });
    const outcome = await until('the end of the run', () => world.model.runs[0]?.result);
    expect(outcome).toMatchObject({ outcome: { kind: 'promoted' } });
    expect(world.model.triggers).toMatchObject([
      { triggerId: 'monitor/e1', cause: 'drift', requestedBy: 'monitor', body: { column: 'distance', psi: 0.4 } },
    ]);
  });

  it('comes from the schedule through a tick, which returns what became of it', async () => {
    const { world } = await withOpenRun();
    const answer = await harness.client.workflow.execute('scheduledTickWorkflow', {
      workflowId: `tick/${world.modelId}-2001-03-01`,
      taskQueue: harness.queue,
      args: [{ modelId: world.modelId, clock: { mode: 'wall' } }],
    });
    expect(answer).toMatchObject({ state: 'held' });
    expect(world.model.trigger(`schedule/tick/${world.modelId}-2001-03-01`)).toMatchObject({ cause: 'schedule' });
    await harness.run(world, 1).terminate();
  });

  it('is refused by the validator when it is malformed, and leaves no trace', async () => {
    const { world } = await withOpenRun();
    for (const change of [
      { cause: 'whim' as never },
      { triggerId: '' },
      { clock: { mode: 'replay', now: 'today' } as const },
    ]) {
      const error = await harness.coordinator
        .requestRetrain(world.modelId, request(uniqueTaskQueue('bad'), change))
        .catch((fault: unknown) => fault);
      expect(error).toMatchObject({ code: 'SIGNAL_INVALID' });
    }
    expect(world.model.triggers).toHaveLength(1);
    await harness.run(world, 1).terminate();
  });

  it('for a model that nobody applied fails the coordinator and the caller, saying so', async () => {
    const modelId = uniqueTaskQueue('unknown');
    const error = await harness.coordinator.requestRetrain(modelId, request('one')).catch((fault: unknown) => fault);
    expect(JSON.stringify(error, ['message', 'cause', 'type'])).toContain('MODEL_UNKNOWN');
    const ended = await harness.client.workflow
      .getHandle(`model/${modelId}`)
      .result()
      .catch((fault: unknown) => fault);
    expect(ended).toBeInstanceOf(WorkflowFailedError);
    expect(JSON.stringify(ended, ['message', 'cause', 'type'])).toContain(`No model \\"${modelId}\\" is known`);
  });

  it('may come from someone with a long name in any script', async () => {
    const world = harness.world();
    const requestedBy = '漢'.repeat(200);
    const answer = await harness.coordinator.requestRetrain(world.modelId, request('one', { requestedBy }));
    expect(answer.state).toBe('started');
    await until('the end of the run', () => world.model.runs[0]?.result);
    expect(await taskFailures(coordinatorOf(world))).toBe(0);
  });
});

describe('claims sent straight through Temporal', () => {
  it('that are malformed or too large are refused with the reason, when they can be told apart at all', async () => {
    const { world } = await withOpenRun();
    const claims: unknown[] = [
      undefined,
      null,
      'drift!',
      { source: 'monitor' },
      { eventId: 'no-source' },
      { eventId: 'cause', source: 'monitor', cause: 'whim' },
      { eventId: 'clock', source: 'monitor', clock: { mode: 'replay' } },
      { eventId: 'large', source: 'monitor', rows: '漢'.repeat(6000) },
      { eventId: 'good', source: 'monitor' },
      { eventId: 'good', source: 'monitor', cause: 'whim' },
    ];
    for (const claim of claims) await coordinatorOf(world).signal('driftSignal', claim);
    await until('all of them judged', () => world.model.stateOf('monitor/good') === 'held');
    await until('an empty inbox', async () => (await status(world)).unread === 0);
    const rows = world.model.triggers.map(({ triggerId, states }) => [
      // The id that such a message is given names the execution and a count.
      triggerId.replace(/unnamed\/.*/, 'unnamed'),
      states.at(-1)!.state,
      states.at(-1)!.reason,
    ]);
    expect(sorted(rows)).toEqual(
      sorted([
        ['manual/first', 'started', 'requester asks: to see'],
        ['monitor/good', 'held', 'Run 1 is open; judged again when it ends.'],
        ['monitor/cause', 'refused', 'cause must be drift or performance.'],
        ['monitor/clock', 'refused', 'clock.now must be an ISO 8601 instant, e.g. 2001-03-01T00:00:00Z.'],
        ['monitor/large', 'refused', 'the message is larger than 16 KB.'],
        ['unnamed source/no-source', 'refused', 'source is missing: it must be a text.'],
        ['unnamed source/unnamed', 'refused', 'eventId is missing: it must be a text.'],
        ['unnamed source/unnamed', 'refused', 'eventId is missing: it must be a text.'],
        ['unnamed source/unnamed', 'refused', 'eventId is missing: it must be a text.'],
        ['monitor/unnamed', 'refused', 'eventId is missing: it must be a text.'],
      ]),
    );
    expect(JSON.stringify(world.model.trigger('monitor/large')).length).toBeLessThan(1000);
    expect(await taskFailures(coordinatorOf(world))).toBe(0);
    await harness.run(world, 1).terminate();
  });

  it('that nobody could store are refused with the reason, and do not take their neighbours with them', async () => {
    const world = harness.world();
    await harness.stopWorkers();
    for (const [eventId, text] of [
      ['a', 'fine'],
      ['b', '\0'],
      ['c', 'fine'],
    ] as const) {
      await harness.coordinator.sendDrift(world.modelId, { eventId, source: 'monitor', text });
    }
    await harness.startWorkers();
    await until('the end of the run', () => world.model.runs[0]?.result);
    expect(world.model.triggers.map(({ triggerId, states }) => [triggerId, states.at(-1)!.state])).toEqual([
      ['monitor/a', 'started'],
      ['monitor/c', 'merged'],
      ['monitor/b', 'refused'],
    ]);
    expect(world.model.trigger('monitor/b')!.states.at(-1)!.reason).toContain('NUL character');
  });

  it('pile up by the hundred while no worker is there, and become one run without a failed workflow task', async () => {
    const world = harness.world();
    await harness.stopWorkers();
    const ids = Array.from({ length: 500 }, (_, at) => `e${at}`);
    await harness.coordinator.sendDrift(world.modelId, { eventId: 'e0', source: 'monitor' });
    for (let at = 0; at < ids.length; at += 50) {
      const some = ids.slice(at, at + 50);
      await Promise.all(
        some.map((eventId) => coordinatorOf(world).signal('driftSignal', { eventId, source: 'monitor' })),
      );
    }
    await harness.startWorkers();
    await until('the end of the run', () => world.model.runs[0]?.result);
    await until('every claim', () => world.model.triggers.length === 500);
    await until('a state of each', () => world.model.triggers.every(({ states }) => states.length > 1));
    await until('a coordinator at rest', async () => (await status(world)).openRunNo === null);
    expect(world.model.runs).toHaveLength(1);
    expect(new Set(world.model.triggers.map(({ states }) => states.at(-1)!.runNo))).toEqual(new Set([1]));
    const events = await eventTypes(coordinatorOf(world));
    expect(events.filter((name) => name === 'workflowTaskFailedEventAttributes')).toEqual([]);
    expect(events.length).toBeLessThan(900);
  });
});

describe('reasons of different times', () => {
  const march = { mode: 'replay', now: '2001-03-01T00:00:00Z' } as const;
  const april = { mode: 'replay', now: '2001-04-01T00:00:00Z' } as const;
  const runsOf = (world: World) =>
    world.model.runs.map(({ runNo, clock }) => [
      clock,
      world.model.triggers.filter(({ states }) => states.at(-1)!.runNo === runNo).map(({ triggerId }) => triggerId),
    ]);

  it('that were held become one run each time, oldest first', async () => {
    const { world, letIn } = await withOpenRun();
    for (const [id, clock] of [
      ['m1', march],
      ['a1', april],
      ['m2', march],
      ['a2', april],
    ] as const) {
      await harness.coordinator.requestRetrain(world.modelId, request(id, { clock }));
    }
    await letIn();
    await until('the third run', () => world.model.runs[2]?.result);
    expect(runsOf(world)).toEqual([
      [{ mode: 'wall' }, ['manual/first']],
      [march, ['manual/m1', 'manual/m2']],
      [april, ['manual/a1', 'manual/a2']],
    ]);
  });

  it('that come as claims together become one run each time; the later ones are held meanwhile', async () => {
    const world = harness.world();
    await harness.stopWorkers();
    for (const [eventId, clock] of [
      ['m1', march],
      ['a1', april],
      ['m2', march],
    ] as const) {
      await harness.coordinator.sendDrift(world.modelId, { eventId, source: 'monitor', clock });
    }
    await harness.startWorkers();
    await until('the second run', () => world.model.runs[1]?.result);
    expect(runsOf(world)).toEqual([
      [march, ['monitor/m1', 'monitor/m2']],
      [april, ['monitor/a1']],
    ]);
    expect(world.model.trigger('monitor/a1')!.states.map(({ state }) => state)).toEqual(['pending', 'held', 'started']);
  });
});

describe.concurrent('the open run', () => {
  it('is told of labels and of a rollback through the coordinator', async () => {
    const world = harness.world({ hasChampion: true, approval: { policy: 'always' }, labels: { poll: 'P1D' } });
    world.addChampion();
    const { run, letIn } = await withOpenRun(world);
    await letIn();
    const { evidenceDigest } = await harness.awaiting(run, 'a decision');
    const rollback = { moveKey: 'r1', toVersion: null, by: 'reviewer', reason: 'night flights' };
    const answer = await harness.coordinator.rollBack(world.modelId, rollback);
    expect(answer).toEqual({ version: 1, epoch: 3, previousVersion: 2 });
    expect(await harness.coordinator.rollBack(world.modelId, rollback)).toEqual(answer);
    const now = await until('new evidence', async () => {
      const present = await run.query(runStatusQuery);
      return present.awaits !== null && present.evidenceDigest !== evidenceDigest ? present : null;
    });
    expect(now.championVersion).toBe(1);
    expect((await approve(run, { evidence: now.evidenceDigest! })).accepted).toBe(true);
    expect((await run.result()).kind).toBe('promoted');
  });

  it('is known to a coordinator that was terminated and comes back with the next signal', async () => {
    const { world, run, letIn } = await withOpenRun();
    await coordinatorOf(world).terminate('the cluster was restored');
    await harness.coordinator.sendDrift(world.modelId, { eventId: 'e1', source: 'monitor' });
    await until('the claim', () => world.model.stateOf('monitor/e1') === 'held');
    expect(await status(world)).toMatchObject({ openRunNo: 1 });
    await letIn();
    expect((await run.result()).kind).toBe('promoted');
    await until('the held claim', () => world.model.stateOf('monitor/e1') === 'started');
  });

  it('whose workflow was terminated is closed, and the model goes on', async () => {
    const { world, run } = await withOpenRun();
    await run.terminate('by an operator');
    world.labelShare = () => 1;
    expect(await harness.coordinator.requestRetrain(world.modelId, request('second'))).toMatchObject({
      state: 'started',
      runNo: 2,
    });
    expect(world.model.runs[0]!.result).toMatchObject({ failure: expect.stringContaining('terminated') });
    expect((await harness.run(world, 2).result()).kind).toBe('promoted');
  });

  it('whose workflow was terminated is closed by a coordinator too that came after it had started', async () => {
    const { world, run } = await withOpenRun();
    await coordinatorOf(world).terminate('the cluster was restored');
    await harness.coordinator.sendDrift(world.modelId, { eventId: 'e1', source: 'monitor' });
    await until('the claim', () => world.model.stateOf('monitor/e1') === 'held');
    // The judgement that begins an execution looks too; this one is at rest when the run is ended.
    await until('rest', async () => {
      const { raw } = await coordinatorOf(world).describe();
      return (raw.pendingActivities ?? []).length === 0 && raw.pendingWorkflowTask == null;
    });
    await run.terminate('by an operator');
    world.labelShare = () => 1;
    await harness.coordinator.sendDrift(world.modelId, { eventId: 'e2', source: 'monitor' });
    await until('the second run', () => world.model.runs[1]?.result);
    expect(world.model.runs[0]!.result).toMatchObject({ failure: expect.stringContaining('terminated') });
    expect(world.model.stateOf('monitor/e1')).toBe('started');
    expect(world.model.stateOf('monitor/e2')).toBe('merged');
  });

  it('whose workflow never started is started: a process died between the two', async () => {
    const world = harness.world();
    await harness.registry.acceptArrivals([arrivalOf(world.modelId)]);
    await harness.registry.judgeTriggers(world.modelId);
    await harness.coordinator.ensure(world.modelId);
    const outcome = await until('the end of the run', () => world.model.runs[0]?.result);
    expect(outcome).toMatchObject({ outcome: { kind: 'promoted' } });
    expect(world.model.runs).toHaveLength(1);
  });

  it('is opened for a trigger that was committed and never judged: a coordinator died between the two', async () => {
    const world = harness.world();
    const { modelId } = world;
    await harness.registry.acceptArrivals([arrivalOf(modelId, { eventId: 'left' })]);
    await harness.coordinator.ensure(modelId);
    await until('the end of the run', () => world.model.runs[0]?.result);
    expect(world.model.trigger('manual/left')!.states.map(({ state }) => state)).toEqual(['pending', 'started']);
    expect(await harness.coordinator.requestRetrain(modelId, request('left'))).toMatchObject({
      state: 'started',
      runNo: 1,
    });
    expect(world.model.runs).toHaveLength(1);
  });

  it('outlives a coordinator that continues as new, which hears of its end', async () => {
    const world = harness.world({ labels: { poll: 'P1D' } });
    await harness.client.workflow.start('modelCoordinatorWorkflow', {
      workflowId: `model/${world.modelId}`,
      taskQueue: harness.queue,
      args: [{ modelId: world.modelId, maxHistoryEvents: 50 }],
    });
    const { firstExecutionRunId } = await harness.client.workflow
      .getHandle(`model/${world.modelId}`)
      .describe()
      .then((found) => ({ firstExecutionRunId: found.runId }));
    const { run, letIn } = await withOpenRun(world);
    const requests = ['a', 'b', 'c', 'd', 'e'];
    const answers = await Promise.all(
      requests.map((id) => harness.coordinator.requestRetrain(world.modelId, request(id))),
    );
    expect(answers.map(({ state }) => state)).toEqual(requests.map(() => 'held'));
    await until('a new execution', async () => (await coordinatorOf(world).describe()).runId !== firstExecutionRunId);
    await until('a state', async () => (await status(world)).openRunNo === 1);
    await letIn();
    expect((await run.result()).kind).toBe('promoted');
    await until('the run for all that were held', () => world.model.runs[1]?.result);
    expect(requests.map((id) => world.model.stateOf(`manual/${id}`)).sort()).toEqual([
      'merged',
      'merged',
      'merged',
      'merged',
      'started',
    ]);
    expect(world.model.runs).toHaveLength(2);
  });
});

describe('a coordinator', () => {
  it('takes up a trigger that was committed by one that died before it judged it', async () => {
    const world = harness.world();
    await harness.registry.acceptArrivals([arrivalOf(world.modelId, { cause: 'drift', eventId: 'left' })]);
    await harness.coordinator.ensure(world.modelId);
    await until('the end of the run', () => world.model.runs[0]?.result);
    expect(world.model.stateOf('drift/left')).toBe('started');
  });

  it('refuses to coordinate a model under the id of another one', async () => {
    const world = harness.world();
    const error = await harness.client.workflow
      .execute('modelCoordinatorWorkflow', {
        workflowId: `model/not-${world.modelId}`,
        taskQueue: harness.queue,
        args: [{ modelId: world.modelId }],
      })
      .catch((fault: unknown) => fault);
    expect((error as WorkflowFailedError).cause).toMatchObject({ type: 'SIGNAL_INVALID' });
  });

  it('rolls back to nothing only with a reason why that cannot be', async () => {
    const world = harness.world({ hasChampion: true });
    const error = await harness.coordinator
      .rollBack(world.modelId, { moveKey: 'r1', toVersion: null, by: 'reviewer', reason: 'night flights' })
      .catch((fault: unknown) => fault);
    expect(error).toMatchObject({ code: 'APPROVAL_NOT_ALLOWED' });
    expect(JSON.stringify(error, ['message', 'cause', 'type'])).toContain('Version 1 is the first champion');
  });
});
