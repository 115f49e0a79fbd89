// Every line of the decision table, by facts that it is written for: what it says, and what it names.
import { describe, expect, it } from 'vitest';
import { EVIDENCE_RULES } from '#dist/core/triage/evidence-rules.js';
import type { TriageFacts } from '#dist/core/triage/facts.js';
import { DEFAULT_TRIAGE_RULE } from '#dist/core/triage/triage-rule.js';
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
  performance,
  refit,
  rotation,
  version,
} from './triage-fixtures.js';

const failed = { ...PASSED, passed: false, text: 'Half the rows are gone.' };
const drift = (...columns: ReturnType<typeof column>[]) => ({ columns, scores: null });
const season = { window: { start: '2000-03-01T00:00:00.000Z', end: '2000-03-15T00:00:00.000Z' } };
const noRows = { current: { window: facts().current.window, rows: 60, days: 14 } };
const early = labels({ labelledDays: 2 });
const aboutTarget = alleged({
  alerts: [{ scope: 'target', column: 'late', method: 'psi', score: 0.3, threshold: 0.1, lowerIsDrift: false }],
});
const recorded = { kind: 'label-process' };
const ofPredictions = alleged({
  alerts: [{ scope: 'prediction', column: null, method: 'psi', score: 1, threshold: 0.2, lowerIsDrift: false }],
});

