// What stage assess does on each action: goes on, stops, asks a person, or waits for labels and looks once more.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssessReply } from '#dist/core/triage/assessment.js';
import type { Cause, LabelDecision, RunClock } from '#dist/core/types.js';
import {
  answerQuestionSignal,
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

const by = { by: 'reviewer', reason: 'the change was announced to us' };
type Reply = Omit<AssessReply, 'window'>;
const reply = (verdict: Reply['verdict'], change: Partial<Reply> = {}): Reply => ({
  verdict,
  certainty: null,
  action: 'stop',
  reasons: ['distance is in kilometres.', 'No other column changed.'],
  next: 'Look at the feed.',
  details: `### Assessed as ${verdict}\n\n- for: distance × 1.609344 fits.`,
  ...change,
});
const SUSPECTED = reply('logging-change', { action: 'ask', certainty: 'suspected', next: 'Decide.', incidentId: 7 });
const UNCLEAR = reply('unclear', { action: 'ask', next: 'Decide.' });
const CONFIRMED = reply('label-fault', { certainty: 'confirmed', incidentId: 8 });
const DOUBTED = reply('label-fault', { action: 'ask', certainty: 'suspected', next: 'Decide.' });
const FINE = reply('clear', { action: 'go-on', reasons: [] });
const PENDING = reply('pending-labels', { action: 'await-labels' });

async function started(
  replies: readonly Reply[],
  scenario: Scenario = {},
  options: { clock?: RunClock; promotion?: 'off'; cause?: Cause } = {},
) {
  const world = harness.world({ labels: { poll: 'P1D' }, ...scenario });
  world.assessReplies = [...replies];
  const handle = await harness.startRun(world, options);
  type Said = {
    answer: 'proceed' | 'shrink' | 'abort';
    question?: 'labels' | 'assessment';
    by?: string;
    eventId?: string;
  };
  const say = ({ eventId = uniqueTaskQueue('a'), ...said }: Said) =>
    handle.executeUpdate(answerQuestionUpdate, { args: [{ eventId, ...by, ...said }] });
  return { world, handle, say, rows: world.model.labelDecisions };
}

describe('an assessment', () => {
  it.each([
    ['broken-feed', 'blocked-by-data'],
    ['logging-change', 'blocked-by-data'],
    ['label-fault', 'blocked-by-data'],
    ['code-or-feature-bug', 'code-suspected'],
    ['no-shift', 'not-a-shift'],
    ['seasonal', 'not-a-shift'],
  ] as const)(
    'that stops as %s ends the run as %s, with verdict, certainty, next step, facts and incident',
    async (verdict, kind) => {
      const isFault = kind !== 'not-a-shift';
      const change = isFault ? ({ certainty: 'confirmed', incidentId: 7 } as const) : {};
      const { world, handle } = await started([reply(verdict, change)]);
      const outcome = await handle.result();
      expect(outcome.kind).toBe(kind);
      expect(outcome.reasons).toEqual([
        `Assessed as ${verdict}${isFault ? ' (confirmed)' : ''}.`,
        'Look at the feed.',
        'distance is in kilometres.',
        'No other column changed.',
        ...(isFault ? ['It belongs to incident 7.'] : []),
      ]);
      expect(world.calls).not.toContain('measureCoverage');
      expect(world.model.runs[0]!.stages).toEqual(['assess', 'done']);
      expect(await harness.details(handle)).toContain(`### Assessed as ${verdict}`);
    },
  );

  it.each(['concept-shift', 'genuine-shift', 'no-shift', 'seasonal', 'unclear'] as const)(
    'that goes on is told in the outcome: %s',
    async (verdict) => {
      const { handle } = await started([reply(verdict, { action: 'go-on' })]);
      const outcome = await handle.result();
      expect(outcome.kind).toBe('promoted');
      expect(outcome.reasons).toContain(`Assessed as ${verdict}.`);
    },
  );

  it('that is clear leaves no word in the outcome', async () => {
    const { handle } = await started([reply('clear', { action: 'go-on', reasons: [] })]);
    expect((await handle.result()).reasons.join()).not.toContain('Assessed');
  });

  it('of an early build, without an action, goes on when clear and stops otherwise', async () => {
    for (const verdict of ['no-shift', 'broken-feed'] as const) {
      const { handle } = await started([{ verdict, reasons: ['r'] }]);
      expect(await handle.result()).toMatchObject({
        kind: 'blocked-by-data',
        reasons: [`Assessed as ${verdict}.`, 'r'],
      });
    }
    const { handle } = await started([{ verdict: 'clear', reasons: [] }]);
    expect((await handle.result()).kind).toBe('promoted');
    expect(await eventTypes(handle)).not.toContain('markerRecordedEventAttributes');
  });
});

describe('a run that asks about its assessment', () => {
  it('says what it asks, since when and until when, and shows the facts and how to answer', async () => {
    const { world, handle } = await started([SUSPECTED], { approval: { expiry: 'P3D' } });
    const status = await harness.awaiting(handle, 'an answer');
    expect(status).toMatchObject({ stage: 'assess', isAsking: true, asks: 'assessment' });
    const days = (Date.parse(status.awaitsUntil!) - Date.parse(status.now)) / 86_400_000;
    expect(days).toBeCloseTo(3, 1);
    const details = await harness.details(handle);
    const run = `${world.modelId}/1`;
    for (const answer of ['proceed', 'abort']) {
      expect(details).toContain(`\`npx perennial answer ${run} ${answer} --question assessment --reason "why"\``);
    }
    expect(details).toContain('--name answerQuestionSignal --input \'{"answer":"proceed","question":"assessment"');
    expect(details).toContain('- for: distance × 1.609344 fits.');
    await handle.terminate();
  });

  it('retrains all the same when told to, and its outcome says who said so and what was found', async () => {
    const { world, handle, say, rows } = await started([SUSPECTED]);
    await harness.awaiting(handle, 'an answer');
    expect(await say({ answer: 'proceed' })).toEqual({
      accepted: true,
      code: 'accepted',
      reason: 'The run retrains all the same.',
    });
    const outcome = await handle.result();
    expect(outcome.kind).toBe('promoted');
    expect(outcome.reasons).toEqual(
      expect.arrayContaining([
        'Retrained all the same by reviewer: the change was announced to us',
        'Assessed as logging-change (suspected).',
        'distance is in kilometres.',
      ]),
    );
    expect(outcome.reasons).not.toContain('Decide.');
    expect(rows).toMatchObject([
      { decision: 'proceed', by: 'reviewer', channel: 'update', answer: { accepted: true } },
    ]);
    expect((await handle.query(runStatusQuery)).isAsking).toBe(false);
    expect(world.count('assessQuality')).toBe(1);
  });

  it.each([
    ['a suspected fault as its verdict does', SUSPECTED, 'blocked-by-data'],
    [
      'a suspected bug as its verdict does',
      { ...SUSPECTED, verdict: 'code-or-feature-bug' as const },
      'code-suspected',
    ],
    ['an unclear alarm as not a shift', UNCLEAR, 'not-a-shift'],
  ] as const)('stops when told to, %s', async (_what, asked, kind) => {
    const { world, handle, say } = await started([asked]);
    await harness.awaiting(handle, 'an answer');
    expect(await say({ answer: 'abort', question: 'assessment' })).toMatchObject({
      accepted: true,
      reason: 'The run stops.',
    });
    const outcome = await handle.result();
    expect(outcome.kind).toBe(kind);
    expect(outcome.reasons[0]).toBe('Stopped by reviewer: the change was announced to us');
    expect(outcome.reasons[1]).toMatch(/^Assessed as /);
    expect(world.calls).not.toContain('measureCoverage');
  });

  it('expires when nobody answers in time', async () => {
    const { handle, rows } = await started([UNCLEAR], { approval: { expiry: 'P3D' } });
    const outcome = await handle.result();
    expect(outcome.kind).toBe('expired');
    expect(outcome.reasons.slice(0, 2)).toEqual([
      'Nobody answered whether to retrain all the same.',
      'Assessed as unclear.',
    ]);
    expect(rows).toEqual([]);
  });

  it('expires by the replayed clock, and by nothing else', async () => {
    const clock = { mode: 'replay', now: '2001-03-01T00:00:00Z' } as const;
    const { handle } = await started([UNCLEAR], { approval: { expiry: 'P3D' } }, { clock });
    expect(await harness.awaiting(handle, 'an answer')).toMatchObject({ awaitsUntil: '2001-03-04T00:00:00.000Z' });
    await harness.skip('60 days');
    await handle.signal(labelsArrivedSignal, { eventId: 'e1', through: '2001-03-03T00:00:00Z' });
    expect((await harness.awaiting(handle, 'an answer')).now).toBe('2001-03-03T00:00:00.000Z');
    await handle.signal(labelsArrivedSignal, { eventId: 'e2', through: '2001-03-04T00:00:00Z' });
    expect((await handle.result()).kind).toBe('expired');
  });

  it('takes no answer to another question, of another person, without a reason, or a second one: each is a row', async () => {
    const { handle, say, rows } = await started([SUSPECTED], { approval: { allowed: ['reviewer'] } });
    await harness.awaiting(handle, 'an answer');
    expect(await say({ answer: 'shrink', eventId: 'a1' })).toEqual({
      accepted: false,
      code: 'wrong-question',
      reason:
        'The run asks whether to retrain in spite of what it found, not about labels: answer proceed or abort, not shrink.',
    });
    expect(await say({ answer: 'proceed', question: 'labels', eventId: 'a2' })).toMatchObject({
      code: 'wrong-question',
    });
    expect(await say({ answer: 'proceed', by: 'stranger', eventId: 'a3' })).toMatchObject({ code: 'not-allowed' });
    const empty = { eventId: 'a4', answer: 'proceed', by: 'reviewer', reason: ' ' } as const;
    expect(await handle.executeUpdate(answerQuestionUpdate, { args: [empty] })).toMatchObject({
      code: 'reason-missing',
    });
    const extension = { eventId: 'a5', until: '2099-01-01T00:00:00Z', ...by };
    expect(await handle.executeUpdate(extendDeadlineUpdate, { args: [extension] })).toMatchObject({
      code: 'not-awaited',
    });
    const both = await Promise.all([
      say({ answer: 'proceed', eventId: 'a6' }),
      say({ answer: 'abort', eventId: 'a7' }),
    ]);
    expect(both.map(({ code }) => code).sort()).toEqual(['accepted', 'duplicate']);
    await handle.result();
    // Which of two words said at once comes first is nobody's to say.
    const told = rows.map(({ eventId, question, answer }) => [eventId, question, answer.code]);
    expect(told.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))).toEqual([
      ['a1', 'assessment', 'wrong-question'],
      ['a2', 'labels', 'wrong-question'],
      ['a3', 'assessment', 'not-allowed'],
      ['a4', 'assessment', 'reason-missing'],
      ['a5', 'labels', 'not-awaited'],
      ['a6', 'assessment', expect.any(String)],
      ['a7', 'assessment', expect.any(String)],
    ]);
  });

  it('answers a word that comes after the answer, and one that comes before any question', async () => {
    const { world, handle, say } = await started([SUSPECTED], {
      labels: { onDeadline: 'ask', deadline: 'P30D', poll: 'P1D' },
    });
    world.labelShare = () => 0.4;
    await harness.awaiting(handle, 'an answer');
    await say({ answer: 'proceed' });
    await harness.awaiting(handle, 'labels');
    expect(await say({ answer: 'abort', question: 'assessment' })).toMatchObject({
      code: 'duplicate',
      reason: 'reviewer has answered already; the first answer stands.',
    });
    expect(await say({ answer: 'abort' })).toMatchObject({ code: 'not-awaited', reason: 'The run asks nothing now.' });
    await harness.skip('31 days');
    expect(await harness.awaiting(handle, 'an answer')).toMatchObject({ asks: 'labels', isAsking: true });
    expect(await harness.details(handle)).toContain(`answer ${world.modelId}/1 shrink --question labels`);
    expect(await say({ answer: 'proceed', question: 'labels' })).toMatchObject({ accepted: true });
    expect((await handle.result()).kind).toBe('promoted');
    const plain = await started([reply('clear', { action: 'go-on' })], { approval: { policy: 'always' } });
    await harness.awaiting(plain.handle, 'a decision');
    expect(await plain.say({ answer: 'abort', question: 'assessment' })).toMatchObject({
      code: 'not-awaited',
      reason: 'The run asks nothing about its assessment now.',
    });
    await plain.handle.terminate();
  });

  it('is answered by Signal too, under either name, and a malformed one leaves a note instead of a row', async () => {
    const { handle, rows } = await started([SUSPECTED]);
    await harness.awaiting(handle, 'an answer');
    await handle.signal(answerQuestionSignal, { answer: 'proceed', question: 'weather', ...by } as never);
    await until('the note', async () =>
      (await harness.details(handle)).includes('question must be labels or assessment'),
    );
    await handle.signal(labelDecisionSignal, { decision: 'shrink', ...by } as LabelDecision);
    await until('the row', () => rows.length === 1);
    await handle.signal(answerQuestionSignal, { answer: 'abort', question: 'assessment', ...by } as never);
    expect((await handle.result()).kind).toBe('blocked-by-data');
    expect(rows).toMatchObject([
      { decision: 'shrink', channel: 'signal', answer: { code: 'wrong-question' } },
      { decision: 'abort', channel: 'signal', answer: { accepted: true } },
    ]);
  });

  it('counts an answer that is being recorded when the time ends', async () => {
    const { world, handle } = await started([UNCLEAR], { approval: { expiry: 'PT3S' } });
    await harness.awaiting(handle, 'an answer');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.before.recordLabelDecision = () => held;
    await handle.signal(answerQuestionSignal, { eventId: 's', answer: 'proceed', ...by });
    await until('its recording', () => world.count('recordLabelDecision') === 1);
    await until('the end of the time', async () => (await eventTypes(handle)).includes('timerFiredEventAttributes'));
    release();
    expect((await handle.result()).kind).toBe('promoted');
  });

  it('is cancelled like any other', async () => {
    const { handle } = await started([UNCLEAR]);
    await harness.awaiting(handle, 'an answer');
    await handle.cancel();
    expect((await handle.result()).kind).toBe('cancelled');
  });
});

