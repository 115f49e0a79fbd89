/** Messages that nobody can store are refused where they arrive, with the field and the reason. */
import { describe, expect, it } from 'vitest';
import { unstorableJson } from '#dist/core/unstorable-text.js';
import {
  checkClaim,
  checkDecision,
  checkExtension,
  checkLabelDecision,
  checkLabels,
  checkQuestionAnswer,
  checkRetrainRequest,
  checkRollback,
} from '#dist/workflows/check-messages.js';
import { batchOf, payloadsOf } from '#dist/workflows/claim-batch.js';

const texts = { eventId: 'e', by: 'reviewer', reason: 'it holds up' };
const WALL = { mode: 'wall' };
const SOUND = [
  ['a decision', checkDecision, { ...texts, decision: 'approve', evidence: 'abc' }],
  ['an answer', checkQuestionAnswer, { ...texts, answer: 'proceed' }],
  ['an extension', checkExtension, { ...texts, until: '2001-04-01' }],
  ['a word on labels', checkLabelDecision, { ...texts, decision: 'abort', until: null }],
  ['a later deadline', checkLabelDecision, { ...texts, decision: 'extend', until: '2001-04-01' }],
  ['labels', checkLabels, { eventId: 'e', through: '2001-04-01' }],
  ['a claim', checkClaim, { eventId: 'e', source: 'monitor' }],
  ['a request', checkRetrainRequest, { triggerId: 't', cause: 'manual', requestedBy: 'r', reason: 'why', clock: WALL }],
  ['a rollback', checkRollback, { moveKey: 'm', toVersion: null, by: 'operator', reason: 'complaints' }],
] as const;

describe.each(SOUND)('%s', (_what, check, message) => {
  const free = Object.keys(message).filter(
    (name) => !['decision', 'answer', 'until', 'through', 'cause', 'toVersion', 'clock'].includes(name),
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

describe('a batch of claims', () => {
  it('drops a claim whose id nobody can store, and records one whose source is no name', () => {
    const { triggers, dropped } = batchOf('m', [
      { eventId: 'a\0b', source: 'monitor' },
      { eventId: 'e', source: 'x\ud83e' },
    ]);
    expect(dropped).toEqual(['eventId holds a NUL character, which cannot be stored.']);
    expect(triggers).toMatchObject([
      { triggerId: 'unnamed source/e', refusal: 'source holds half a surrogate pair, which is no Unicode text.' },
    ]);
  });

  it('never cuts a long name in the middle of a character', () => {
    const source = `${'x'.repeat(199)}🦜`;
    const [trigger] = batchOf('m', [{ eventId: 'e', source }]).triggers;
    expect(trigger).toMatchObject({ requestedBy: 'x'.repeat(199), refusal: 'source is too long.' });
    expect(unstorableJson(trigger)).toBeNull();
  });
});

describe('payloads of claims', () => {
  const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

  it('stay below 16 KB with the ids that they carry, lose nothing and keep the order', () => {
    const claims = Array.from({ length: 300 }, (_, at) => ({
      eventId: `${at}${'漢'.repeat(at % 190)}`,
      source: 'monitor',
      detail: 'x'.repeat((at * 37) % 15_000),
    }));
    const { triggers } = batchOf('m', claims);
    const batches = payloadsOf(triggers);
    expect(batches.flat()).toEqual(triggers);
    expect(Math.max(...batches.map(bytesOf))).toBeLessThanOrEqual(16_000);
    expect(batches.length).toBeLessThan(triggers.length);
  });

  it('are refused when only their ids make them too large', () => {
    const claim = { eventId: 'e', source: 'monitor', detail: 'x'.repeat(15_900) };
    const [trigger] = batchOf('m', [claim]).triggers;
    expect(trigger).toMatchObject({ triggerId: 'monitor/e', body: {}, refusal: expect.stringContaining('16 KB') });
  });

  it('compare by clock alone: what else a clock carries makes no other time', () => {
    const clock = { mode: 'wall', zone: 'UTC' } as never;
    expect(batchOf('m', [{ eventId: 'e', source: 'monitor', clock }]).triggers[0]!.clock).toEqual({ mode: 'wall' });
  });
});
