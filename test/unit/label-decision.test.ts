/** Whose word on missing labels counts: state, person, way, reason, deadline, in this order. */
import { describe, expect, it } from 'vitest';
import { judgeLabelDecision, type LabelDecisionQuestion } from '#dist/core/policy/label-decision.js';
import { specSchema } from '#dist/core/spec/schema.js';

const NOW = '2001-04-01T00:00:00.000Z';
const { approval: policy } = specSchema.parse({
  model: 'm',
  source: { kind: 'csv', path: '/data/rows.csv' },
  features: [{ kind: 'numeric', name: 'distance' }],
  window: { sliding: 'P30D' },
  gates: [{ metric: 'auc', min: 0.5 }],
  approval: { allowed: ['reviewer'] },
});

const question = (
  decision: Partial<LabelDecisionQuestion['decision']>,
  change: Partial<LabelDecisionQuestion> = {},
): LabelDecisionQuestion => ({
  decision: { eventId: 'e', decision: 'proceed', until: null, by: 'reviewer', reason: 'r', ...decision },
  policy,
  channel: 'update',
  now: NOW,
  stage: 'labels',
  wait: { deadlineAt: '2001-03-31T00:00:00.000Z', isAsking: true, answeredBy: null },
  ...change,
});
const extend = (until: string) => ({ decision: 'extend', until }) as const;

describe('a word on missing labels', () => {
  it('is accepted with what follows from it', () => {
    expect(judgeLabelDecision(question({}))).toEqual({
      accepted: true,
      code: 'accepted',
      reason: 'The run goes on with: proceed.',
    });
    expect(judgeLabelDecision(question(extend('2001-04-02T00:00:00.000Z')))).toMatchObject({
      accepted: true,
      reason: 'The deadline is now 2001-04-02T00:00:00.000Z.',
    });
  });

  it.each([
    ['not-awaited', question({}, { wait: null, stage: 'train' })],
    ['not-awaited', question({}, { wait: { deadlineAt: NOW, isAsking: false, answeredBy: null } })],
    ['not-awaited', question(extend('2001-05-01T00:00:00.000Z'), { wait: null, stage: 'train' })],
    ['duplicate', question({}, { wait: { deadlineAt: NOW, isAsking: true, answeredBy: 'somebody' } })],
    ['duplicate', question({ by: 'x' }, { wait: { deadlineAt: NOW, isAsking: true, answeredBy: 'somebody' } })],
    ['not-allowed', question({ by: 'stranger', reason: '' })],
    ['not-allowed', question({ by: ' ' })],
    ['not-allowed', question({}, { channel: 'client' })],
    ['not-allowed', question({}, { channel: 'signal', policy: { ...policy, channels: ['update'] } })],
    ['reason-missing', question({ ...extend('2001-01-01T00:00:00.000Z'), reason: '\t' })],
    ['deadline-refused', question(extend('2001-03-31T00:00:00.000Z'))],
    ['deadline-refused', question(extend('2001-03-31T12:00:00.000Z'))],
    ['deadline-refused', question(extend('2002-05-07T00:00:00.000Z'))],
    ['deadline-refused', question(extend('some day'))],
    ['deadline-refused', question({ decision: 'extend', until: null })],
  ] as const)('is refused as %s', (code, asked) => {
    const answer = judgeLabelDecision(asked);
    expect(answer).toMatchObject({ accepted: false, code });
    expect(answer.reason).not.toBe('');
  });
});
