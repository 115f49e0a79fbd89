// What people read of an assessment: everything that was looked at, in an order that serves, within a size that travels.
import { describe, expect, it } from 'vitest';
import { triageDetails, triageHeadline, triageSections } from '#dist/core/report/triage-details.js';
import type { Assessment } from '#dist/core/triage/assessment.js';
import type { TriageFacts } from '#dist/core/triage/facts.js';
import { CAUSES, type CauseFinding, type TriageResult } from '#dist/core/triage/verdict.js';

const window = { start: '2001-04-09T00:00:00.000Z', end: '2001-04-16T00:00:00.000Z' };
const at = '2001-04-16T00:00:00.000Z';

const finding = (cause: CauseFinding['cause'], change: Partial<CauseFinding> = {}): CauseFinding => ({
  cause,
  state: 'excluded',
  columns: [],
  onset: null,
  supports: [],
  against: [`Nothing speaks for ${cause}.`],
  unchecked: [],
  ...change,
});

const suspected = finding('logging-change', {
  state: 'suspected',
  columns: ['distance'],
  onset: '2001-04-11T00:00:00.000Z',
  supports: ['distance × 1.609344 gives the values of before.'],
  against: [],
  unchecked: ['No version record was announced.'],
});

const triage: TriageResult = {
  verdict: 'logging-change',
  certainty: 'suspected',
  action: 'ask',
  causes: CAUSES.map((cause) => (cause === 'logging-change' ? suspected : finding(cause))),
  columns: ['distance'],
  onset: '2001-04-11T00:00:00.000Z',
  reasons: ['distance is in kilometres since 11 April.'],
  next: 'Ask whoever logs distance for its unit.',
};

const facts: TriageFacts = {
  cause: 'drift',
  claims: [
    {
      triggerId: 't1',
      monitor: 'evidently',
      window,
      nReference: 20_000,
      nCurrent: 5_000,
      alerts: [
        {
          scope: 'column',
          column: 'distance',
          method: 'K-S p_value',
          score: 0.001,
          threshold: 0.05,
          lowerIsDrift: true,
        },
        { scope: 'dataset', column: null, method: 'share', score: null, threshold: null, lowerIsDrift: null },
      ],
      absent: ['Column hour has no result.'],
    },
  ],
  hasChampion: true,
  inputsAsOf: at,
  labelsAsOf: at,
  current: { window, rows: 5_000, days: 7 },
  reference: { window, rows: 20_000, days: 28 },
  checks: [],
  maps: [
    {
      column: 'distance',
      kind: 'unit',
      text: 'distance × 1.609344 (miles to kilometres)',
      share: 0.9987,
      distanceBefore: 0.4,
      distanceAfter: 0.01,
      onset: null,
    },
  ],
  recomputed: [{ column: 'hour', against: 'hour_again', rows: 5_000, differing: 3, onset: null }],
  association: { pairs: 1, together: ['origin', 'destination'], outOfStep: [] },
  drift: {
    columns: [
      {
        column: 'distance',
        method: 'ks',
        adjustedPValue: 0.00012,
        effect: 0.41,
        hasMoved: true,
        isUnchanged: false,
        isSustained: true,
        profileEffect: null,
        onset: null,
        labelledShare: null,
      },
      {
        column: 'hour',
        method: 'ks',
        adjustedPValue: 0.7,
        effect: 0.01,
        hasMoved: false,
        isUnchanged: true,
        isSustained: false,
        profileEffect: null,
        onset: null,
        labelledShare: null,
      },
    ],
    scores: null,
  },
  performance: null,
  refit: null,
  labels: null,
  versions: [],
  season: null,
  notMeasured: ['Performance was not measured: no label is mature.'],
  isAfterLabelWait: false,
};

const assessment: Assessment = {
  verdict: 'logging-change',
  inputsAsOf: at,
  window,
  checks: [
    {
      check: 'range',
      column: 'distance',
      severity: 'warn',
      passed: false,
      value: 9,
      threshold: 5,
      text: 'distance reaches 9.',
    },
    { check: 'rows', column: null, severity: 'error', passed: true, value: 1, threshold: 1, text: 'There are rows.' },
  ],
  reasons: triage.reasons,
  triage,
  facts,
};

