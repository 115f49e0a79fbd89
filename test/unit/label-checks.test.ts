// The checks on labels: what passes, what warns, what stops, and which fault a failure speaks for.
import { describe, expect, it } from 'vitest';
import { labelChecks } from '#dist/core/quality/label-checks.js';
import { specSchema } from '#dist/core/spec/schema.js';
import { labelFacts } from '#dist/core/triage/label-facts.js';
import type { LabelChecksOptions, LabelMeasures, WindowLabels } from '#dist/core/triage/label-measures.js';
import { measuresOf, STORY, windowOf } from './label-measures-fixtures.js';

const spec = specSchema.parse({
  model: 'm',
  source: {
    kind: 'parquet',
    path: '/rows.parquet',
    columns: { label: 'late', labelKnownAt: 'known_at', rowKnownAt: 'row_known_at' },
  },
  features: [{ kind: 'numeric', name: 'x' }],
  window: { expanding: '2001-01-01' },
  gates: [{ metric: 'auc', min: 0.5 }],
});
const OPTIONS: LabelChecksOptions = {
  championVersion: null,
  noise: null,
  announced: [],
  selection: null,
  isAfterLabelWait: true,
};
const plain = measuresOf();

function checksOf(measures: LabelMeasures, options: Partial<LabelChecksOptions> = {}) {
  const all = { ...OPTIONS, ...options };
  return labelChecks({ spec, measures, facts: labelFacts(measures, all), options: all });
}
const one = (measures: LabelMeasures, check: string, options: Partial<LabelChecksOptions> = {}) =>
  checksOf(measures, options).find((candidate) => candidate.check === check);
const withCurrent = (change: Partial<WindowLabels>): LabelMeasures => ({
  ...plain,
  current: { ...plain.current, ...change },
});
const signal = (change: object = {}) => ({
  ...{ feature: 'x', column: 'x', kind: 'categorical' as const, rows: 10_000, distinct: 50, isWhole: false, auc: 0.6 },
  ...change,
});

it('pass where nothing is wrong', () => {
  const found = checksOf({ ...plain, features: [signal()] });
  expect(found.filter((check) => check.severity === 'error' && !check.passed)).toEqual([]);
  expect(found.map((check) => check.check)).toEqual(
    expect.arrayContaining(['label-days', 'label-classes', 'label-conflicts', 'label-contradictions', 'leakage']),
  );
});

it('ask for days and for rows of each class, and stop for want of them only when nothing more is waited for', () => {
  const none = { rows: [100, 100], labelled: [100, 100], positives: [0, 1] };
  const few = { ...plain, current: windowOf(none, 28), slices: [] };
  expect(one(few, 'label-days')).toMatchObject({
    passed: false,
    severity: 'error',
    value: 2,
    threshold: 3,
    fault: null,
  });
  expect(one(few, 'label-classes')).toMatchObject({ passed: false, severity: 'error', value: 1, threshold: 50 });
  expect(one(few, 'label-classes', { isAfterLabelWait: false })).toMatchObject({ passed: false, severity: 'warn' });
});

describe('labels that contradict each other', () => {
  const conflicts = plain.current.conflicts;

  it('of one id at one instant warn, and many of them are a fact about the labels', () => {
    const few = withCurrent({ conflicts: { ...conflicts, ids: 3 } });
    expect(one(few, 'label-conflicts')).toMatchObject({ passed: false, severity: 'warn', fault: null });
    const many = withCurrent({ conflicts: { ...conflicts, ids: 30_000 } });
    expect(one(many, 'label-conflicts')).toMatchObject({ severity: 'error', fault: 'label-fault', isExact: true });
  });

  it('of rows alike count where they are more than twice as frequent as before', () => {
    const rows = plain.current.all.rows.reduce((sum, count) => sum + count, 0);
    const now = { ids: 0, alikeGroups: 2000, alikeConflicts: 1000, alikeConflictRows: Math.ceil(rows * 0.06) };
    const earlier = (alikeConflicts: number): LabelMeasures => ({
      ...withCurrent({ conflicts: now }),
      reference: { ...plain.reference!, conflicts: { ...now, alikeConflicts } },
    });
    const check = 'label-contradictions';
    expect(one(earlier(800), check)).toMatchObject({ passed: true });
    expect(one(earlier(100), check)).toMatchObject({ passed: false, severity: 'error', fault: 'label-fault' });
    expect(one({ ...withCurrent({ conflicts: now }), reference: null }, check)).toMatchObject({ severity: 'warn' });
  });
});

