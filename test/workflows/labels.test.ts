// The wait for labels: what ends it, and what becomes of a run whose labels do not come. Months pass in seconds.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Instant } from '#dist/core/types.js';
import {
  answerQuestionUpdate,
  extendDeadlineUpdate,
  labelsArrivedSignal,
  runStatusQuery,
} from '#dist/workflows/messages.js';
import { Harness, until } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.timeSkipping();
});
afterAll(() => harness.close());

const HOUR_MS = 3_600_000;
const later = (instant: Instant, ms: number): Instant => new Date(Date.parse(instant) + ms).toISOString();
const by = { by: 'reviewer', reason: 'they are on their way' };

describe('the wait for labels', () => {
  it('ends when a signal says that labels arrived', async () => {
    const world = harness.world();
    let share = 0.4;
    world.labelShare = () => share;
    const handle = await harness.startRun(world);
    const status = await harness.awaiting(handle, 'labels');
    expect(status.stage).toBe('labels');
    expect(Date.parse(status.awaitsUntil!) - Date.parse(world.measured[0]!.asOf)).toBeCloseTo(14 * 24 * HOUR_MS, -4);
    share = 0.95;
    await handle.signal(labelsArrivedSignal, { eventId: 'e1', through: '2001-01-01T00:00:00Z' });
    const outcome = await handle.result();
    expect(outcome.kind).toBe('promoted');
    expect(outcome.reasons).toContain('labels in: training 95.0 %, holdout 100.0 %');
    expect(world.measured).toHaveLength(2);
  });

  it('looks by itself every hour, so that a lost signal blinds nobody', async () => {
    const world = harness.world();
    world.labelShare = (asOf) => (asOf >= later(world.measured[0]!.asOf, 5.5 * HOUR_MS) ? 1 : 0.4);
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome.kind).toBe('promoted');
    expect(world.measured).toHaveLength(7);
  });

  it.each([
    ['proceed', 'promoted', /Went on at the deadline/],
    ['abort', 'labels-missing', /were not in at the deadline/],
  ] as const)('ends at the deadline with %s: %s', async (onDeadline, kind, reason) => {
    const world = harness.world({ labels: { onDeadline, deadline: 'P2D', poll: 'PT12H' } });
    world.labelShare = () => 0.4;
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome.kind).toBe(kind);
    expect(outcome.reasons.join('\n')).toMatch(reason);
    expect(outcome.reasons.join('\n')).toContain('40.0 % of its labels (400 of 1000 rows)');
    const { asOf, deadlineAt } = world.measured.at(-1)!;
    expect(asOf >= deadlineAt).toBe(true);
    expect(world.measured).toHaveLength(5);
  });

  it('shrinks the training window at the deadline and keeps the length of the validation tail', async () => {
    const world = harness.world({ labels: { onDeadline: 'shrink', deadline: 'P1D', poll: 'P1D' } });
    world.labelShare = () => 0.4;
    const start = '2026-01-01T00:00:00.000Z';
    world.shrunkTo = { start, end: '2026-01-20T00:00:00.000Z' };
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome.kind).toBe('promoted');
    expect(outcome.reasons.at(-1)).toMatch(/^The training window ends at 2026-01-20T00:00:00.000Z instead of /);
    expect(world.trainedOn).toEqual([{ window: world.shrunkTo, validationStart: '2026-01-17T00:00:00.000Z' }]);
  });

  it('stops when no shorter training window has its labels, and never shrinks the holdout', async () => {
    const world = harness.world({ labels: { onDeadline: 'shrink', deadline: 'P1D', poll: 'P1D' } });
    world.labelShare = () => 0.4;
    expect((await (await harness.startRun(world)).result()).kind).toBe('labels-missing');
    const other = harness.world({ labels: { onDeadline: 'shrink', deadline: 'P1D', poll: 'P1D' } });
    other.holdoutShare = () => 0.4;
    expect((await (await harness.startRun(other)).result()).kind).toBe('labels-missing');
    expect(other.calls).not.toContain('shrinkTraining');
  });

  it.each([
    ['proceed', 'promoted'],
    ['shrink', 'promoted'],
    ['abort', 'labels-missing'],
  ] as const)('asks a person at the deadline and does as answered: %s', async (answer, kind) => {
    const world = harness.world({ labels: { onDeadline: 'ask', deadline: 'P1D', poll: 'P1D' } });
    world.labelShare = () => 0.4;
    world.shrunkTo = { start: '2026-01-01T00:00:00.000Z', end: '2026-01-20T00:00:00.000Z' };
    const handle = await harness.startRun(world);
    const send = (choice: typeof answer) =>
      handle.executeUpdate(answerQuestionUpdate, { args: [{ eventId: 'a1', answer: choice, ...by }] });
    await harness.awaiting(handle, 'labels');
    expect(await send('abort')).toMatchObject({ accepted: false, reason: 'The run asks nothing now.' });
    await harness.skip('25 hours');
    await harness.awaiting(handle, 'an answer');
    expect(await send(answer)).toMatchObject({ accepted: true });
    const outcome = await handle.result();
    expect(outcome.kind).toBe(kind);
    expect(outcome.reasons.join('\n')).toContain(`reviewer chose ${answer}: they are on their way`);
  });

  it('expires when nobody answers', async () => {
    const world = harness.world({ labels: { onDeadline: 'ask', deadline: 'P1D' }, approval: { expiry: 'P3D' } });
    world.labelShare = () => 0.4;
    const outcome = await (await harness.startRun(world)).result();
    expect(outcome).toMatchObject({
      kind: 'expired',
      reasons: [expect.stringContaining('Nobody answered'), expect.anything()],
    });
    const askedForMs = Date.parse(world.measured.at(-1)!.asOf) - Date.parse(world.measured[0]!.deadlineAt);
    expect(askedForMs / (24 * HOUR_MS)).toBeCloseTo(3, 1);
  });

  it('drops the question when the labels come after all', async () => {
    const world = harness.world({ labels: { onDeadline: 'ask', deadline: 'P1D', poll: 'P1D' } });
    let share = 0.4;
    world.labelShare = () => share;
    const handle = await harness.startRun(world);
    await harness.awaiting(handle, 'labels');
    await harness.skip('25 hours');
    await harness.awaiting(handle, 'an answer');
    share = 1;
    await handle.signal(labelsArrivedSignal, { eventId: 'e1', through: '2001-01-01T00:00:00Z' });
    expect((await handle.result()).kind).toBe('promoted');
  });

  it('goes on to a later deadline when a person extends it, also after it was reached', async () => {
    const world = harness.world({ labels: { onDeadline: 'ask', deadline: 'P1D', poll: 'P1D' } });
    world.labelShare = (asOf) => (asOf > later(world.measured[0]!.deadlineAt, 40 * HOUR_MS) ? 1 : 0.4);
    const handle = await harness.startRun(world);
    const { awaitsUntil } = await harness.awaiting(handle, 'labels');
    const extend = (ms: number) =>
      handle.executeUpdate(extendDeadlineUpdate, {
        args: [{ eventId: `x${ms}`, until: later(awaitsUntil!, ms), ...by }],
      });
    expect(await extend(-HOUR_MS)).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('name a later one'),
    });
    expect(await extend(400 * 24 * HOUR_MS)).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('more than 400 days from now'),
    });
    expect(await extend(2 * HOUR_MS)).toEqual({
      accepted: true,
      reason: `The deadline is now ${later(awaitsUntil!, 2 * HOUR_MS)}.`,
    });
    await harness.skip('28 hours');
    await harness.awaiting(handle, 'an answer');
    expect(await extend(3 * HOUR_MS)).toMatchObject({ accepted: false, reason: expect.stringContaining('already') });
    expect(await extend(48 * HOUR_MS)).toMatchObject({ accepted: true });
    const again = await harness.awaiting(handle, 'labels');
    expect(again.awaitsUntil).toBe(later(awaitsUntil!, 48 * HOUR_MS));
    expect((await handle.result()).kind).toBe('promoted');
  });

  it('honours an extension that arrives while the passed deadline is being judged', async () => {
    const world = harness.world({ labels: { onDeadline: 'abort', deadline: 'P1D', poll: 'P1D' } });
    world.labelShare = () => 0.4;
    const handle = await harness.startRun(world);
    const { awaitsUntil } = await harness.awaiting(handle, 'labels');
    let answer: Promise<unknown> = Promise.resolve();
    world.before.measureCoverage = async () => {
      if (world.count('measureCoverage') !== 2) return;
      const args = [{ eventId: 'x', until: later(awaitsUntil!, 24 * HOUR_MS), ...by }] as const;
      answer = handle.executeUpdate(extendDeadlineUpdate, { args: [args[0]] });
      await answer;
    };
    const outcome = await handle.result();
    expect(await answer).toMatchObject({ accepted: true });
    expect(outcome.kind).toBe('labels-missing');
    expect(world.measured.map(({ deadlineAt }) => deadlineAt)).toContain(later(awaitsUntil!, 24 * HOUR_MS));
  });

  it('refuses to extend the deadline of a run that waits for no labels', async () => {
    const world = harness.world({ approval: { policy: 'always' } });
    const handle = await harness.startRun(world);
    await harness.awaiting(handle, 'a decision');
    const args = [{ eventId: 'x', until: '2099-01-01T00:00:00Z', ...by }] as [never];
    expect(await handle.executeUpdate(extendDeadlineUpdate, { args })).toMatchObject({
      accepted: false,
      reason: 'The run is in stage approve and waits for no labels.',
    });
    await handle.terminate();
  });
});

