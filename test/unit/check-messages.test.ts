/** Messages that nobody can store are refused where they arrive, with the field and the reason. */
import { describe, expect, it } from 'vitest';
import { unstorableJson } from '#dist/core/unstorable-text.js';
import {
  checkAhead,
  checkClaim,
  checkDecision,
  checkExtension,
  checkLabelDecision,
  checkLabels,
  checkPause,
  checkQuestionAnswer,
  checkRetrainRequest,
  checkRollback,
  checkVersion,
} from '#dist/workflows/check-messages.js';
import { batchesOf } from '#dist/workflows/claim-batch.js';

const texts = { eventId: 'e', by: 'reviewer', reason: 'it holds up' };
const WALL = { mode: 'wall' };
const SOUND = [
  ['a decision', checkDecision, { ...texts, decision: 'approve', evidence: 'abc' }],
  ['an answer', checkQuestionAnswer, { ...texts, answer: 'proceed' }],
  ['an answer to a question', checkQuestionAnswer, { ...texts, answer: 'proceed', question: 'assessment' }],
  ['an extension', checkExtension, { ...texts, until: '2001-04-01' }],
  ['a word on labels', checkLabelDecision, { ...texts, decision: 'abort', until: null }],
  ['a later deadline', checkLabelDecision, { ...texts, decision: 'extend', until: '2001-04-01' }],
  ['labels', checkLabels, { eventId: 'e', through: '2001-04-01' }],
  ['a claim', checkClaim, { eventId: 'e', source: 'monitor' }],
  ['a request', checkRetrainRequest, { triggerId: 't', cause: 'manual', requestedBy: 'r', reason: 'why', clock: WALL }],
  ['a pause', checkPause, texts],
  ['a version', checkVersion, { eventId: 'e', kind: 'code' }],
  ['a rollback', checkRollback, { moveKey: 'm', toVersion: null, by: 'operator', reason: 'complaints' }],
] as const;

describe.each(SOUND)('%s', (_what, check, message) => {
  const free = Object.keys(message).filter(
    (name) => !['decision', 'answer', 'question', 'until', 'through', 'cause', 'toVersion', 'clock'].includes(name),
  );

  it('passes with text in any script', () => {
    expect(check(message)).toBeNull();
    for (const name of free) expect(check({ ...message, [name]: 'Ωμέγα 模型 🦜 \u202E \u001b[31m' })).toBeNull();
  });

  it.each([
    ['a NUL character', 'a\0b', 'holds a NUL character, which cannot be stored.'],
    ['the first half of a surrogate pair', 'a\ud83e', 'holds half a surrogate pair, which is no Unicode text.'],
    ['the second half', '\udd9c', 'holds half a surrogate pair, which is no Unicode text.'],
  ])('is refused with %s in any of its texts, naming it', (_text, text, fault) => {
    expect(free.length).toBeGreaterThan(0);
    for (const name of free) expect(check({ ...message, [name]: text })).toBe(`${name} ${fault}`);
  });
});

