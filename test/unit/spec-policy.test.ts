/** The two policies of a spec that are pure rules: enough labels, and whose decision counts. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecisionQuestion, judgeDecision } from '#dist/core/policy/approval.js';
import { judgeCoverage } from '#dist/core/policy/label-wait.js';
import { specSchema } from '#dist/core/spec/schema.js';

const base = {
  model: 'm',
  source: { kind: 'csv', path: 'a.csv', columns: { label: 'y' } },
  features: [{ kind: 'numeric', name: 'x' }],
  gates: [{ metric: 'auc', min: 0.5 }],
  window: { sliding: 'P31D' },
};

const window = { start: '2001-03-01T00:00:00.000Z', end: '2001-04-01T00:00:00.000Z' };
const coverage = (overall: number, perClass: Record<string, number> | null = { '0': 1, '1': 1 }, rows = 1000) => ({
  window,
  asOf: window.end,
  rows,
  labelled: Math.round(rows * (Number.isNaN(overall) ? 0 : overall)),
  overall,
  perClass,
  newestLabelAt: null,
});
const judge = (
  training: ReturnType<typeof coverage>,
  holdout: ReturnType<typeof coverage>,
  { onDeadline = 'abort', isLate = false } = {},
) =>
  judgeCoverage({
    policy: specSchema.parse({ ...base, labels: { coverage: { overall: 0.9, perClass: 0.8 }, onDeadline } }).labels,
    training,
    holdout,
    deadlineAt: '2001-04-10T00:00:00.000Z',
    now: isLate ? '2001-04-10T00:00:00.000Z' : '2001-04-09T23:59:59.999Z',
  });

describe('coverage of labels', () => {
  it('is enough when both windows reach every share, exactly at the threshold too', () => {
    expect(judge(coverage(0.9), coverage(0.9, { '0': 0.8, '1': 0.8 }))).toEqual({ kind: 'enough', notes: [] });
    expect(judge(coverage(1), coverage(1), { isLate: true }).kind).toBe('enough');
  });

  it('waits for what is missing and says it with numbers that are not rounded up', () => {
    const answer = judge(coverage(0.8996), coverage(1, { '0': 1, '1': 0.5 }));
    expect(answer).toMatchObject({ kind: 'wait' });
    expect(answer.kind === 'wait' && answer.missing).toEqual([
      'The training window [2001-03-01, 2001-04-01) has 89.9 % of its labels (900 of 1000 rows); 90.0 % are wanted.',
      'Class 1 of the holdout window has 50.0 % of the labels expected for it; 80.0 % are wanted.',
    ]);
  });

  it('lets the overall share decide where nothing is known per class, and says so', () => {
    const answer = judge(coverage(0.95, null), coverage(0.95));
    expect(answer.kind).toBe('enough');
    expect(answer.notes).toEqual([expect.stringContaining('the overall share decides')]);
  });

  it('never takes NaN or a window without rows for enough', () => {
    expect(judge(coverage(Number.NaN), coverage(1)).kind).toBe('wait');
    expect(judge(coverage(1), coverage(1, { '0': Number.NaN })).kind).toBe('wait');
    expect(judge(coverage(1, null, 0), coverage(1)).kind).toBe('wait');
  });

  it.each(['proceed', 'shrink', 'abort', 'ask'])('gives the outcome %s at the deadline', (onDeadline) => {
    expect(judge(coverage(0.5), coverage(1), { onDeadline, isLate: true })).toMatchObject({
      kind: 'deadline',
      outcome: onDeadline,
    });
  });

  it('aborts instead of shrinking when the holdout is short: the holdout never shrinks', () => {
    const answer = judge(coverage(0.5), coverage(0.5), { onDeadline: 'shrink', isLate: true });
    expect(answer).toMatchObject({ kind: 'deadline', outcome: 'abort' });
    expect(answer.notes).toEqual([expect.stringContaining('The holdout never shrinks')]);
  });

  it('never calls more labels worse', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const rank = { deadline: 0, wait: 0, enough: 1 };
    fc.assert(
      fc.property(share, share, share, fc.boolean(), (a, b, holdout, isLate) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        const of = (overall: number) => rank[judge(coverage(overall), coverage(holdout), { isLate }).kind];
        expect(of(more)).toBeGreaterThanOrEqual(of(less));
      }),
      { seed: 3 },
    );
  });
});

const evidence = 'a1'.repeat(32);
const earlier = 'b2'.repeat(32);
const question = (change: Partial<DecisionQuestion> = {}, decision: Partial<DecisionQuestion['decision']> = {}) =>
  judgeDecision({
    decision: {
      eventId: 'e',
      decision: 'approve',
      by: 'reviewer',
      reason: 'it wins',
      evidence: evidence.slice(0, 12),
      ...decision,
    },
    policy: specSchema.parse(base).approval,
    evidenceDigest: evidence,
    earlierEvidence: [earlier],
    requestedBy: 'requester',
    now: '2001-04-02T00:00:00.000Z',
    expiresAt: '2001-04-09T00:00:00.000Z',
    alreadyDecided: null,
    channel: 'update',
    ...change,
  });
const policy = (change: object) => specSchema.parse({ ...base, approval: change }).approval;

describe('a decision', () => {
  it('counts when it names the present evidence, a reason, and comes from whoever may decide', () => {
    expect(question()).toEqual({
      accepted: true,
      code: 'accepted',
      reason: `reviewer approved on evidence ${evidence.slice(0, 16)}.`,
    });
    expect(question({}, { evidence: evidence.toUpperCase() }).accepted).toBe(true);
    expect(question({}, { decision: 'reject' }).reason).toContain('reviewer rejected');
  });

  it.each([
    ['duplicate', question({ alreadyDecided: { decision: 'reject', by: 'other' } }), 'already rejected by other'],
    ['expired', question({ now: '2001-04-09T00:00:00.000Z' }), 'ended at 2001-04-09'],
    ['expired', question({ now: 'no instant' }), 'ended at'],
    ['not-allowed', question({ policy: policy({ allowed: ['boss'] }) }), 'allowed: boss'],
    [
      'not-allowed',
      question({ policy: policy({ channels: ['update'] }), channel: 'signal' }),
      'by signal does not count',
    ],
    ['not-allowed', question({ channel: 'client' }), 'by client does not count'],
    ['not-allowed', question({}, { by: ' requester ' }), 'another person has to'],
    ['not-allowed', question({}, { by: ' ' }), 'does not say who'],
    ['reason-missing', question({}, { reason: ' \n' }), 'needs a reason'],
    ['stale-evidence', question({}, { evidence: earlier.slice(0, 20) }), 'evaluated again'],
    ['wrong-candidate', question({}, { evidence: 'c3'.repeat(8) }), 'No evidence of this run'],
    ['wrong-candidate', question({}, { evidence: evidence.slice(0, 11) }), 'at least 12 hex digits'],
    ['wrong-candidate', question({}, { evidence: `${evidence}00` }), 'at least 12 hex digits'],
  ] as const)('is refused as %s', (code, answer, text) => {
    expect(answer).toMatchObject({ accepted: false, code });
    expect(answer.reason).toContain(text);
  });

  it('may be a rejection by the one who asked for the run, and an approval where the policy allows it', () => {
    expect(question({}, { by: 'requester', decision: 'reject' }).accepted).toBe(true);
    expect(question({ policy: policy({ separateRequester: false }) }, { by: 'requester' }).accepted).toBe(true);
  });
});

describe('the evidence of a decision', () => {
  it('is never accepted on evidence that is not a prefix of the present one', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), maxLength: 70 }), (text) => {
        expect(question({}, { evidence: text }).accepted).toBe(text.length >= 12 && evidence.startsWith(text));
      }),
      { seed: 11 },
    );
  });
});
