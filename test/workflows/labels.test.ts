// The wait for labels: what ends it, and what becomes of a run whose labels do not come. Months pass in seconds.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shortInstant } from '#dist/core/instant.js';
import type { Instant, LabelDecision } from '#dist/core/types.js';
import {
  answerQuestionUpdate,
  extendDeadlineUpdate,
  labelDecisionSignal,
  labelsArrivedSignal,
  runStatusQuery,
} from '#dist/workflows/messages.js';
import { uniqueTaskQueue } from '../setup/services.js';
import { eventTypes, Harness, until } from './harness.js';
import type { Scenario } from './world.js';

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
      handle.executeUpdate(answerQuestionUpdate, { args: [{ eventId: uniqueTaskQueue('a'), answer: choice, ...by }] });
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
      code: 'accepted',
      reason: `The deadline is now ${shortInstant(later(awaitsUntil!, 2 * HOUR_MS))}.`,
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

describe('what people say about missing labels', () => {
  const approval = { allowed: ['reviewer'] };
  const said = (change: Partial<LabelDecision>): LabelDecision => ({
    eventId: 'x',
    decision: 'abort',
    until: null,
    ...by,
    ...change,
  });

  async function asking(change: Scenario['approval'] = approval) {
    const world = harness.world({ labels: { onDeadline: 'ask', deadline: 'P1D', poll: 'P1D' }, approval: change });
    world.labelShare = () => 0.4;
    const handle = await harness.startRun(world);
    await harness.awaiting(handle, 'labels');
    await harness.skip('25 hours');
    await harness.awaiting(handle, 'an answer');
    return { world, handle, rows: world.model.labelDecisions };
  }

  it('counts only from those whom the pipeline allows, and leaves a row either way', async () => {
    const { handle, rows } = await asking();
    const send = (eventId: string, who: string, reason = 'enough') =>
      handle.executeUpdate(answerQuestionUpdate, { args: [{ eventId, answer: 'proceed', by: who, reason }] });
    expect(await send('a1', 'stranger')).toEqual({
      accepted: false,
      code: 'not-allowed',
      reason: 'stranger may not decide here; allowed: reviewer.',
    });
    const until = '2099-01-01T00:00:00Z';
    const args = [{ eventId: 'a2', until, by: 'stranger', reason: 'r' }] as [never];
    expect(await handle.executeUpdate(extendDeadlineUpdate, { args })).toMatchObject({ code: 'not-allowed' });
    expect(await send('a3', ' ')).toMatchObject({ accepted: false, code: 'not-allowed' });
    expect(await send('a4', 'reviewer', ' ')).toMatchObject({ accepted: false, code: 'reason-missing' });
    expect(await send('a5', 'reviewer')).toMatchObject({ accepted: true });
    expect((await handle.result()).kind).toBe('promoted');
    expect(rows.map(({ eventId, by: who, channel, answer }) => [eventId, who, channel, answer.code])).toEqual([
      ['a1', 'stranger', 'update', 'not-allowed'],
      ['a2', 'stranger', 'update', 'not-allowed'],
      ['a3', ' ', 'update', 'not-allowed'],
      ['a4', 'reviewer', 'update', 'reason-missing'],
      ['a5', 'reviewer', 'update', 'accepted'],
    ]);
    expect(rows[1]).toMatchObject({ decision: 'extend', until: '2099-01-01T00:00:00.000Z' });
  });

  it('is taken by Signal too, and a malformed one leaves a note instead of a row', async () => {
    const { handle, rows } = await asking();
    await handle.signal(labelDecisionSignal, { decision: 'wait', by: 'reviewer', reason: 'r' } as never);
    await until('the note', async () => (await harness.details(handle)).includes('decision must be proceed, shrink'));
    await handle.signal(labelDecisionSignal, said({ eventId: 's1', by: 'stranger' }));
    const { eventId: _none, until: _never, ...typed } = said({ decision: 'proceed' });
    await handle.signal(labelDecisionSignal, typed as LabelDecision);
    const outcome = await handle.result();
    expect(outcome.reasons.join()).toContain('reviewer chose proceed: they are on their way');
    expect(rows).toMatchObject([
      { eventId: 's1', by: 'stranger', channel: 'signal', answer: { accepted: false, code: 'not-allowed' } },
      { decision: 'proceed', until: null, by: 'reviewer', channel: 'signal', answer: { accepted: true } },
    ]);
  });

  it('does not count by a way that the pipeline does not name', async () => {
    const { handle, rows } = await asking({ channels: ['update'] });
    await handle.signal(labelDecisionSignal, said({ eventId: 's1' }));
    await until('the row', () => rows.length === 1);
    expect(rows[0]).toMatchObject({ channel: 'signal', answer: { accepted: false, code: 'not-allowed' } });
    await handle.executeUpdate(answerQuestionUpdate, { args: [{ eventId: 'a', answer: 'abort', ...by }] });
    expect((await handle.result()).kind).toBe('labels-missing');
  });

  it('gets its first answer again when it is repeated, and the first of two answers stands', async () => {
    const { world, handle, rows } = await asking();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.before.recordLabelDecision = () => held;
    const send = (eventId: string, answer: 'proceed' | 'abort') =>
      handle.executeUpdate(answerQuestionUpdate, { args: [{ eventId, answer, ...by }] });
    const first = send('a1', 'abort');
    await until('the recording of the first', () => world.count('recordLabelDecision') === 1);
    const others = [send('a2', 'proceed'), send('a1', 'abort')];
    await until('both in the history', async () => {
      const accepted = (await eventTypes(handle)).filter((name) => name.includes('UpdateAccepted'));
      return accepted.length >= 3;
    });
    release();
    expect(await first).toMatchObject({ accepted: true });
    expect(await Promise.all(others)).toMatchObject([{ accepted: false, code: 'duplicate' }, { accepted: true }]);
    expect((await handle.result()).kind).toBe('labels-missing');
    expect(rows.map(({ eventId }) => eventId)).toEqual(['a1', 'a2']);
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

  it('goes no further than the deadline, however late the labels are that a notice tells of', async () => {
    const world = harness.world({
      labels: { deadline: 'P10D', onDeadline: 'proceed' },
      approval: { policy: 'always', expiry: 'P2D' },
    });
    world.labelShare = () => 0.4;
    const handle = await harness.startRun(world, { clock });
    await harness.awaiting(handle, 'labels');
    await handle.signal(labelsArrivedSignal, { eventId: 'today', through: '2026-01-01T00:00:00Z' });
    expect(await harness.awaiting(handle, 'a decision')).toMatchObject({
      now: '2001-03-11T00:00:00.000Z',
      awaitsUntil: '2001-03-13T00:00:00.000Z',
    });
    expect(world.measured.map(({ asOf }) => asOf)).toEqual(['2001-03-01T00:00:00.000Z', '2001-03-11T00:00:00.000Z']);
    await handle.signal(labelsArrivedSignal, { eventId: 'later', through: '2026-01-02T00:00:00Z' });
    expect((await handle.result()).kind).toBe('expired');
    expect((await handle.query(runStatusQuery)).now).toBe('2001-03-13T00:00:00.000Z');
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
