// From facts to a verdict: which cause wins, who is stopped by what, and that too little to conclude from is never "no shift".
import { describe, expect, it } from 'vitest';
import { decide } from '#dist/core/triage/decide.js';
import type { LabelShift, TriageFacts } from '#dist/core/triage/facts.js';
import { DEFAULT_TRIAGE_RULE } from '#dist/core/triage/triage-rule.js';
import { CAUSES } from '#dist/core/triage/verdict.js';
import {
  alleged,
  column,
  facts,
  fallen,
  jump,
  labels,
  map,
  moved,
  outOfStep,
  PASSED,
  refit,
  rotation,
  version,
} from './triage-fixtures.js';

const judge = (given: Partial<TriageFacts> = {}) => decide(facts(given), DEFAULT_TRIAGE_RULE);
const short = (given: Partial<TriageFacts> = {}) => {
  const { verdict, certainty, action } = judge(given);
  return [verdict, certainty, action].filter((one) => one !== null).join(' ');
};
const gone = { ...PASSED, passed: false, text: 'Half the rows are gone.' };
const shifted = { columns: [moved()], scores: null };
const early = labels({ labelledDays: 2 });

describe('the verdict on an alarm', () => {
  it('is no-shift when the claim does not survive its re-test, and names the rule that over-alarmed', () => {
    expect(short()).toBe('no-shift stop');
    expect(judge().reasons.join(' ')).toContain('evidently that alarmed: K-S p_value on 5000 against 5000 rows');
  });

  it.each([
    ['rows gone', { checks: [gone] }, 'broken-feed confirmed stop'],
    ['kilometres', { maps: [map()], drift: shifted }, 'logging-change confirmed stop'],
    ['an hour moved by a time zone', { maps: [rotation()], drift: shifted }, 'code-or-feature-bug suspected ask'],
    [
      'the same after a deploy',
      { maps: [rotation()], drift: shifted, versions: [version()] },
      'code-or-feature-bug confirmed stop',
    ],
    [
      'a fall after a deploy of a named feature',
      { performance: fallen(), refit: refit(0.1), versions: [version({ name: 'hour' })] },
      'code-or-feature-bug confirmed stop',
    ],
    [
      'a column out of step, though a refit mends the fall',
      { association: outOfStep(), performance: fallen(), refit: refit(0.1) },
      'code-or-feature-bug suspected ask',
    ],
    ['a column out of step without a fall', { association: outOfStep() }, 'code-or-feature-bug suspected ask'],
    [
      'one with a warning that speaks for no fault',
      { association: outOfStep(), checks: [{ ...gone, column: 'distance', severity: 'warn' }] },
      'code-or-feature-bug suspected ask',
    ],
    [
      'one whose unit changed as well',
      { association: outOfStep(), maps: [map()], drift: shifted },
      'logging-change confirmed stop',
    ],
    ['columns that could not be compared', { association: null }, 'no-shift stop'],
    ['labels exchanged', { labels: labels({ shifts: [jump({ isInverted: true })] }) }, 'label-fault confirmed stop'],
    ['labels that jumped', { labels: labels({ shifts: [jump()] }) }, 'label-fault suspected ask'],
    [
      'labels that jumped with a new rule',
      { labels: labels({ shifts: [jump()] }), versions: [version({ kind: 'label-process' })] },
      'label-fault confirmed stop',
    ],
    ['a fall that a refit mends', { performance: fallen(), refit: refit(0.01) }, 'concept-shift go-on'],
    ['a fall that a refit does not mend', { performance: fallen(), refit: refit(-0.03) }, 'unclear ask'],
    ['inputs that moved', { drift: shifted }, 'genuine-shift go-on'],
    [
      'inputs that moved for a moment',
      { drift: { columns: [moved({ isSustained: false })], scores: null } },
      'unclear ask',
    ],
    ['sixty rows', { current: { window: facts().current.window, rows: 60, days: 14 } }, 'unclear ask'],
    [
      'sixty rows on which scores moved',
      { current: { window: facts().current.window, rows: 60, days: 14 }, drift: shifted },
      'unclear ask',
    ],
    ['nothing measured', { drift: null, performance: null, labels: null, checks: [] }, 'unclear ask'],
    ['a version change alone', { performance: null, versions: [version()] }, 'unclear ask'],
  ] as const)('of %s', (_, given, expected) => expect(short(given)).toBe(expected));

  it('names the column that is out of step, with what it went with and since when', () => {
    const result = judge({ association: outOfStep() });
    expect(result).toMatchObject({ columns: ['distance'], onset: '2001-03-08T00:00:00.000Z' });
    expect(result.reasons[0]).toBe(
      'distance does not go with the same rows’ other values as before: distance with origin 0.17 before and 0.02 now, ' +
        'distance with destination 0.16 before and 0.01 now (Cramér’s V by day).',
    );
    const sound = judge({ association: { ...outOfStep(), outOfStep: [] } });
    expect(sound.causes.find(({ cause }) => cause === 'code-or-feature-bug')?.against).toEqual([
      'No column moved as only code moves it, and distance, origin, destination go together as before.',
    ]);
  });

  it('waits for labels where only they are missing, and asks when they do not come', () => {
    const given = { cause: 'performance', performance: null, labels: early } as const;
    expect(short(given)).toBe('pending-labels await-labels');
    expect(short({ ...given, isAfterLabelWait: true })).toBe('unclear ask');
  });

  it('says what a claim names that the model does not read', () => {
    const claims = [alleged({ alerts: [{ ...alleged().alerts[0]!, scope: 'column', column: 'no_such' }] })];
    const { verdict, reasons } = judge({ claims });
    expect(verdict).toBe('no-shift');
    expect(reasons.join(' ')).toContain('speaks of no_such, which the model does not read under that name');
  });

  it('waits for labels of every region that moved, and asks where one stays without', () => {
    const bare = moved({ column: 'hour', labelledShare: 0.1 });
    const given = { drift: { columns: [moved(), bare], scores: null } };
    expect(short(given)).toBe('pending-labels await-labels');
    expect(short({ ...given, isAfterLabelWait: true })).toBe('unclear ask');
    const untold = moved({ column: 'hour', labelledShare: null });
    expect(short({ drift: { columns: [moved(), untold], scores: null } })).toBe('genuine-shift go-on');
  });

  it('waits for late positives, and suspects the labels when they stay away', () => {
    const late = {
      labels: labels({ positivesKnown: 0.2 }),
      drift: { columns: [column({ isUnchanged: false })], scores: null },
    };
    expect(short(late)).toBe('pending-labels await-labels');
    expect(short({ ...late, isAfterLabelWait: true })).toBe('label-fault suspected ask');
  });

  it('waits for late positives though inputs moved as well: their fault would win', () => {
    const late = { labels: labels({ positivesKnown: 0.2 }), drift: shifted };
    expect(short(late)).toBe('pending-labels await-labels');
    expect(judge(late).reasons.join(' ')).toMatch(/20\.0 % are known.*Also confirmed: genuine-shift/);
    expect(short({ ...late, isAfterLabelWait: true })).toBe('label-fault suspected ask');
  });

  it('is no concept-shift while an input could not be tested', () => {
    const gained = { performance: fallen(), refit: refit(0.01) };
    const untested = column({ column: 'hour', adjustedPValue: null, effect: null, isUnchanged: false });
    expect(short({ ...gained, drift: { columns: [column(), untested], scores: null } })).toBe('unclear ask');
  });

  it('is no answer to a claim about predictions where scores could not be tested', () => {
    const alert = { scope: 'prediction', column: 'prediction', method: 'psi', score: 1, threshold: 0.2 } as const;
    const claims = [alleged({ alerts: [{ ...alert, lowerIsDrift: false }] })];
    expect(short({ claims })).toBe('no-shift stop');
    expect(short({ claims, drift: { columns: [column()], scores: null } })).toBe('unclear ask');
  });

  it('looks at every column where one of several claims names none', () => {
    const ofAll = { scope: 'dataset', column: null, method: 'share', score: 0.6, threshold: 0.5 } as const;
    const claims = [alleged(), alleged({ triggerId: 'nightly/2', alerts: [{ ...ofAll, lowerIsDrift: false }] })];
    const unseen = column({ column: 'hour', adjustedPValue: 0.4, isUnchanged: false });
    const drift = { columns: [column(), unseen], scores: null };
    expect(short({ drift })).toBe('no-shift stop');
    expect(short({ claims, drift })).toBe('unclear ask');
  });

  it('lets the cause win that does not train, and reports the others', () => {
    const both = judge({ checks: [gone], drift: shifted, maps: [map()] });
    expect(both.verdict).toBe('broken-feed');
    expect(both.reasons.join(' ')).toMatch(/Also confirmed: logging-change.*Also confirmed: genuine-shift/);
  });

  it('lets a certain fault stop the run though a suspected one comes first', () => {
    const checks = [{ ...gone, isExact: false }];
    expect(short({ checks, maps: [map()] })).toBe('logging-change confirmed stop');
  });

  it('calls a shift seasonal where the same weeks of last year looked alike', () => {
    const window = { start: '2000-03-01T00:00:00.000Z', end: '2000-03-15T00:00:00.000Z' };
    const season = { window, isAlike: true, explains: ['distance'], isPerformanceUsual: true };
    expect(short({ drift: shifted, season })).toBe('seasonal stop');
    expect(short({ drift: shifted, season: { ...season, isAlike: false } })).toBe('genuine-shift go-on');
    expect(short({ drift: shifted, season: { ...season, isAlike: null, explains: [] } })).toBe('unclear ask');
  });

  it('calls no claim about performance seasonal before performance was measured', () => {
    const window = { start: '2000-03-01T00:00:00.000Z', end: '2000-03-15T00:00:00.000Z' };
    const season = { window, isAlike: true, explains: ['distance'], isPerformanceUsual: null };
    const unmeasured = { drift: shifted, season, performance: null } as const;
    expect(short(unmeasured)).toBe('seasonal stop');
    expect(judge({ ...unmeasured, cause: 'performance' }).verdict).not.toBe('seasonal');
  });

  it('weighs every cause, in the order in which they win', () => {
    expect(judge().causes.map(({ cause }) => cause)).toEqual([...CAUSES]);
    for (const { state, supports, against, unchecked } of judge().causes) {
      const told = { confirmed: supports, suspected: supports, excluded: against, 'not-checked': unchecked }[state];
      expect(told.length, state).toBeGreaterThan(0);
    }
  });
});

