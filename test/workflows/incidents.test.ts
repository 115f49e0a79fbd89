// What an incident does to a model's coordinator: claims wait while it is open, and are judged when it is closed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coordinatorStatusQuery } from '#dist/workflows/messages.js';
import { Harness, until } from './harness.js';
import type { World } from './world.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.devServer();
});
afterAll(() => harness.close());

const status = (world: World) =>
  harness.client.workflow.getHandle(`model/${world.modelId}`).query(coordinatorStatusQuery);

const incident = {
  incidentId: 4,
  name: 'Incident 4 (broken feed, distance, since 2001-01-01T00:00:00.000Z)',
  mode: 'wall' as const,
  since: '2001-01-01T00:00:00.000Z',
};

describe.concurrent('a claim that comes while a feed incident is open', () => {
  it('is held, and judged when the incident closes, without a timer in between', async () => {
    const world = harness.world();
    world.model.incidents = [incident];
    await harness.coordinator.sendDrift(world.modelId, { eventId: 'e1', source: 'monitor' });
    await until('the claim held', () => world.model.stateOf('monitor/e1') === 'held');
    expect(world.model.trigger('monitor/e1')!.states.at(-1)).toEqual({
      state: 'held',
      reason: `${incident.name} is open; judged again when it is closed.`,
      runNo: null,
      incidentId: 4,
    });
    await until('a coordinator at rest', async () => (await status(world)).unread === 0);
    expect(await status(world)).toMatchObject({ openRunNo: null, wakeAt: null, waiting: { held: 1 } });
    world.model.incidents = [];
    await harness.coordinator.sendPending(world.modelId, { throughSeq: 0, isUrgent: false });
    await until('the end of the run', () => world.model.runs[0]?.result);
    expect(world.model.trigger('monitor/e1')!.states.map(({ state }) => state)).toEqual(['pending', 'held', 'started']);
  });

  it('holds up neither a person nor the calendar, whose runs leave it where it is', async () => {
    const world = harness.world();
    world.model.incidents = [incident];
    await harness.coordinator.sendDrift(world.modelId, { eventId: 'e1', source: 'monitor' });
    await until('the claim held', () => world.model.stateOf('monitor/e1') === 'held');
    for (const [triggerId, cause] of [['by-hand', 'manual'] as const, ['by-clock', 'schedule'] as const]) {
      const request = {
        triggerId,
        cause,
        requestedBy: 'requester',
        reason: 'to see',
        clock: { mode: 'wall' },
      } as const;
      await until('nothing open', async () => (await status(world)).openRunNo === null);
      expect(await harness.coordinator.requestRetrain(world.modelId, request)).toMatchObject({ state: 'started' });
      await until('the end of the run', () => world.model.runs.at(-1)?.result);
    }
    expect(world.model.runs.map(({ cause }) => cause)).toEqual(['manual', 'schedule']);
    expect(world.model.trigger('monitor/e1')!.states.map(({ state }) => state)).toEqual(['pending', 'held']);
  });
});
