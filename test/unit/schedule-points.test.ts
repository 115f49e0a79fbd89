/** The instants that a backfill steps by; that cron lines mean what Temporal takes them for is test/workflows/schedules.test.ts. */
import { describe, expect, it } from 'vitest';
import { nextThrough } from '#dist/core/backfill/label-clock.js';
import { planBackfill } from '#dist/core/backfill/plan.js';
import { type PointRule, pointRule, schedulePoints } from '#dist/core/spec/schedule-points.js';
import { type PipelineSpec, specSchema } from '#dist/core/spec/schema.js';

const specOf = (schedule?: Record<string, unknown>): PipelineSpec =>
  specSchema.parse({
    model: 'm',
    source: { kind: 'csv', path: 'a.csv', columns: { label: 'y' } },
    features: [{ kind: 'numeric', name: 'x' }],
    gates: [{ metric: 'auc', min: 0.6 }],
    window: { sliding: 'P31D' },
    schedule,
  });

const [FEB, MAY] = ['2001-02-01T00:00:00.000Z', '2001-05-01T00:00:00.000Z'];
const points = (rule: PointRule, from = FEB, to = MAY) => schedulePoints(rule, { from, to, limit: 50 });
const days = (list: readonly string[]) => list.map((at) => at.replace(':00.000Z', '').replace('T00:00', ''));

describe('the points of a schedule in the past', () => {
  it('lie in a half-open range', () => {
    const monthly = pointRule(specOf(), { every: 'P1M', from: FEB });
    expect(days(points(monthly))).toEqual(['2001-02-01', '2001-03-01', '2001-04-01']);
    const cron = pointRule(specOf({ cron: '0 6 1 * *' }), { every: null, from: FEB });
    expect(days(points(cron))).toEqual(['2001-02-01T06:00', '2001-03-01T06:00', '2001-04-01T06:00']);
    expect(points(cron, '2001-02-01T06:00:00.000Z', '2001-03-01T06:00:00.000Z')).toHaveLength(1);
  });

  it('of whole months keep day and time, and take the last day of a month that is too short', () => {
    const rule = pointRule(specOf(), { every: 'P1M', from: '2001-01-31T09:30:00.000Z' });
    expect(days(points(rule, '2001-01-31T09:30:00.000Z'))).toEqual([
      '2001-01-31T09:30',
      '2001-02-28T09:30',
      '2001-03-31T09:30',
      '2001-04-30T09:30',
    ]);
  });

  it('of an interval asked for start with the range; those of the spec lie where its Schedule fires', () => {
    const from = '2001-02-03T00:00:00.000Z';
    const asked = pointRule(specOf({ every: 'P7D' }), { every: 'P28D', from });
    expect(days(points(asked, from))).toEqual(['2001-02-03', '2001-03-03', '2001-03-31', '2001-04-28']);
    const ofSpec = pointRule(specOf({ every: 'P7D' }), { every: null, from });
    expect(days(points(ofSpec, from, '2001-02-20T00:00:00.000Z'))).toEqual(['2001-02-08', '2001-02-15']);
  });

  it('follow the clocks of the time zone: six in the morning there, in winter and summer', () => {
    const rule = pointRule(specOf({ cron: '0 6 * * 1', timeZone: 'Europe/Berlin' }), { every: null, from: FEB });
    expect(days(points(rule, '2001-03-15T00:00:00.000Z', '2001-04-05T00:00:00.000Z'))).toEqual([
      '2001-03-19T05:00',
      '2001-03-26T04:00',
      '2001-04-02T04:00',
    ]);
  });

  it('cannot be had from a spec without a schedule, nor from a step that is none', () => {
    expect(() => pointRule(specOf(), { every: null, from: FEB })).toThrow(/say --every/);
    expect(() => pointRule(specOf(), { every: 'monthly', from: FEB })).toThrow(/"monthly" is no step/);
    expect(() => pointRule(specOf(), { every: 'PT1S', from: FEB })).toThrow(/is no step/);
  });
});

const wanted = { name: 'spring', from: FEB, to: MAY, every: 'P1M' as string | null, rule: null, done: 0 };
const plan = (change: Partial<typeof wanted>, now = '2002-01-01T00:00:00.000Z') =>
  planBackfill(specOf(), { ...wanted, ...change }, now);

describe('the plan of a backfill', () => {
  it('goes on after the windows that are done, by the step that it began with', () => {
    const first = plan({});
    expect(first).toMatchObject({ total: 3, rule: { kind: 'months', months: 1 } });
    const later = planBackfill(
      specOf({ cron: '0 0 * * *' }),
      { ...wanted, every: null, rule: first.rule, done: 2 },
      MAY,
    );
    expect(days(later.instants)).toEqual(['2001-04-01']);
  });

  it('refuses what cannot be: no time, no tick, too many, labels that are yet to come, a name that is none', () => {
    expect(() => plan({ to: FEB })).toThrow(/no time in between/);
    expect(() =>
      plan({ from: '2001-02-02T00:00:00.000Z', to: '2001-02-03T00:00:00.000Z', every: '0 6 1 * *' }),
    ).toThrow(/No tick lies/);
    expect(() => plan({ every: 'PT1M' })).toThrow(/More than 1000 ticks/);
    expect(() => plan({}, '2001-04-01T12:00:00.000Z')).toThrow(/complete P1D later, which is yet to come/);
    expect(() => plan({ name: 'Spring/1' })).toThrow(/is no name for a backfill/);
  });
});

describe('the clock of a run that waits for labels', () => {
  const times = { delayMs: 86_400_000, deadlineMs: 14 * 86_400_000 };
  const AFTER_ALL = Date.parse('2002-01-01T00:00:00.000Z');
  const next = (now: string, until = '2001-03-15T00:00:00.000Z', presentMs = AFTER_ALL) =>
    nextThrough({ at: '2001-03-01T00:00:00.000Z', now, until, presentMs }, times);

  it('never goes beyond the present, and goes on once the present has come there', () => {
    const now = '2001-03-04T00:00:00.000Z';
    const present = Date.parse('2001-03-05T00:00:00.000Z');
    expect(next(now, undefined, present - 1)).toBeNull();
    expect(next(now, undefined, present)).toBe('2001-03-05T00:00:00.000Z');
    expect(next('2001-03-14T12:00:00.000Z', undefined, present)).toBeNull();
  });

  it('goes to when labels are complete, then on in steps, and never beyond the deadline', () => {
    expect(next('2001-03-01T00:00:00.000Z')).toBe('2001-03-02T00:00:00.000Z');
    expect(next('2001-03-02T00:00:00.000Z')).toBe('2001-03-03T00:00:00.000Z');
    expect(next('2001-03-14T12:00:00.000Z')).toBe('2001-03-15T00:00:00.000Z');
    expect(next('2001-03-15T00:00:00.000Z')).toBeNull();
    expect(next('2001-03-01T00:00:00.000Z', '2001-03-01T06:00:00.000Z')).toBe('2001-03-01T06:00:00.000Z');
  });

  it('goes on also where labels know no delay', () => {
    const at = '2001-03-01T00:00:00.000Z';
    const through = nextThrough(
      { at, now: at, until: '2001-03-25T00:00:00.000Z', presentMs: AFTER_ALL },
      { delayMs: 0, deadlineMs: 24 * 86_400_000 },
    );
    expect(through).toBe('2001-03-02T00:00:00.000Z');
  });
});
