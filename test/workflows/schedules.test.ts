/** The Schedule of a model against a real server: what the spec says, what a person paused by hand, what Temporal refuses. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scheduleCalls } from '#dist/client/schedules.js';
import { type PipelineSpec, specSchema } from '#dist/core/spec/schema.js';
import { Harness } from './harness.js';

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