describe('a run that no alarm caused', () => {
  it.each(['schedule', 'labels', 'version-change', 'manual'] as const)(
    'by %s goes on whatever became of alarms',
    (cause) => {
      const window = { start: '2000-03-01T00:00:00.000Z', end: '2000-03-15T00:00:00.000Z' };
      const season = { window, isAlike: true, explains: [], isPerformanceUsual: true };
      expect(short({ cause, claims: [] })).toBe('no-shift go-on');
      expect(short({ cause, claims: [], drift: shifted, season })).toBe('seasonal go-on');
      expect(short({ cause, claims: [], drift: null, performance: null, labels: early })).toBe('unclear go-on');
    },
  );

  it('is stopped by a certain fault and asks about a suspected one', () => {
    expect(short({ cause: 'schedule', checks: [gone] })).toBe('broken-feed confirmed stop');
    expect(short({ cause: 'manual', maps: [rotation()] })).toBe('code-or-feature-bug suspected ask');
  });

  it('waits for labels only where a fault of theirs is in question', () => {
    expect(short({ cause: 'schedule', labels: labels({ positivesKnown: 0.2 }), drift: null })).toBe(
      'pending-labels await-labels',
    );
    expect(short({ cause: 'schedule', claims: [], labels: labels({ positivesKnown: 0.2 }) })).toBe(
      'pending-labels await-labels',
    );
  });
});

