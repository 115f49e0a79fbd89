/** Conditions and how they are composed: thresholds of three kinds, filters, any, all, majority, at least N. */
import { describe, expect, it } from 'vitest';
import { shortInstant } from '#dist/core/instant.js';
import { parseSpec } from '#dist/core/spec/parse-spec.js';
import {
  at,
  claim,
  DAY,
  fateOf,
  finding,
  HOUR,
  judged,
  quietClaim,
  reasonOf,
  WALL,
  waiting,
} from './triggers-fixtures.js';

const opens = (one: ReturnType<typeof claim>, condition: object, more: object = {}): boolean =>
  judged({ waiting: [waiting({ claim: one })], ...more }, { conditions: [{ name: 'c', ...condition }] }).open !== null;
const scored = (score: number | null, over: object = {}) =>
  claim({ findings: [finding({ score, alert: null, ...over })] });

describe('a condition', () => {
  it('compares with a number, strictly', () => {
    expect(opens(scored(0.21), { when: { above: 0.2 } })).toBe(true);
    expect(opens(scored(0.2), { when: { above: 0.2 } })).toBe(false);
    expect(opens(scored(0.2), { when: { below: 0.2 } })).toBe(false);
    expect(opens(scored(0.1), { when: { below: 0.2 } })).toBe(true);
    expect(opens(scored(null), { when: { below: 0.2 } })).toBe(false);
    expect(opens(scored(Number.NaN), { when: { below: 0.2 } })).toBe(false);
  });

  it('speaks only of the monitor, scope, columns, methods and severity that it names', () => {
    const one = claim({
      findings: [finding(), finding({ column: 'origin', method: 'chi-square', scope: 'prediction' })],
    });
    for (const filter of [
      { monitor: 'evidently' },
      { scope: 'prediction' },
      { columns: ['origin'] },
      { methods: ['K-S p_value'] },
      { minSeverity: 'warning' },
      { minFindings: 2 },
    ]) {
      expect(opens(one, filter), JSON.stringify(filter)).toBe(true);
    }
    for (const filter of [
      { monitor: 'nannyml' },
      { scope: 'target' },
      { columns: ['hour'] },
      { methods: ['psi'] },
      { minSeverity: 'critical' },
      { minFindings: 3 },
    ]) {
      expect(opens(one, filter), JSON.stringify(filter)).toBe(false);
    }
  });

  const history = (scores: readonly number[], endDaysAgo = 3) => ({
    histories: [
      {
        monitor: 'evidently',
        scope: 'column' as const,
        column: 'distance',
        method: 'K-S p_value',
        scores: scores.map((score, index) => ({ at: at(-(endDaysAgo + scores.length - index) * DAY), score })),
      },
    ],
  });

  it('compares with a quantile of the earlier scores of its own series', () => {
    const past = history([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const when = { quantile: 0.9, over: 'P28D' };
    expect(opens(scored(10.1), { when }, past)).toBe(true);
    expect(opens(scored(10), { when }, past)).toBe(false);
    expect(opens(scored(1.9), { when: { ...when, quantile: 0.1, side: 'below' } }, past)).toBe(true);
    expect(opens(scored(99, { column: 'origin' }), { when }, past)).toBe(false);
    expect(opens(scored(99), { when: { ...when, over: 'P5D' } }, past)).toBe(false);
  });

  it('compares with a rolling average, and is not met before there is enough of a past', () => {
    const when = { rollingAverage: 'P28D', factor: 2 };
    expect(opens(scored(8.1), { when }, history([2, 4, 6]))).toBe(true);
    expect(opens(scored(8), { when }, history([2, 4, 6]))).toBe(false);
    const one = waiting({ claim: scored(99) });
    const judgement = judged({ waiting: [one], ...history([2, 4]) }, { conditions: [{ name: 'c', when }] });
    expect(reasonOf(judgement, one)).toContain('too few earlier scores');
  });

  it('leaves out scores of windows that end with the claim or later', () => {
    const when = { rollingAverage: 'P28D', factor: 2 };
    expect(opens(scored(99), { when }, history([1, 1, 1, 1], -30))).toBe(false);
  });
});

const two = (raw: object = {}) => ({
  conditions: [
    { name: 'columns', scope: 'column', ...raw },
    { name: 'scores', scope: 'prediction', ...raw },
  ],
  policy: 'all',
});
const onColumn = (over: object = {}) => waiting(over);
const onScores = (over: object = {}) =>
  waiting({ claim: claim({ findings: [finding({ scope: 'prediction', column: null })] }), ...over });

describe('a composition', () => {
  it('of all waits with a part for the others, and drops it when they do not come in time', () => {
    const one = onColumn();
    const judgement = judged({ waiting: [one] }, two());
    expect(fateOf(judgement, one)).toBe('held');
    expect(judgement.wakeAt).toBe(at(7 * DAY - HOUR));
    expect(reasonOf(judgement, one)).toBe(
      `Meets "columns"; the policy wants 2 of 2 conditions together. It waits for "scores" until ${shortInstant(at(7 * DAY - HOUR))}.`,
    );
    const old = onColumn({ state: 'held', createdAt: at(-7 * DAY) });
    const late = judged({ waiting: [old] }, two());
    expect(fateOf(late, old)).toBe('suppressed');
    expect(reasonOf(late, old)).toContain('"scores" was not met in time');
  });

  it('of all opens with the evidence of both and suppresses what is none', () => {
    const a = onColumn({ state: 'held', createdAt: at(-6 * DAY) });
    const b = onScores();
    const quiet = waiting({ claim: quietClaim() });
    const judgement = judged({ waiting: [a, b, quiet] }, two());
    expect(judgement.open?.triggerIds).toEqual([a.triggerId, b.triggerId]);
    expect(fateOf(judgement, quiet)).toBe('suppressed');
  });

  it('counts claims together by their distance from each other, however long a run held them', () => {
    const pair = [
      onColumn({ state: 'held', createdAt: at(-30 * DAY) }),
      onScores({ state: 'held', createdAt: at(-25 * DAY) }),
    ];
    expect(judged({ waiting: pair }, two()).open?.triggerIds).toHaveLength(2);
    expect(judged({ waiting: pair }, two({ within: 'P4D' })).open).toBeNull();
  });

  it('goes by when claims came, whatever their numbers', () => {
    const late = onColumn({ state: 'held', createdAt: at(-DAY) });
    const early = onScores({ state: 'held', createdAt: at(-30 * DAY) });
    expect(judged({ waiting: [late, early] }, two()).open).toBeNull();
  });

  it('does not wait in a replayed time', () => {
    const one = onColumn({ clock: { mode: 'replay', now: '2001-03-01T00:00:00.000Z' } });
    expect(fateOf(judged({ waiting: [one] }, two()), one)).toBe('suppressed');
  });

  it('takes majority for more than half, and at least N as it is written', () => {
    const conditions = ['a', 'b', 'c', 'd'].map((name) => ({ name, columns: [name] }));
    const meets = (columns: string[]) => [
      waiting({ claim: claim({ findings: columns.map((column) => finding({ column })) }) }),
    ];
    const isOpen = (columns: string[], policy: unknown) =>
      judged({ waiting: meets(columns) }, { conditions, policy }).open !== null;
    expect(isOpen(['a', 'b'], 'majority')).toBe(false);
    expect(isOpen(['a', 'b', 'c'], 'majority')).toBe(true);
    expect(isOpen(['a', 'b'], { atLeast: 2 })).toBe(true);
    expect(isOpen(['a'], { atLeast: 2 })).toBe(false);
    expect(isOpen(['d'], 'any')).toBe(true);
  });

  it('is not met by what a person was asked about alone', () => {
    const escalated = [onColumn({ state: 'escalated' }), onScores({ state: 'escalated' })];
    expect(
      judged({ waiting: [...escalated, onColumn({ createdAt: at(-HOUR), clock: WALL })] }, two()).open,
    ).not.toBeNull();
    expect(judged({ waiting: escalated }, two()).open).toBeNull();
  });
});

const spec = (triggers: string): string => `model: m
source: { kind: csv, path: a.csv, columns: { label: y } }
features: [{ kind: numeric, name: x }]
window: { sliding: P31D }
gates: [{ metric: auc, min: 0.55 }]
triggers: ${triggers}
`;

describe('the section `triggers` of a pipeline', () => {
  it.each([
    ['{ policy: { atLeast: 2 } }', 'asks for 2 of 1 condition(s)'],
    ['{ conditions: [{ name: a }, { name: a }] }', 'stands in conditions[0] already'],
    ['{ debounce: { quiet: PT5M, maxWait: PT1M } }', 'shorter than quiet (PT5M)'],
    ['{ conditions: [{ name: a, scope: dataset, columns: [x] }] }', 'names no column'],
    ['{ conditions: [{ name: a, columns: [x], methods: [y], minFindings: 2 }] }', 'fewer than 2 findings'],
    ['{ conditions: [{ name: a, when: { rollingAverage: PT0S } }] }', 'no earlier score lies in a span of nothing'],
    ['{ budget: { period: P7D } }', 'limits nothing'],
    ['{ expect: [{ monitor: e, every: PT1S }] }', 'too short'],
    ['{ expect: [{ monitor: e, every: P1D }, { monitor: e, every: P7D }] }', 'stands in expect[0] already'],
    [
      '{ polls: [{ name: a, kind: nannyml, urlEnv: U }, { name: a, kind: nannyml, urlEnv: V }] }',
      'stands in polls[0] already',
    ],
    [
      '{ polls: [{ name: a, kind: nannyml, urlEnv: U }, { name: b, kind: nannyml, urlEnv: U, schema: public }] }',
      'reads the same rows as polls[0]',
    ],
    ['{ polls: [{ name: a, kind: nannyml, urlEnv: U, every: PT30S }] }', 'PT30S is too short'],
    ['{ polls: [{ name: A/b, kind: nannyml, urlEnv: U }] }', 'lower-case letters'],
    ['{ polls: [{ name: a, kind: nannyml, urlEnv: "postgres://secret@x" }] }', 'urlEnv'],
    ['{ conditions: [] }', 'too few entries'],
    ['{ coolDwn: P1D }', 'coolDown'],
  ])('%s is refused with the reason', (triggers, message) => {
    let text = '';
    try {
      parseSpec(spec(triggers), 'p.yaml');
    } catch (error) {
      text = error instanceof Error ? error.message : '';
    }
    expect(text).toContain(message);
  });

  it('has one condition by default: any alert', () => {
    const { triggers } = parseSpec(spec('{}'), 'p.yaml');
    expect(triggers).toMatchObject({ coolDown: 'P1D', policy: 'any', versionChange: 'retrain' });
    expect(triggers.conditions).toEqual([{ name: 'alert', within: 'P7D', when: 'alert', minFindings: 1 }]);
  });
});
