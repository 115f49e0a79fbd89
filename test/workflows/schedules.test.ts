/** The Schedule of a model against a real server: what the spec says, what a person paused by hand, what Temporal refuses. */
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scheduleCalls } from '#dist/client/schedules.js';
import { schedulePoints } from '#dist/core/spec/schedule-points.js';
import { type PipelineSpec, specSchema } from '#dist/core/spec/schema.js';
import { Harness, until } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.devServer();
});
afterAll(() => harness.close());

const wall = { mode: 'wall' } as const;
const specOf = (model: string, schedule?: Record<string, unknown>): PipelineSpec =>
  specSchema.parse({
    model,
    source: { kind: 'csv', path: 'a.csv', columns: { label: 'y' } },
    features: [{ kind: 'numeric', name: 'x' }],
    gates: [{ metric: 'auc', min: 0.6 }],
    window: { sliding: 'P31D' },
    schedule,
  });
const calls = () => scheduleCalls(harness.client, harness.queue);

it('follows the pause of the spec both ways, and a pause by hand stays until it is resumed', async () => {
  const [going, halted] = [false, true].map((paused) => specOf(`pause-${harness.queue}`, { every: 'P7D', paused }));
  const { set, pause, resume, remove, describe } = calls();
  const isPaused = async (spec: PipelineSpec) => {
    await set(spec, wall);
    return (await describe(spec.model)).isPaused;
  };
  expect([await isPaused(going!), await isPaused(halted!), await isPaused(going!)]).toEqual([false, true, false]);
  await pause(going!.model, 'holiday');
  expect(await isPaused(going!)).toBe(true);
  await resume(going!.model, 'back');
  expect([await isPaused(going!), await isPaused(halted!)]).toEqual([false, true]);
  await remove(going!.model);
});

it('tells a Schedule that differs from the spec, whoever changed it', async () => {
  const model = `agree-${harness.queue}`;
  const weekly = specOf(model, { cron: '0 6 * * 1' });
  const { agreement, set, pause, remove } = calls();
  expect([await agreement(specOf(model)), await agreement(weekly)]).toEqual(['none', 'not-set']);
  await set(weekly, wall);
  expect(await agreement(weekly)).toBe('same');
  expect(await agreement(specOf(model, { cron: '0 6 * * 2' }))).toBe('differs');
  expect(await agreement(specOf(model, { cron: '0 6 * * 1', paused: true }))).toBe('differs');
  expect(await agreement(specOf(model))).toBe('not-in-spec');
  await pause(model, 'holiday');
  expect(await agreement(weekly)).toBe('same');
  await remove(model);
});

it('says of a schedule that Temporal refuses that the spec is wrong, when it is created and when it is changed', async () => {
  const model = `refused-${harness.queue}`;
  const refused = specOf(model, { cron: '0 25 * * *' });
  const { set, remove } = calls();
  const problem = { code: 'SPEC_INVALID', message: expect.stringContaining('Temporal refuses the schedule') };
  await expect(set(refused, wall)).rejects.toMatchObject(problem);
  await set(specOf(model, { every: 'P7D' }), wall);
  await expect(set(refused, wall)).rejects.toMatchObject(problem);
  await remove(model);
});

it.each([
  '0 6 1 * *',
  '*/15 0-6,20 * jan-mar mon-fri',
  '0 6 * * 7',
  '5/10 6 * * SUN',
  '0 6 1 1 * 2027',
  '*/3 * * * * * *',
  '@daily',
])('the cron line %s, which a spec may have, is one that Temporal takes', async (cron) => {
  const spec = specOf(`cron-${harness.queue}`, { cron });
  const { set, remove } = calls();
  await set(spec, wall);
  await remove(spec.model);
});

it('set twice is one Schedule with what was set last; paused, resumed, deleted twice is done once', async () => {
  const model = `twice-${harness.queue}`;
  const { set, pause, resume, remove, describe, agreement } = calls();
  const [weekly, monthly] = [
    { every: 'P7D' },
    { cron: '0 6 1 * *', timeZone: 'Europe/Berlin', jitter: 'PT10S', catchUp: 'P2D' },
  ];
  expect([await set(specOf(model, weekly), wall), await set(specOf(model, monthly), wall)]).toEqual([
    'created',
    'updated',
  ]);
  const described = await harness.client.schedule.getHandle(`schedule/${model}`).describe();
  expect(described.spec).toMatchObject({ timezone: 'Europe/Berlin', jitter: 10_000 });
  expect([described.spec.intervals, described.spec.calendars?.length]).toEqual([[], 1]);
  expect(await agreement(specOf(model, monthly))).toBe('same');
  expect(await describe(model)).toMatchObject({
    isPaused: false,
    note: "set from the pipeline's spec",
    catchUpMs: 2 * 86_400_000,
    pauseOnFailure: true,
    lastTicks: [],
  });
  for (const _ of [1, 2]) await pause(model, 'holiday');
  expect(await describe(model)).toMatchObject({ isPaused: true, note: 'holiday' });
  for (const _ of [1, 2]) await resume(model, 'back');
  expect(await describe(model)).toMatchObject({ isPaused: false, note: 'back' });
  expect([await remove(model), await remove(model)]).toEqual([true, false]);
});

