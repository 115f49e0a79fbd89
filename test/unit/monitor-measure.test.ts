// The figures of a period on simulated days: what alerts, what does not, and how often when nothing changed.
import { describe, expect, it } from 'vitest';
import { UNKNOWN_LABEL } from '#dist/core/column-table.js';
import { realisedPerformance } from '#dist/core/monitor/performance.js';
import { baselineOf, FIRST_DAY, measured, simulate } from './monitor-fixtures.js';

const training = simulate({ from: FIRST_DAY, days: 28, rowsPerDay: 300, seed: 1 });
const holdout = simulate({ from: FIRST_DAY + 29, days: 14, rowsPerDay: 600, seed: 2 });
const baseline = baselineOf(training, holdout);
const WEEK = { from: FIRST_DAY + 50, days: 7, rowsPerDay: 600, seed: 3 };

const alerts = (points: ReturnType<typeof measured>): string[] =>
  [...points.values()].filter(({ alert }) => alert === true).map(({ series }) => series);

describe('a period', () => {
  it('without a change raises nothing, and has every series with its days and method', () => {
    const points = measured(baseline, simulate(WEEK));
    expect(alerts(points)).toEqual([]);
    expect([...points.keys()].sort()).toEqual([
      'drift:distance',
      'drift:origin',
      'estimated:auc',
      'estimated:brier',
      'estimated:log-loss',
      'labels:coverage',
      'performance:auc',
      'performance:brier',
      'performance:log-loss',
      'rows',
      'score-drift',
    ]);
    expect(points.get('drift:distance')).toMatchObject({ alert: false, rows: 4_200, days: 7, referenceDays: 28 });
    expect(points.get('drift:distance')?.note).toMatch(/at most 0\.\d{3} more within the profile's bins/);
    expect(points.get('performance:auc')).toMatchObject({ alert: false, referenceDays: 14 });
  });

  it('of miles that became kilometres raises that column, and no other', () => {
    const points = measured(baseline, simulate({ ...WEEK, scale: 1.609344 }));
    expect(alerts(points)).toEqual(['drift:distance']);
    expect(points.get('drift:distance')?.adjustedPValue).toBeLessThan(0.001);
  });

  it('whose labels no longer follow the scores raises performance alone, and the estimate does not see it', () => {
    const points = measured(baseline, simulate({ ...WEEK, isRandom: true }));
    expect(alerts(points)).toEqual(['performance:auc']);
    expect(points.get('performance:auc')?.value).toBeLessThan(0.55);
    expect(points.get('estimated:auc')).toMatchObject({ alert: null, scope: 'performance' });
    expect(points.get('estimated:auc')?.value).toBeGreaterThan(0.7);
    expect(points.get('estimated:auc')?.note).toContain('Estimated without labels');
  });

  it('says what it could not compare instead of passing it', () => {
    const short = simulate({ ...WEEK, days: 2 });
    const points = measured(baseline, short);
    expect(points.get('drift:distance')).toMatchObject({ alert: null, adjustedPValue: null });
    expect(points.get('drift:distance')?.note).toContain('Not tested: 2 days against 28');
    expect(points.get('performance:auc')).toMatchObject({ alert: null });
    const unlabelled = simulate(WEEK);
    unlabelled.table.label.fill(UNKNOWN_LABEL);
    expect(measured(baseline, unlabelled).get('performance:auc')).toMatchObject({ value: null, alert: null });
  });

  it('inside the holdout of its champion is not compared with itself', () => {
    const points = measured(baseline, simulate({ ...WEEK, from: FIRST_DAY + 30 }));
    expect(points.get('performance:auc')?.note).toContain('these days lie in the holdout');
    expect(points.get('performance:auc')?.alert).toBeNull();
    expect(points.get('score-drift')?.referenceDays).toBe(7);
  });

  it('with few rows or many nulls raises those', () => {
    const feed = { rows: 900, nulls: [{ name: 'distance', column: 'dist', nulls: 300, before: 0.01 }] };
    const points = measured(baseline, simulate(WEEK), { feed });
    expect(alerts(points)).toEqual(['rows', 'nulls:distance']);
    expect(points.get('nulls:distance')).toMatchObject({ column: 'dist', threshold: 0.05 });
  });
});

it('estimates what comes true: within .01 of the realised AUC and .02 of the log loss of a calibrated model', () => {
  for (const seed of [11, 12, 13]) {
    const week = simulate({ ...WEEK, rowsPerDay: 3_000, seed });
    const points = measured(baseline, week);
    const { table, scores } = week;
    const realised = realisedPerformance({ scores, day: table.day, label: table.label });
    const realisedOf = (metric: string): number => realised.find((one) => one.metric === metric)?.value ?? Number.NaN;
    expect(Math.abs(points.get('estimated:auc')!.value! - realisedOf('auc'))).toBeLessThan(0.01);
    expect(Math.abs(points.get('estimated:log-loss')!.value! - realisedOf('log-loss'))).toBeLessThan(0.02);
  }
});

it('alarms at most at the nominal rate where days have whims of their own and nothing changed', () => {
  const alpha = 0.1;
  const alert = { alpha, effect: 0.001, fall: 0.0001 };
  const rounds = 60;
  let alarmed = 0;
  for (let round = 0; round < rounds; round += 1) {
    const whims = { dayEffect: 0.3, rowsPerDay: 60 };
    const own = simulate({ ...whims, from: FIRST_DAY, days: 28, seed: 1_000 + round });
    const unseen = simulate({ ...whims, from: FIRST_DAY + 29, days: 14, seed: 2_000 + round });
    const week = simulate({ ...whims, from: FIRST_DAY + 50, days: 7, seed: 3_000 + round });
    if (alerts(measured(baselineOf(own, unseen), week, { alert, seed: round })).length > 0) alarmed += 1;
  }
  // 99.9 % of a binomial of 60 at .1 lies at or below 14.
  expect(alarmed).toBeLessThanOrEqual(14);
});