describe('a model without a champion', () => {
  it('is stopped by faults alone', () => {
    const first = { hasChampion: false, performance: null, drift: null, reference: null } as const;
    expect(short(first)).toBe('unclear go-on');
    expect(short({ ...first, checks: [gone] })).toBe('broken-feed confirmed stop');
  });
});

describe('what never trains without a person', () => {
  const faults: readonly Partial<TriageFacts>[] = [
    { checks: [gone] },
    { checks: [{ ...gone, isExact: false }] },
    { maps: [map({ share: null })] },
    { maps: [rotation()] },
    { recomputed: [{ column: 'hour', against: 'again', rows: 100, differing: 50, onset: null }] },
    { association: outOfStep() },
    { labels: labels({ shifts: [jump()] }) },
    { labels: labels({ noise: 0.3, referenceNoise: 0.02 }) },
  ];
  const shifts: readonly Partial<TriageFacts>[] = [
    {},
    { performance: fallen(), refit: refit(0.05) },
    { claims: [alleged({ alerts: [] })] },
  ];

  it('is any fault beside any shift, whatever caused the run', () => {
    for (const fault of faults)
      for (const other of shifts)
        for (const cause of ['drift', 'performance', 'schedule', 'manual'] as const) {
          expect(['stop', 'ask'], JSON.stringify(fault)).toContain(judge({ ...other, ...fault, cause }).action);
        }
  });
});

it('a value whose share jumped is no label fault where another value of its column went the other way, at once or not', () => {
  const up = jump({
    where: 'hour = 6',
    column: 'hour',
    after: 0.4,
    interval: { lower: 0.1, upper: 0.3, confidence: 0.95 },
  });
  const down = jump({ where: 'hour = 20', column: 'hour', isAbrupt: false });
  const judged = (shifts: readonly LabelShift[]): string => judge({ labels: labels({ shifts }) }).verdict;
  expect(judged([up])).toBe('label-fault');
  expect(judged([up, down])).not.toBe('label-fault');
});