describe('an assessment that only missing labels keep open', () => {
  it('is made once more when the labels are in, with what is known then, before anything is frozen', async () => {
    const { world, handle } = await started([PENDING, reply('concept-shift', { action: 'go-on' })]);
    world.labelShare = (asOf) => (asOf > later(world.measured[0]!.asOf, 2) ? 1 : 0.4);
    const outcome = await handle.result();
    expect(outcome.kind).toBe('promoted');
    expect(outcome.reasons).toContain('Assessed as concept-shift.');
    const [first, second] = world.assessed;
    expect(first).not.toHaveProperty('isAfterLabelWait');
    expect(second).toMatchObject({ isAfterLabelWait: true });
    expect(second!.labelsAsOf! >= world.measured.at(-1)!.asOf).toBe(true);
    expect(world.model.runs[0]!.stages).toEqual([
      ...['assess', 'labels', 'assess', 'freeze', 'train', 'evaluate', 'promote', 'done'],
    ]);
  });

  it('goes on with the window that the label wait ended with', async () => {
    const labels = { onDeadline: 'shrink', deadline: 'P1D', poll: 'P1D' } as const;
    const { world, handle } = await started([PENDING, reply('clear', { action: 'go-on' })], { labels });
    world.labelShare = () => 0.4;
    world.shrunkTo = { start: '2026-01-01T00:00:00.000Z', end: '2026-01-20T00:00:00.000Z' };
    expect((await handle.result()).kind).toBe('promoted');
    expect(world.trainedOn[0]!.window).toEqual(world.shrunkTo);
  });

  it('stops as the second assessment says', async () => {
    const { handle } = await started([PENDING, reply('label-fault', { certainty: 'confirmed' })]);
    expect(await handle.result()).toMatchObject({
      kind: 'blocked-by-data',
      reasons: expect.arrayContaining(['Assessed as label-fault (confirmed).']),
    });
  });

  it.each([
    ['unclear', UNCLEAR],
    ['pending again', PENDING],
  ] as const)('asks a person when it is still undecided: %s', async (_what, second) => {
    const { handle, say } = await started([PENDING, second]);
    expect(await harness.awaiting(handle, 'an answer')).toMatchObject({ stage: 'assess', asks: 'assessment' });
    await say({ answer: 'abort' });
    expect((await handle.result()).kind).toBe('not-a-shift');
  });

  it('is not made again when the labels stay away', async () => {
    const labels = { onDeadline: 'abort', deadline: 'P1D', poll: 'P1D' } as const;
    const { world, handle } = await started([PENDING], { labels });
    world.labelShare = () => 0.4;
    const outcome = await handle.result();
    expect(outcome.kind).toBe('labels-missing');
    expect(outcome.reasons).toContain('Assessed as pending-labels.');
    expect(world.count('assessQuality')).toBe(1);
  });
});