describe('the text of an assessment', () => {
  it('begins with verdict, certainty, window, columns and onset', () => {
    expect(triageHeadline(assessment)).toBe(
      'logging-change (suspected) on [2001-04-09, 2001-04-16): distance, since 2001-04-11',
    );
    const { triage: _none, facts: _neither, ...before } = assessment;
    expect(triageHeadline(before)).toBe('logging-change on [2001-04-09, 2001-04-16)');
  });

  it('shows every cause with what is for it, against it and could not be checked, those that hold first', () => {
    const sections = triageSections(assessment, { incidentId: 7 });
    expect(sections.map(({ title }) => title)).toEqual([
      'Why',
      'Next step',
      'logging-change, suspected: distance, since 2001-04-11',
      ...CAUSES.filter((cause) => cause !== 'logging-change').map((cause) => `${cause}, excluded`),
      'Checks that failed',
      'Claims that it answers',
      'Measured',
      'Could not be measured',
    ]);
    expect(sections[0]!.sentences).toEqual(['distance is in kilometres since 11 April.', 'It belongs to incident 7.']);
    expect(sections[2]!.sentences).toEqual([
      'for: distance × 1.609344 gives the values of before.',
      'could not be checked: No version record was announced.',
    ]);
    expect(sections.find(({ title }) => title === 'Checks that failed')!.sentences).toEqual([
      'warn: distance reaches 9.',
    ]);
    expect(sections.find(({ title }) => title === 'Claims that it answers')!.sentences).toEqual([
      'evidently on [2001-04-09, 2001-04-16), 5000 rows: distance (K-S p_value 0.001 against 0.05), dataset (share without a score). Column hour has no result.',
    ]);
    expect(sections.find(({ title }) => title === 'Measured')!.sentences).toEqual([
      '5000 rows on 7 days; 20000 rows on 28 days before it.',
      'distance × 1.609344 (miles to kilometres) fits 99.87 % of the rows.',
      'hour against hour_again: 3 of 5000 rows differ.',
      'Together as before: origin, destination.',
      'distance moved throughout the window: ks effect 0.41, adjusted p 0.00012.',
      'Unchanged, and a change worth seeing would have shown: hour.',
    ]);
  });

  it('shows a cause that nothing is said about, since it was looked at all the same', () => {
    const silent = { ...triage, causes: [finding('seasonal', { state: 'not-checked', against: [] })] };
    const titles = triageSections({ ...assessment, triage: silent }).map(({ title }) => title);
    expect(titles).toContain('seasonal, not checked');
  });

  it('says what an assessment of an earlier build has', () => {
    const { triage: _none, facts: _neither, ...before } = assessment;
    expect(triageSections(before).map(({ title }) => title)).toEqual(['Why', 'Checks that failed']);
  });

  it('measures performance, refit, labels, versions and season in a sentence each', () => {
    const interval = { lower: 0.01, upper: 0.05, confidence: 0.95 };
    const full: TriageFacts = {
      ...facts,
      performance: {
        metric: 'log-loss',
        rows: 100,
        days: 7,
        referenceDays: 28,
        current: 0.61234,
        reference: 0.58,
        change: 0.03234,
        interval,
        aucCurrent: null,
        aucReference: null,
        aucInterval: null,
        onset: null,
      },
      refit: { gain: 0.02, interval, days: 5, trainRows: 10, testRows: 10 },
      labels: {
        known: 0.5,
        knownUsually: 0.97,
        positivesKnown: null,
        labelledRows: 10,
        labelledDays: 7,
        matureKnown: null,
        announced: [],
        shifts: [
          {
            where: 'origin = ORD',
            column: 'origin',
            before: 0.2,
            after: 0.8,
            rows: 9,
            interval,
            isInverted: true,
            isAbrupt: true,
            onset: null,
          },
        ],
        noise: 0.031,
        referenceNoise: null,
        decidedByChampion: null,
      },
      versions: [{ eventId: 'e', kind: 'feature', name: 'hour', from: null, to: '4', commit: 'abc', columns: [], at }],
      season: { window, isAlike: true, explains: [], isPerformanceUsual: null },
    };
    const measured = triageSections({ ...assessment, facts: full }).find(({ title }) => title === 'Measured')!;
    expect(measured.sentences.slice(6)).toEqual([
      'Log loss of the champion 0.6123 on 7 days, 0.58 on 28 before: change +0.03234 [+0.01, +0.05] at 95 %.',
      'A refit on recent rows gains +0.02 [+0.01, +0.05] at 95 % in log loss on 5 later days.',
      '50 % of the labels are known, 97 % are usual at that age.',
      'Positive labels, origin = ORD: 20 % before, 80 % now, change [+0.01, +0.05] at 95 %, as if exchanged.',
      'About 3.1 % of the labels look wrong.',
      'Announced: feature hour ? to 4 (abc), in use since 2001-04-16.',
      'The same window of an earlier period, [2001-04-09, 2001-04-16), is like it.',
    ]);
  });
});

describe('the Markdown of an assessment', () => {
  it('has the headline on top and lists below', () => {
    const lines = triageDetails(assessment, { incidentId: 7 }).split('\n');
    expect(lines.slice(0, 8)).toEqual([
      '### Assessed as logging-change (suspected) on [2001-04-09, 2001-04-16): distance, since 2001-04-11',
      '',
      '**Why**',
      '',
      '- distance is in kilometres since 11 April.',
      '- It belongs to incident 7.',
      '',
      '**Next step**',
    ]);
  });

  it('makes neither tags, links nor lines of names that come from data', () => {
    const hostile = { ...triage, reasons: ['origin became <img src=x>\n# [click](http://evil.test)\u0000.'] };
    const text = triageDetails({ ...assessment, triage: hostile });
    expect(text).toContain('- origin became \\<img src=x> # [click\\](http://evil.test) .');
    const escaped = triageDetails({ ...assessment, triage: { ...triage, reasons: ['a \\<b> and \\](c)'] } });
    expect(escaped).toContain('- a \\\\\\<b> and \\\\\\](c)');
  });

  it('stays below 8,000 bytes however much there is to say, and counts what it leaves out', () => {
    const long = `${'ø'.repeat(2_000)} is long.`;
    const many = Array.from({ length: 500 }, () => long);
    const wide = {
      ...triage,
      reasons: many,
      columns: many,
      causes: CAUSES.map((cause) => finding(cause, { supports: many, against: many, unchecked: many })),
    };
    const text = triageDetails({ ...assessment, triage: wide });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8_000);
    expect(text).toMatch(/\d+ more lines: `npx perennial show RUN` prints them\.$/);
    expect(triageSections({ ...assessment, triage: wide })[0]!.sentences).toHaveLength(500);
  });
});