it('take a rise of wrong labels for a fault only where it is clear of what days do', () => {
  const at = (share: number, standardError: number | null) => ({ share, standardError, days: 14, rows: 5000 });
  const noise = (now: number, error: number | null) =>
    one(plain, 'label-noise', { noise: { current: at(now, error), reference: at(0.2, 0.005) } });
  expect(noise(0.22, 0.005)).toMatchObject({ passed: true });
  expect(noise(0.3, 0.005)).toMatchObject({ passed: false, severity: 'error', fault: 'label-fault', isExact: false });
  expect(noise(0.3, 0.05)).toMatchObject({ passed: true });
  expect(noise(Number.NaN, 0.005)).toMatchObject({ passed: false, value: null });
  const alone = one(plain, 'label-noise', { noise: { current: at(0.3, 0.005), reference: null } });
  expect(alone).toMatchObject({ severity: 'warn', fault: null });
});

it('tell a feature that nearly is the label, and one that names its row', () => {
  const of = (change: object, check: string) => one({ ...plain, features: [signal(), signal(change)] }, check);
  expect(of({ auc: 0.99, column: 'y' }, 'leakage')).toMatchObject({
    ...{ passed: false, severity: 'error', column: 'y', fault: 'code-or-feature-bug', isExact: false },
  });
  expect(of({ auc: 0.01 }, 'leakage')).toMatchObject({ passed: false });
  expect(of({ auc: null }, 'leakage')).toMatchObject({ passed: true });
  expect(of({ distinct: 9990 }, 'identifier')).toMatchObject({ passed: false, severity: 'warn' });
  expect(of({ kind: 'numeric', isWhole: true, distinct: 9990 }, 'identifier')).toMatchObject({ passed: false });
  expect(of({ kind: 'numeric', distinct: 9990 }, 'identifier')).toMatchObject({ passed: true });
});

it('tell rows that were known only after their label, and labels from before their event', () => {
  const rows = plain.current.all.rows.reduce((sum, count) => sum + count, 0);
  const late = withCurrent({ knownAfterLabel: rows / 2, knownBeforeEvent: rows / 4 });
  expect(one(late, 'known-after-label')).toMatchObject({ passed: false, severity: 'warn', value: 0.5 });
  expect(one(late, 'label-before-event')).toMatchObject({ passed: false, severity: 'warn', value: 0.25 });
  expect(one(plain, 'known-after-label')).toMatchObject({ passed: true });
});

it('call positives missing a fault of the labels once the wait for them is over', () => {
  const { all } = plain.current;
  const labelled = all.rows.map((rows, day) => rows - all.positives[day]!);
  const gone = { rows: all.rows, labelled, positives: all.rows.map(() => 0) };
  const missing = { ...plain, current: windowOf(gone, STORY.referenceDays) };
  const check = 'missing-positives';
  expect(one(missing, check)).toMatchObject({ passed: false, severity: 'error', fault: 'label-fault', value: 0 });
  expect(one(missing, check, { isAfterLabelWait: false })).toMatchObject({ severity: 'warn', fault: null });
  expect(one(plain, check)).toMatchObject({ passed: true });
});

it('warn of a choice of who gets a label', () => {
  const selection = (auc: number) => ({ selection: { auc, labelled: 1000, unlabelled: 500 } });
  expect(one(plain, 'selection', selection(0.9))).toMatchObject({ passed: false, severity: 'warn' });
  expect(one(plain, 'selection', selection(0.6))).toMatchObject({ passed: true });
  expect(one(plain, 'selection', selection(Number.NaN))).toMatchObject({ passed: false, value: null });
  const decided = withCurrent({ decidedBy: [{ version: '3', labels: 90 }] });
  expect(one(decided, 'decided-by-champion', { championVersion: 3 })).toMatchObject({ passed: false, value: 1 });
  expect(one(decided, 'decided-by-champion', { championVersion: 4 })).toMatchObject({ passed: true, value: 0 });
});

it('tell a jump of the share of positives as a warning: triage names the fault', () => {
  const odds = (row: { day: number; hour: number; origin: number; whim: number }): number =>
    STORY.odds(row) - (row.day >= 28 ? 1.5 : 0);
  const found = one(measuresOf({ odds, scatter: 0.05 }), 'label-drift');
  expect(found).toMatchObject({ passed: false, severity: 'warn', fault: null, onset: '2001-01-29T00:00:00.000Z' });
  expect(found?.text).toContain('at once');
});