describe('a run that went on at first, and then waited for labels', () => {
  /** Its labels come on the third day. */
  async function waited(replies: readonly Reply[], options: Parameters<typeof started>[2] = {}) {
    const run = await started(replies, {}, options);
    run.world.labelShare = (asOf) => (asOf > later(run.world.measured[0]!.asOf, 2) ? 1 : 0.4);
    return run;
  }
  /** Time passes by itself only while an outcome is awaited. */
  async function passTheWait({ handle }: { handle: Parameters<typeof harness.awaiting>[0] }) {
    await harness.awaiting(handle, 'labels');
    await harness.skip('4 days');
  }
  const STAGES = ['assess', 'labels', 'assess', 'freeze', 'train', 'evaluate', 'promote', 'done'];

  it('looks once more with the labels of then, and freezes no label that it has not looked at', async () => {
    const { world, handle } = await waited([FINE]);
    const frozen: unknown[] = [];
    world.before.freezeSnapshots = (request) => frozen.push(request);
    expect((await handle.result()).kind).toBe('promoted');
    const [first, second] = world.assessed;
    expect(first).not.toHaveProperty('isAfterLabelWait');
    expect(second).toMatchObject({ isAfterLabelWait: true });
    expect(second!.labelsAsOf! >= world.measured.at(-1)!.asOf).toBe(true);
    expect(frozen).toMatchObject([{ labelsAsOf: second!.labelsAsOf }]);
    expect(world.model.runs[0]!.stages).toEqual(STAGES);
  });

  it.each(['schedule', 'labels', 'version-change', 'manual', 'drift', 'performance'] as const)(
    'stops at a fault that they confirm: %s',
    async (cause) => {
      const first = cause === 'drift' || cause === 'performance' ? reply('genuine-shift', { action: 'go-on' }) : FINE;
      const { world, handle } = await waited([first, CONFIRMED], { cause });
      const outcome = await handle.result();
      expect(outcome.kind).toBe('blocked-by-data');
      expect(outcome.reasons).toContain('Assessed as label-fault (confirmed).');
      expect(world.calls).not.toContain('freezeSnapshots');
      expect(await harness.details(handle)).toContain('### Assessed as label-fault');
    },
  );

  it.each([
    ['proceed', 'promoted'],
    ['abort', 'blocked-by-data'],
  ] as const)('asks a person about a fault that they let suspect, who says %s', async (answer, kind) => {
    const { handle, say } = await waited([FINE, DOUBTED], { cause: 'schedule' });
    await passTheWait({ handle });
    expect(await harness.awaiting(handle, 'an answer')).toMatchObject({ stage: 'assess', asks: 'assessment' });
    expect(await say({ answer })).toMatchObject({ accepted: true });
    const outcome = await handle.result();
    expect(outcome.kind).toBe(kind);
    expect(outcome.reasons).toContain('Assessed as label-fault (suspected).');
  });

  it('lets any other verdict pass where no alarm caused it', async () => {
    for (const second of ['no-shift', 'unclear'] as const) {
      const { handle } = await waited([FINE, reply(second, { action: second === 'unclear' ? 'ask' : 'stop' })]);
      const outcome = await handle.result();
      expect(outcome.kind).toBe('promoted');
      expect(outcome.reasons.join()).not.toContain('Assessed');
    }
  });

  it('does what the second verdict says where an alarm caused it', async () => {
    const first = reply('genuine-shift', { action: 'go-on' });
    const stopped = await waited([first, reply('no-shift')], { cause: 'drift' });
    expect((await stopped.handle.result()).kind).toBe('not-a-shift');
    const asking = await waited([first, UNCLEAR], { cause: 'drift' });
    await passTheWait(asking);
    await harness.awaiting(asking.handle, 'an answer');
    await asking.say({ answer: 'abort' });
    expect((await asking.handle.result()).kind).toBe('not-a-shift');
    const goesOn = await waited([first, reply('concept-shift', { action: 'go-on' })], { cause: 'performance' });
    const { kind, reasons } = await goesOn.handle.result();
    expect(kind).toBe('promoted');
    expect(reasons).toContain('Assessed as concept-shift.');
    expect(reasons).not.toContain('Assessed as genuine-shift.');
  });

  it.each([SUSPECTED, UNCLEAR])('asks nobody twice about the same finding: $verdict', async (asked) => {
    const { world, handle, say } = await waited([asked], { cause: 'drift' });
    await harness.awaiting(handle, 'an answer');
    await say({ answer: 'proceed' });
    const outcome = await handle.result();
    expect(outcome.kind).toBe('promoted');
    expect(outcome.reasons).toContain('Retrained all the same by reviewer: the change was announced to us');
    expect(world.count('assessQuality')).toBe(2);
    expect(world.model.labelDecisions).toHaveLength(1);
  });

  it('holds to the word of a person who let it go on, as long as no fault shows', async () => {
    const { handle, say } = await waited([UNCLEAR, reply('no-shift')], { cause: 'drift' });
    await harness.awaiting(handle, 'an answer');
    await say({ answer: 'proceed' });
    expect((await handle.result()).kind).toBe('promoted');
  });

  it('stops in spite of a person’s word when the suspicion is confirmed', async () => {
    const { handle, say } = await waited([SUSPECTED, reply('logging-change', { certainty: 'confirmed' })]);
    await harness.awaiting(handle, 'an answer');
    await say({ answer: 'proceed' });
    expect((await handle.result()).kind).toBe('blocked-by-data');
  });

  it.each([
    ['another fault', DOUBTED],
    ['other columns', { ...SUSPECTED, findingKey: 'f'.repeat(64) }],
  ])('asks again about %s, and takes no earlier word for an answer', async (_what, second) => {
    const { world, handle, say } = await waited([SUSPECTED, second]);
    await harness.awaiting(handle, 'an answer');
    await say({ answer: 'proceed', eventId: 'a1' });
    await passTheWait({ handle });
    await harness.awaiting(handle, 'an answer');
    expect(world.count('assessQuality')).toBe(2);
    expect(await say({ answer: 'proceed', eventId: 'a1' })).toMatchObject({ code: 'accepted' });
    expect((await handle.query(runStatusQuery)).asks).toBe('assessment');
    expect(await say({ answer: 'abort', eventId: 'a2' })).toMatchObject({ accepted: true });
    expect((await handle.result()).kind).toBe('blocked-by-data');
  });

  it('stops at a suspicion with promotion off', async () => {
    const { handle } = await waited([FINE, DOUBTED], { promotion: 'off' });
    expect((await handle.result()).kind).toBe('blocked-by-data');
  });
});