describe('a word on missing labels', () => {
  it.each([
    ['decision must be proceed, shrink, abort or extend.', { ...texts, decision: 'approve' }],
    ['question must be labels or assessment.', { ...texts, decision: 'proceed', question: 'weather' }],
    ['question must be labels or assessment.', { ...texts, decision: 'extend', until: '2001-04-01', question: {} }],
    ['until is for extend alone.', { ...texts, decision: 'proceed', until: '2001-04-01' }],
    ['until must be an ISO 8601 instant, e.g. 2001-03-01T00:00:00Z.', { ...texts, decision: 'extend', until: null }],
  ])('is malformed: %s', (fault, message) => {
    expect(checkLabelDecision(message)).toBe(fault);
  });
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

describe('what a claim carries', () => {
  const claim = { eventId: 'e', source: 'monitor' };

  it.each([
    ['a NUL deep in it', { rows: [{ text: 'a\0b' }] }, 'NUL'],
    ['a NUL in a key', { rows: [{ 'a\0b': 1 }] }, 'NUL'],
    ['half a surrogate pair', { rows: ['\ud83e'] }, 'surrogate'],
    ['more levels than anybody writes', nested(200), 'nested deeper than 100 levels'],
  ])('is refused with %s', (_what, detail, fault) => {
    expect(checkClaim({ ...claim, detail })).toMatch(new RegExp(`^the claim .*${fault}`));
  });

  it('is refused as too large when it is nested too deeply to be written at all', () => {
    expect(checkClaim({ ...claim, detail: nested(200_000) })).toBe('the message is larger than 16 KB.');
    expect(unstorableJson(nested(200_000))).toContain('nested deeper');
  });
});

const ids = () => {
  let n = 0;
  return () => `unnamed/${++n}`;
};
const TAKING = () => ({ unnamed: ids(), nowMs: Date.parse('2026-11-01') });
const claims = (...values: unknown[]) => values.map((value) => ({ kind: 'claim' as const, value }));
const batches = (...values: unknown[]) => batchesOf('m', claims(...values), TAKING());

describe('a time that has not come', () => {
  it.each([
    ['labels', { eventId: 'l', through: '2036-11-01' }, 'through lies more than a day in the future (2036-11-01).'],
    ['version', { eventId: 'v', kind: 'code', at: '2099-01-01T06:00:00Z' }, 'at lies more than a day in the future'],
    ['claim', { eventId: 'c', source: 'm', clock: { mode: 'replay', now: '2099-01-01' } }, 'clock.now lies more than'],
  ] as const)('is refused of %s; a day ahead is taken', (kind, value, refusal) => {
    const [far] = batchesOf('m', [{ kind, value }], TAKING()).flat();
    expect(far).toMatchObject({ refusal: expect.stringContaining(refusal) });
    const near = JSON.parse(
      JSON.stringify(value)
        .replace(/20(36|99)-\d\d-\d\d/, '2026-11-02')
        .replace('06:', '00:'),
    );
    expect(batchesOf('m', [{ kind, value: near }], TAKING()).flat()[0]).not.toHaveProperty('refusal');
  });

  it('is looked for where the message says a time of its own alone: what else a claim carries is its own matter', () => {
    expect(
      batches({ eventId: 'e', source: 'm', through: '2099-01-01', at: '2099-01-01' }).flat()[0],
    ).not.toHaveProperty('refusal');
  });

  it('is refused as the clock of a request', () => {
    const nowMs = Date.parse('2026-11-01');
    expect(checkAhead({ clock: { mode: 'replay', now: '2099-01-01' } }, 'clock', nowMs)).toContain('clock.now lies');
    expect(checkAhead({ clock: { mode: 'wall' } }, 'clock', nowMs)).toBeNull();
  });
});

describe('a reason', () => {
  it.each([checkRetrainRequest, checkRollback, checkPause])(
    'is never blank, nor too long without the limit',
    (check) => {
      const message = {
        ...texts,
        triggerId: 't',
        moveKey: 'm',
        toVersion: null,
        cause: 'manual',
        requestedBy: 'r',
        clock: WALL,
      };
      expect(check(message)).toBeNull();
      expect(check({ ...message, reason: ' \n' })).toBe('reason is empty: say why.');
      expect(check({ ...message, reason: 'x'.repeat(2_001) })).toBe('reason is too long: at most 2000 characters.');
    },
  );
});

describe('a batch of direct messages', () => {
  it('gives a message whose id nobody can store one of its own, and records one whose source is no name', () => {
    expect(batches({ eventId: 'a\0b', source: 'monitor' }, { eventId: 'e', source: 'x\ud83e' }).flat()).toMatchObject([
      {
        source: 'monitor',
        eventId: 'unnamed/1',
        refusal: 'eventId holds a NUL character, which cannot be stored.',
      },
      {
        source: 'unnamed source',
        eventId: 'e',
        refusal: 'source holds half a surrogate pair, which is no Unicode text.',
      },
    ]);
  });

  it('never cuts a long name in the middle of a character', () => {
    const [message] = batches({ eventId: 'e', source: `${'x'.repeat(199)}🦜` }).flat();
    expect(message).toMatchObject({
      requestedBy: 'x'.repeat(199),
      refusal: 'source is too long: at most 200 characters.',
    });
    expect(unstorableJson(message)).toBeNull();
  });

  it('puts the sound one first of two with one id, so that the malformed one is the repeat', () => {
    const [first, second] = batches({ eventId: 'e', source: 'm', cause: 'whim' }, { eventId: 'e', source: 'm' }).flat();
    expect(first).not.toHaveProperty('refusal');
    expect(second).toMatchObject({ eventId: 'e', refusal: expect.stringContaining('cause') });
  });

  it('takes notices of labels and of versions too, each with its cause', () => {
    const messages = [
      { kind: 'labels' as const, value: { eventId: 'l', through: '2001-04-01' } },
      { kind: 'version' as const, value: { eventId: 'v', kind: 'code', to: '41' } },
      { kind: 'version' as const, value: { unreadable: 'no encoding' } },
      { kind: 'labels' as const, value: { eventId: 'l', through: 'soon' } },
    ];
    expect(batchesOf('m', messages, TAKING()).flat()).toMatchObject([
      { source: 'labels', eventId: 'l', cause: 'labels', isUrgent: false, body: { through: '2001-04-01' } },
      { source: 'versions', eventId: 'v', cause: 'version-change', isUrgent: true, body: { to: '41' } },
      { source: 'versions', eventId: 'unnamed/1', refusal: expect.stringContaining('eventId') },
      { source: 'labels', eventId: 'l', refusal: expect.stringContaining('through') },
    ]);
  });
});

describe('payloads of messages', () => {
  const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

  it('stay below 16 KB with the ids that they carry, lose nothing and keep the order', () => {
    const values = Array.from({ length: 300 }, (_, at) => ({
      eventId: `${at}${'漢'.repeat(at % 190)}`,
      source: 'monitor',
      detail: 'x'.repeat((at * 37) % 15_000),
    }));
    const made = batches(...values);
    expect(made.flat().map(({ body }) => body)).toEqual(values);
    expect(Math.max(...made.map(bytesOf))).toBeLessThanOrEqual(16_000);
    expect(made.length).toBeLessThan(values.length);
    for (const batch of batches(...Array.from({ length: 1_000 }, () => null)))
      expect(batch.length).toBeLessThanOrEqual(200);
  });

  it('are refused when only their ids make them too large', () => {
    const [message] = batches({ eventId: 'e', source: 'monitor', detail: 'x'.repeat(15_900) }).flat();
    expect(message).toMatchObject({ eventId: 'e', body: {}, refusal: expect.stringContaining('16 KB') });
  });

  it('compare by clock alone: what else a clock carries makes no other time', () => {
    const clock = { mode: 'wall', zone: 'UTC' };
    expect(batches({ eventId: 'e', source: 'monitor', clock })[0]![0]!.clock).toEqual({ mode: 'wall' });
  });
});
