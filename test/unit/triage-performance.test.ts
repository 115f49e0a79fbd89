// Did the champion get worse? On made rows whose truth is known: a day with more positives is no worse model, a reversed effect is.
import { describe, expect, it } from 'vitest';
import { UNKNOWN_LABEL } from '#dist/core/column-table.js';
import { createRng } from '#dist/core/rng.js';
import { specSchema } from '#dist/core/spec/schema.js';
import { dayLoss } from '#dist/core/stats/within-day-loss.js';
import { comparedDays } from '#dist/core/triage/performance-days.js';
import { performanceFacts } from '#dist/core/triage/performance-facts.js';
import { pickRows, refitFacts, splitForRefit } from '#dist/core/triage/refit-facts.js';
import { type ScoredDay, scoreDays, scoreEdges } from '#dist/core/triage/scored-days.js';

const ROWS = 300;
const logistic = (logit: number): number => 1 / (1 + Math.exp(-logit));

interface Rows {
  readonly day: Int32Array;
  readonly label: Uint8Array;
  readonly score: Float32Array;
}

/** A model that knows x: logit −1.4 + x. Of the day's truth the intercept may be another, and the effect of x. */
function makeRows(days: readonly { day: number; intercept?: number; effect?: number }[], seed = 1): Rows {
  const rng = createRng(seed);
  const size = days.length * ROWS;
  const rows = { day: new Int32Array(size), label: new Uint8Array(size), score: new Float32Array(size) };
  for (let row = 0; row < size; row += 1) {
    const { day, intercept = -1.4, effect = 1 } = days[Math.floor(row / ROWS)]!;
    const x = (rng() + rng() + rng() - 1.5) * 2;
    rows.day[row] = day;
    rows.score[row] = logistic(-1.4 + x);
    rows.label[row] = rng() < logistic(intercept + effect * x) ? 1 : 0;
  }
  return rows;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const scored = (rows: Rows): ScoredDay[] => scoreDays(rows, rows.score, []);
const plain = (from: number, to: number, seed: number): ScoredDay[] =>
  scored(
    makeRows(
      range(from, to).map((day) => ({ day })),
      seed,
    ),
  );

describe('the loss of a day beyond its label share', () => {
  it('has the intercept that a bisection finds', () => {
    const { score, label } = makeRows([{ day: 1, intercept: 0.5 }]);
    const scores = Float64Array.from(score);
    const positives = label.reduce((sum, one) => sum + one, 0);
    let [low, high] = [-10, 10];
    const logits = [...scores].map((one) => Math.log(one / (1 - one)));
    for (let step = 0; step < 100; step += 1) {
      const middle = (low + high) / 2;
      if (logits.reduce((sum, one) => sum + logistic(one + middle), 0) > positives) high = middle;
      else low = middle;
    }
    const expected = logits.reduce((sum, one, row) => {
      const p = logistic(one + low);
      return sum - Math.log(label[row] === 1 ? p : 1 - p);
    }, 0);
    expect(dayLoss(scores, label)?.shifted).toBeCloseTo(expected / ROWS, 9);
  });
  it('is the entropy for a model that cannot tell rows apart, and says nothing about one class', () => {
    const label = Uint8Array.of(1, 0, 0, 0);
    const found = dayLoss(new Float64Array(4).fill(0.9), label);
    expect(found!.shifted).toBeCloseTo(found!.entropy, 12);
    expect(dayLoss(new Float64Array(2).fill(0.5), Uint8Array.of(1, 1))).toBeNull();
  });
  it('stays finite for scores of 0 and 1', () => {
    const found = dayLoss(Float64Array.of(0, 1, 0, 1), Uint8Array.of(0, 1, 1, 0));
    expect(Number.isFinite(found!.shifted) && Number.isFinite(found!.loss)).toBe(true);
  });
});

describe('performance facts', () => {
  const reference = plain(0, 28, 7);
  it('do not fall in a spell of days with twice the positives, though the log loss rises', () => {
    const spell = scored(makeRows(range(28, 42).map((day) => ({ day, intercept: -0.4 }))));
    const { facts } = performanceFacts(spell, reference);
    expect(facts!.current).toBeGreaterThan(facts!.reference + 0.05);
    expect(facts!.interval.lower).toBeLessThan(0);
    expect(Math.abs(facts!.change)).toBeLessThan(0.01);
    expect(facts!.onset).toBeNull();
  });
  it('fall where the effect of a feature is reversed, from that day on', () => {
    const reversed = scored(makeRows(range(28, 42).map((day) => ({ day, effect: day < 31 ? 1 : -1 }))));
    const { facts } = performanceFacts(reversed, reference);
    expect(facts!.interval.lower).toBeGreaterThan(0);
    expect(facts!.aucCurrent!).toBeLessThan(facts!.aucReference! - 0.2);
    expect(facts!.aucInterval!.upper).toBeLessThan(0);
    expect(facts!.onset).toBe('1970-02-01T00:00:00.000Z');
    expect(facts).toMatchObject({ days: 14, referenceDays: 28, rows: 14 * ROWS });
  });
  it('fall in at most a few of many pairs of windows in which nothing changed', () => {
    const fallen = range(0, 40).filter((seed) => {
      const { facts } = performanceFacts(plain(28, 42, 100 + seed), plain(0, 28, 200 + seed));
      return facts!.interval.lower > 0;
    });
    expect(fallen.length).toBeLessThanOrEqual(2);
  });
  it('are null with a sentence where too few days have labels', () => {
    const found = performanceFacts(plain(28, 32, 3), reference);
    expect(found).toMatchObject({ facts: null, why: expect.stringContaining('there are 4 in the window and 28') });
  });
});

describe('the days that are compared', () => {
  const spec = specSchema.parse({
    model: 'm',
    source: { kind: 'parquet', path: '/rows.parquet', columns: { label: 'late' } },
    features: [{ kind: 'numeric', name: 'x' }],
    window: { expanding: '1970-01-01' },
    gates: [{ metric: 'auc', min: 0.5 }],
  });
  const at = (day: number): string => new Date(day * 86_400_000).toISOString();
  const days = plain(0, 42, 5);
  const windows = {
    spec,
    current: { start: at(28), end: at(42) },
    reference: { start: at(0), end: at(28) },
    trainedThrough: at(-10),
    labelsAsOf: at(60),
  };
  const names = (list: readonly ScoredDay[]): number[] => list.map(({ day }) => day);
  it('leave out days that the champion was trained on', () => {
    const found = comparedDays(days, { ...windows, trainedThrough: at(12) });
    expect(names(found.reference)).toEqual(range(12, 28));
    expect(names(found.current)).toEqual(range(28, 42));
  });
  it('are the window’s own halves where the champion was trained on its reference', () => {
    const found = comparedDays(days, { ...windows, trainedThrough: at(28) });
    expect(names(found.reference)).toEqual(range(28, 35));
    expect(names(found.current)).toEqual(range(35, 42));
  });
  it('are whole, and their labels are due and in', () => {
    const half = days.map((one) => (one.day === 30 ? { ...one, labelled: one.rows / 2 } : one));
    const found = comparedDays(half, {
      ...windows,
      current: { start: '1970-01-29T06:00:00.000Z', end: at(42) },
      labelsAsOf: '1970-02-10T12:00:00.000Z',
    });
    // The 28th is cut by the window's start, day 30 has half its labels, day 39 ends less than a day before the labels' instant.
    expect(names(found.current)).toEqual([29, 31, 32, 33, 34, 35, 36, 37, 38]);
  });
});

describe('scored days', () => {
  it('count every row by bin of score, and only labelled ones for the loss', () => {
    const rows = makeRows([{ day: 3 }, { day: 4 }]);
    rows.label.fill(UNKNOWN_LABEL, ROWS);
    const edges = scoreEdges(rows.score, (row) => row < ROWS);
    expect(edges).toHaveLength(19);
    const [first, second] = scoreDays(rows, rows.score, edges);
    expect(first).toMatchObject({ day: 3, rows: ROWS, labelled: ROWS });
    expect(first!.bins.every((count) => count === ROWS / 20)).toBe(true);
    expect(second).toMatchObject({ rows: ROWS, labelled: 0, positives: 0, loss: null, auc: null });
    expect(second!.bins.reduce((sum, one) => sum + one, 0)).toBe(ROWS);
  });
});

describe('the refit probe', () => {
  const rows = makeRows(range(0, 42).map((day) => ({ day })));
  const table = { ...rows, rows: rows.day.length };
  const days = { recent: range(28, 42), reference: range(0, 28), seed: 1 };
  it('teaches both learners as many rows and scores later days only', () => {
    const { split } = splitForRefit(table, days);
    expect(split!.recent).toHaveLength(7 * ROWS);
    expect(split!.earlier).toHaveLength(7 * ROWS);
    expect(new Set(split!.recent.map((row) => rows.day[row]!))).toEqual(new Set(range(28, 35)));
    expect(Math.max(...split!.earlier.map((row) => rows.day[row]!))).toBeLessThan(28);
    expect(new Set(split!.test.map((row) => rows.day[row]!))).toEqual(new Set(range(35, 42)));
    expect(splitForRefit(table, days)).toEqual({ split, why: null });
  });
  it('is not tried where too few days would be left to learn from', () => {
    expect(splitForRefit(table, { ...days, recent: range(33, 42) })).toMatchObject({
      split: null,
      why: expect.stringContaining('of the 9 days'),
    });
  });
  it('never takes a row whose label is not known', () => {
    const label = rows.label.map((one, row) => (row % 2 === 0 ? UNKNOWN_LABEL : one));
    const { split } = splitForRefit({ day: rows.day, label }, days);
    const all = [...split!.recent, ...split!.earlier, ...split!.test];
    expect(all.every((row) => label[row] !== UNKNOWN_LABEL)).toBe(true);
    const whole = { rows: label.length, features: [], sliceColumns: [], label, day: rows.day };
    expect(() => pickRows(whole, Uint32Array.of(0))).toThrow('without its label');
  });
  it('gains where the recent learner ranks better, whatever the days’ shares', () => {
    const reversed = makeRows(range(35, 42).map((day) => ({ day, effect: -1, intercept: day % 2 === 0 ? -2 : -0.5 })));
    const turned = reversed.score.map((score) => logistic(-1.4 - (Math.log(score / (1 - score)) + 1.4)));
    const facts = refitFacts(scored(reversed), scoreDays(reversed, turned, []), { trainRows: 1680 });
    expect(facts!.interval.lower).toBeGreaterThan(0);
    expect(facts).toMatchObject({ days: 7, trainRows: 1680, testRows: 7 * ROWS });
    const same = refitFacts(scored(reversed), scored(reversed), { trainRows: 1680 });
    expect(same).toMatchObject({ gain: 0, interval: { lower: 0, upper: 0 } });
  });
});