/** Facts for which the line speaks, and facts close to them for which it is silent. */
const CASES: Record<string, { speaks: Partial<TriageFacts>; silent: Partial<TriageFacts>; columns?: string[] }> = {
  'feed-fact': { speaks: { checks: [failed] }, silent: { checks: [{ ...failed, isExact: false }] } },
  'feed-estimate': { speaks: { checks: [{ ...failed, isExact: false }] }, silent: { checks: [failed] } },
  'feed-sound': { speaks: {}, silent: { checks: [failed] } },
  'feed-no-rows-before': { speaks: { reference: null }, silent: {} },
  'logging-fact': {
    speaks: { checks: [{ ...failed, column: 'origin', fault: 'logging-change' }] },
    silent: { checks: [failed] },
    columns: ['origin'],
  },
  'logging-map-exact': {
    speaks: { maps: [map()] },
    silent: { maps: [map({ share: 0.98 })] },
    columns: ['distance'],
  },
  'logging-map-recorded': {
    speaks: { maps: [map({ share: null })], versions: [version({ kind: 'schema', columns: ['distance'] })] },
    silent: { maps: [map({ share: null })], versions: [version({ kind: 'schema', columns: ['origin'] })] },
    columns: ['distance'],
  },
  'logging-map': { speaks: { maps: [map({ share: null })] }, silent: { maps: [map()] }, columns: ['distance'] },
  'logging-estimate': {
    speaks: { checks: [{ ...failed, severity: 'warn', fault: 'logging-change' }] },
    silent: { checks: [{ ...failed, severity: 'warn' }] },
  },
  'logging-unmapped': { speaks: { maps: [rotation()] }, silent: { maps: [map()] } },
  'logging-no-rows-before': { speaks: { reference: null }, silent: {} },
  'code-recomputed': {
    speaks: { recomputed: [{ column: 'hour', against: 'hour_again', rows: 1000, differing: 11, onset: null }] },
    silent: { recomputed: [{ column: 'hour', against: 'hour_again', rows: 1000, differing: 10, onset: null }] },
    columns: ['hour'],
  },
  'code-map-recorded': {
    speaks: { maps: [rotation()], versions: [version({ columns: ['hour'] })] },
    silent: { maps: [rotation()], versions: [version({ columns: ['origin'] })] },
    columns: ['hour'],
  },
  'code-map-exact': {
    speaks: { maps: [rotation({ kind: 'shift' })] },
    silent: { maps: [rotation()] },
    columns: ['hour'],
  },
  'code-fell-after-named-version': {
    speaks: { performance: fallen(), versions: [version({ columns: ['hour'] })] },
    silent: { performance: fallen(), versions: [version()] },
    columns: ['hour'],
  },
  'code-fact': { speaks: { checks: [{ ...failed, fault: 'code-or-feature-bug' }] }, silent: { checks: [failed] } },
  'code-map': {
    speaks: { maps: [rotation()] },
    silent: { maps: [rotation()], versions: [version()] },
    columns: ['hour'],
  },
  'code-fell-after-version': {
    speaks: { performance: fallen(), versions: [version()] },
    silent: { performance: fallen(), versions: [version({ at: '2001-02-20T00:00:00.000Z' })] },
  },
  'code-out-of-step': {
    speaks: { association: outOfStep() },
    silent: { association: outOfStep(), checks: [{ ...failed, column: 'distance' }] },
    columns: ['distance'],
  },
  'code-estimate': {
    speaks: { checks: [{ ...failed, isExact: false, fault: 'code-or-feature-bug' }] },
    silent: { checks: [failed] },
  },
  'code-fallen': { speaks: { performance: fallen() }, silent: { performance: fallen(), versions: [version()] } },
  'code-no-rows-before': { speaks: { reference: null }, silent: {} },
  'code-as-before': { speaks: {}, silent: { performance: fallen() } },
  'label-fact': { speaks: { checks: [{ ...failed, fault: 'label-fault' }] }, silent: { checks: [failed] } },
  'label-process-recorded': {
    speaks: {
      labels: labels({ announced: [{ at: version().at, shift: jump({ isAbrupt: false, onset: null }) }] }),
      versions: [version(recorded)],
    },
    silent: { labels: labels({ shifts: [jump({ isAbrupt: false, onset: null })] }), versions: [version(recorded)] },
  },
  'label-process-near': {
    speaks: {
      labels: labels({
        shifts: [jump({ isAbrupt: false, onset: null })],
        announced: [{ at: version().at, shift: null }],
      }),
      versions: [version(recorded)],
    },
    silent: { labels: labels({ shifts: [jump({ isAbrupt: false, onset: null })] }), versions: [version(recorded)] },
  },
  'label-inverted': {
    speaks: { labels: labels({ shifts: [jump({ where: 'origin = ORD', column: 'origin', isInverted: true })] }) },
    silent: { labels: labels({ shifts: [jump({ isInverted: true })] }), drift: drift(moved()) },
    columns: ['origin'],
  },
  'label-jump': {
    speaks: { labels: labels({ shifts: [jump()] }) },
    silent: {
      labels: labels({
        shifts: [jump({ where: 'hour = 8', column: 'hour' }), jump({ where: 'hour = 20', column: 'hour', after: 0.3 })],
      }),
    },
  },
  'label-jump-and-moved': {
    speaks: { labels: labels({ shifts: [jump()] }), drift: drift(moved()) },
    silent: { labels: labels({ shifts: [jump({ where: 'hour = 8', column: 'hour' })] }), drift: drift(moved()) },
  },
  'label-noise': {
    speaks: { labels: labels({ noise: 0.08, referenceNoise: 0.02 }) },
    silent: { labels: labels({ noise: 0.07, referenceNoise: null }) },
  },
  'label-estimate': {
    speaks: { checks: [{ ...failed, isExact: false, fault: 'label-fault' }] },
    silent: { checks: [{ ...failed, isExact: false }] },
  },
  'label-still-missing': {
    speaks: { labels: labels({ positivesKnown: 0.3 }), isAfterLabelWait: true },
    silent: { labels: labels({ positivesKnown: 0.9 }), isAfterLabelWait: true },
  },
  'label-missing': {
    speaks: { labels: labels({ known: 0.5 }) },
    silent: { labels: labels({ known: 0.5, knownUsually: 0.55 }) },
  },
  'label-steady': { speaks: {}, silent: { labels: labels({ shifts: [jump()] }) } },
  'label-unsettled': {
    speaks: { labels: labels({ shifts: [jump({ column: 'origin', where: 'origin = ORD' })] }), drift: drift(moved()) },
    silent: { labels: labels({ shifts: [jump()] }) },
    columns: ['origin'],
  },
  'label-none': { speaks: { labels: null }, silent: {} },
  'season-alike': {
    speaks: {
      drift: drift(moved()),
      season: { ...season, isAlike: true, explains: ['distance'], isPerformanceUsual: null },
    },
    silent: {
      drift: drift(moved()),
      season: { ...season, isAlike: true, explains: ['distance'], isPerformanceUsual: false },
    },
    columns: ['distance'],
  },
  'season-unlike': {
    speaks: { season: { ...season, isAlike: false, explains: [], isPerformanceUsual: null } },
    silent: {},
  },
  'season-untold': {
    speaks: { season: { ...season, isAlike: null, explains: [], isPerformanceUsual: null } },
    silent: { season: { ...season, isAlike: false, explains: [], isPerformanceUsual: null } },
  },
  'season-no-history': {
    speaks: {},
    silent: { season: { ...season, isAlike: false, explains: [], isPerformanceUsual: null } },
  },
  'concept-refit-gains': {
    speaks: { performance: fallen(), refit: refit(0.01) },
    silent: { performance: fallen(), refit: refit(-0.01) },
  },
  'concept-not-fallen': { speaks: {}, silent: { performance: performance({ days: 3 }) } },
  'concept-inputs-moved': { speaks: { drift: drift(moved()) }, silent: {} },
  'concept-refit-no-gain': { speaks: { refit: refit(-0.01) }, silent: { refit: refit(0.01) } },
  'concept-labels-to-come': {
    speaks: { performance: null, labels: early },
    silent: { performance: null, labels: early, ...noRows },
  },
  'concept-inputs-untested': {
    speaks: { performance: fallen(), drift: drift(column({ adjustedPValue: null })) },
    silent: { drift: drift(column({ adjustedPValue: null })) },
    columns: ['distance'],
  },
  'concept-unmeasured': { speaks: { performance: fallen() }, silent: {} },
  'genuine-sustained': {
    speaks: { drift: drift(moved()) },
    silent: { drift: drift(moved({ isSustained: false })) },
    columns: ['distance'],
  },
  'genuine-labels-to-come': {
    speaks: { drift: drift(moved({ labelledShare: 0.1 })) },
    silent: { drift: drift(moved({ labelledShare: 0.1 })), isAfterLabelWait: true },
    columns: ['distance'],
  },
  'genuine-not-covered': {
    speaks: { drift: drift(moved({ labelledShare: null })), isAfterLabelWait: true },
    silent: { drift: drift(moved()), isAfterLabelWait: true },
  },
  'genuine-passing': { speaks: { drift: drift(moved({ isSustained: false })) }, silent: { drift: drift(moved()) } },
  'genuine-unmoved': { speaks: {}, silent: { drift: drift(moved()) } },
  'genuine-season-untold': {
    speaks: { drift: drift(moved()), season: { ...season, isAlike: null, explains: [], isPerformanceUsual: null } },
    silent: { season: { ...season, isAlike: null, explains: [], isPerformanceUsual: null } },
    columns: ['distance'],
  },
  'genuine-too-little': { speaks: { drift: drift(moved()), ...noRows }, silent: { drift: drift(moved()) } },
  'genuine-untested': { speaks: { drift: null }, silent: {} },
  'no-shift-shown': {
    speaks: {},
    silent: { drift: drift(column({ isUnchanged: false })) },
    columns: ['distance'],
  },
  'no-shift-moved': { speaks: { performance: fallen() }, silent: {} },
  'no-shift-labels-to-come': {
    speaks: { cause: 'performance', performance: null, labels: early },
    silent: { performance: null, labels: early },
  },
  'no-shift-version-alone': {
    speaks: { performance: null, versions: [version()] },
    silent: { versions: [version()] },
  },
  'no-shift-share-unseen': {
    speaks: { claims: [aboutTarget], labels: labels({ shifts: [jump({ isAbrupt: false })] }) },
    silent: { labels: labels({ shifts: [jump({ isAbrupt: false })] }) },
  },
  'no-shift-scores-untested': {
    speaks: { claims: [ofPredictions], drift: { columns: [column()], scores: null } },
    silent: { claims: [ofPredictions] },
  },
  'no-shift-unlike-training': {
    speaks: { drift: drift(column({ profileEffect: 0.3 })) },
    silent: { drift: drift(column({ profileEffect: 0.04 })) },
    columns: ['distance'],
  },
  'no-shift-too-little': { speaks: noRows, silent: {} },
};