it('a tick that can never succeed pauses the Schedule with a note, which stands until somebody resumes it', async () => {
  const model = `fails-${harness.queue}`;
  const spec = specOf(model, { every: 'P7D' });
  const { set, trigger, resume, remove, describe } = calls();
  await set(spec, wall);
  await trigger(model);
  const { note } = await until('the pause', async () => {
    const found = await describe(model);
    return found.isPaused ? found : null;
  });
  expect(note).toMatch(/workflow failure.*tick\/fails-/);
  await set(spec, wall);
  expect(await describe(model)).toMatchObject({ isPaused: true, note });
  await resume(model, 'the model is there now');
  await remove(model);
  const kept = specOf(model, { every: 'P7D', pauseOnFailure: false });
  await set(kept, wall);
  expect((await describe(model)).pauseOnFailure).toBe(false);
  await remove(model);
});

it('a tick that an outage holds up tries again and pauses nothing', async () => {
  const world = harness.world();
  let tries = 0;
  world.before.requestRetrain = () => {
    tries += 1;
    if (tries <= 3) throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
  };
  const { set, trigger, remove, describe } = calls();
  await set(specOf(world.modelId, { every: 'P7D' }), wall);
  await trigger(world.modelId);
  await until('its run', () => world.model.runs[0]?.result);
  expect(await describe(world.modelId)).toMatchObject({ isPaused: false });
  expect([tries, world.model.runs.length]).toEqual([4, 1]);
  await remove(world.modelId);
});

it('catches up once after an outage of the workers over several ticks', async () => {
  const world = harness.world();
  const { set, pause, remove, describe } = calls();
  await harness.stopWorkers();
  await set(specOf(world.modelId, { every: 'PT1S' }), wall);
  await until('three ticks left out', async () => (await describe(world.modelId)).missed.overlapping >= 3);
  await pause(world.modelId, 'enough');
  await harness.startWorkers();
  await until('the run', () => world.model.runs[0]?.result);
  const { lastTicks, missed } = await describe(world.modelId);
  expect([lastTicks.length, missed.tooLate]).toEqual([1, 0]);
  expect(world.model.runs.map(({ cause }) => cause)).toEqual(['schedule']);
  expect(world.model.triggers.map(({ states }) => states.at(-1)!.state)).toEqual(['started']);
  await remove(world.modelId);
});

/** In UTC and in a zone whose clocks change in March and October. */
const LINES = [
  '0 6 1 * *',
  '30 2 * * *',
  '*/20 4-6/2 * jan-mar mon-fri',
  '15 9 1,15 * 1',
  '5/25 6 * * SUN',
  '@weekly',
  '0 0 29 2 *',
];
const RANGES = [
  ['2000-02-19T23:11:00.000Z', '2000-04-05T12:34:56.000Z'],
  ['2001-10-15T00:00:00.000Z', '2001-11-20T00:00:00.000Z'],
] as const;

it.each(
  LINES.flatMap((cron) => ['UTC', 'Europe/Berlin', 'America/Chicago'].map((timeZone) => [cron, timeZone] as const)),
)('the points of %s in %s are those at which the server would fire', async (cron, timeZone) => {
  const model = `points-${harness.queue}`;
  const { set, remove } = calls();
  await set(specOf(model, { cron, timeZone }), wall);

  for (const [from, to] of RANGES) {
    const { startTime } = await harness.client.workflowService.listScheduleMatchingTimes({
      namespace: 'default',
      scheduleId: `schedule/${model}`,
      startTime: msToTs(Date.parse(from)),
      endTime: msToTs(Date.parse(to)),
    });
    const server = (startTime ?? []).map(({ seconds: at }) => new Date(Number(at) * 1000).toISOString());
    expect(schedulePoints({ kind: 'cron', line: cron, timeZone }, { from, to, limit: 5_000 })).toEqual(server);
  }
  await remove(model);
});