describe('a run whose labels are in at once', () => {
  it('looks once', async () => {
    const { world, handle } = await started([FINE, CONFIRMED]);
    expect((await handle.result()).kind).toBe('promoted');
    expect(world.count('assessQuality')).toBe(1);
  });

  it('looks once more when a person’s answer took longer than a poll for labels', async () => {
    const { world, handle, say } = await started([SUSPECTED, CONFIRMED], { approval: { expiry: 'P9D' } });
    await harness.awaiting(handle, 'an answer');
    await harness.skip('2 days');
    await say({ answer: 'proceed' });
    expect((await handle.result()).kind).toBe('blocked-by-data');
    expect(world.measured).toHaveLength(1);
  });

  it('looks once where its replayed clock stood still at the deadline', async () => {
    const clock = { mode: 'replay', now: '2001-03-01T00:00:00Z' } as const;
    const labels = { onDeadline: 'proceed', deadline: 'PT0S' } as const;
    const { world, handle } = await started([FINE, CONFIRMED], { labels }, { clock });
    world.labelShare = () => 0.4;
    expect((await handle.result()).kind).toBe('promoted');
    expect(world.count('assessQuality')).toBe(1);
  });
});

describe('a run with promotion off', () => {
  it.each([
    ['stops at a suspected fault', SUSPECTED, 'blocked-by-data'],
    ['measures on what is unclear', UNCLEAR, 'turned-down'],
  ] as const)('asks nobody: it %s', async (_what, asked, kind) => {
    const { handle } = await started([asked], {}, { promotion: 'off' });
    const outcome = await handle.result();
    expect(outcome.kind).toBe(kind);
    expect(outcome.reasons).toContain('Promotion is off: nobody was asked.');
  });
});

const later = (at: string, days: number): string => new Date(Date.parse(at) + days * 86_400_000).toISOString();