describe('a replayed clock', () => {
  const clock = { mode: 'replay', now: '2001-03-01T00:00:00Z' } as const;

  it('moves only forward, by what labels say, and the deadline compares with it', async () => {
    const world = harness.world({ labels: { deadline: 'P10D', onDeadline: 'abort' } });
    world.labelShare = () => 0.4;
    const handle = await harness.startRun(world, { clock });
    expect(await harness.awaiting(handle, 'labels')).toMatchObject({
      now: '2001-03-01T00:00:00.000Z',
      awaitsUntil: '2001-03-11T00:00:00.000Z',
    });
    for (const [at, through] of [
      '2001-03-05T00:00:00Z',
      '2001-03-02T00:00:00Z',
      '2001-03-05T01:00:00+01:00',
    ].entries()) {
      await handle.signal(labelsArrivedSignal, { eventId: `e${at}`, through });
      await until(`measurement ${at + 2}`, () => world.measured.length === at + 2);
    }
    expect(world.measured.map(({ asOf }) => asOf.slice(0, 10))).toEqual([
      '2001-03-01',
      '2001-03-05',
      '2001-03-05',
      '2001-03-05',
    ]);
    await harness.skip('60 days');
    expect((await handle.query(runStatusQuery)).now).toBe('2001-03-05T00:00:00.000Z');
    await handle.signal(labelsArrivedSignal, { eventId: 'e9', through: '2001-03-11T00:00:00Z' });
    expect((await handle.result()).kind).toBe('labels-missing');
    expect(world.measured).toHaveLength(5);
  });

  it('sets the windows and what is known, and lets an approval expire', async () => {
    const world = harness.world({ approval: { policy: 'always', expiry: 'P2D' } });
    const handle = await harness.startRun(world, { clock });
    const status = await harness.awaiting(handle, 'a decision');
    expect(status.awaitsUntil).toBe('2001-03-03T00:00:00.000Z');
    expect(world.trainedOn[0]!.window.end).toBe('2001-01-31T00:00:00.000Z');
    await handle.signal(labelsArrivedSignal, { eventId: 'e1', through: '2001-03-02T23:59:59Z' });
    expect((await harness.awaiting(handle, 'a decision')).stage).toBe('approve');
    await handle.signal(labelsArrivedSignal, { eventId: 'e2', through: '2001-03-03T00:00:00Z' });
    expect((await handle.result()).kind).toBe('expired');
  });
});