describe.each(EVIDENCE_RULES.map((rule) => [rule.id, rule] as const))('the line %s', (id, rule) => {
  const find = (given: Partial<TriageFacts>) => rule.find(facts(given), DEFAULT_TRIAGE_RULE);

  it('speaks when the facts show it, in sentences', () => {
    const shown = find(CASES[id]?.speaks ?? {});
    expect(shown?.texts.length).toBeGreaterThan(0);
    for (const text of shown?.texts ?? []) expect(text).toMatch(/^\S.*[.]$/);
    expect(shown?.columns).toEqual(CASES[id]?.columns ?? shown?.columns);
  });

  it('is silent when they do not', () => expect(find(CASES[id]?.silent ?? {})).toBeNull());
});

describe('the decision table', () => {
  it('has a case for each of its lines, and no name twice', () => {
    expect(EVIDENCE_RULES.map(({ id }) => id).sort()).toEqual(Object.keys(CASES).sort());
  });

  it('hears nothing of a claim that names other columns than those that moved', () => {
    const claims = [alleged({ alerts: [] })];
    const shown = EVIDENCE_RULES.find(({ id }) => id === 'no-shift-shown');
    expect(shown?.find(facts({ claims, drift: drift(moved(), column()) }), DEFAULT_TRIAGE_RULE)).toBeNull();
  });
});
