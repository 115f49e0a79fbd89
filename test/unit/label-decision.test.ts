/** Whose word on missing labels, or on the assessment, counts: state, person, way, reason, deadline, in this order. */
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
      reason: 'The run goes on with the labels there are.',
    });
    expect(judgeLabelDecision(question({ decision: 'shrink' })).reason).toMatch(
      /shorter window.*ends as labels-missing/,
    );
    expect(judgeLabelDecision(question({ decision: 'abort' })).reason).toBe('The run stops.');
    expect(judgeLabelDecision(question(extend('2001-04-02T00:00:00.000Z')))).toMatchObject({
      accepted: true,
      reason: 'The deadline is now 2001-04-02.',
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

describe('a word on the assessment', () => {
  const asks = {
    wait: null,
    stage: 'assess',
    assessment: { until: '2001-04-02T00:00:00.000Z', answeredBy: null },
  } as const;
  const answered = { ...asks, assessment: { ...asks.assessment, answeredBy: 'somebody' } };
  const waiting = { deadlineAt: NOW, isAsking: false, answeredBy: null };

  it.each([
    ['proceed', 'The run retrains all the same.'],
    ['abort', 'The run stops.'],
  ] as const)('is accepted with what follows from it: %s', (decision, reason) => {
    const answer = { accepted: true, code: 'accepted', reason };
    expect(judgeLabelDecision(question({ decision }, asks))).toEqual(answer);
    expect(judgeLabelDecision(question({ decision, question: 'assessment' }, asks))).toEqual(answer);
  });

  it.each([
    ['wrong-question', question({ decision: 'shrink' }, asks)],
    ['wrong-question', question({ question: 'labels' }, asks)],
    ['wrong-question', question({ decision: 'extend', until: NOW, question: 'assessment' }, asks)],
    ['wrong-question', question({ question: 'assessment' })],
    ['not-awaited', question(extend('2001-05-01T00:00:00.000Z'), asks)],
    ['not-awaited', question({ question: 'assessment' }, { wait: null, stage: 'train' })],
    ['not-awaited', question({}, { ...answered, wait: waiting, stage: 'labels' })],
    ['expired', question({}, { ...asks, now: '2001-04-02T00:00:00.000Z' })],
    ['duplicate', question({}, answered)],
    ['duplicate', question({ question: 'assessment' }, { ...answered, wait: waiting, stage: 'labels' })],
    ['not-allowed', question({ by: 'stranger' }, asks)],
    ['not-allowed', question({}, { ...asks, channel: 'client' })],
    ['reason-missing', question({ reason: ' ' }, asks)],
  ] as const)('is refused as %s', (code, asked) => {
    const answer = judgeLabelDecision(asked);
    expect(answer).toMatchObject({ accepted: false, code });
    expect(answer.reason).not.toBe('');
  });

  it('goes to the labels when those are asked about by then', () => {
    const wait = { ...waiting, isAsking: true };
    expect(judgeLabelDecision(question({}, { ...answered, wait }))).toMatchObject({ accepted: true });
    expect(judgeLabelDecision(question({ question: 'labels' }, { ...answered, wait }))).toMatchObject({
      accepted: true,
    });
  });
});
