// The re-test of an alarm: when columns count as moved, as unchanged, and as neither.
import { describe, expect, it } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import { ascendingValues } from '#dist/core/stats/ascending-values.js';
import { countIntoBins } from '#dist/core/stats/bin-counts.js';
import { numericHistogram } from '#dist/core/stats/numeric-summary.js';
import {
  testCategories,
  testNumbers,
  testStoredCategories,
  testStoredNumbers,
} from '#dist/core/triage/column-tests.js';
import { type ColumnTest, DEFAULT_RETEST_RULE, retest } from '#dist/core/triage/retest.js';

const test = (column: string, given: Partial<ColumnTest>): ColumnTest => ({
  column,
  method: 'ks',
  pValue: 0.5,
  effect: 0.01,
  effectError: 0,
  detectable: 0.05,
  ...given,
});
const judge = (tests: readonly ColumnTest[]) => retest(tests, DEFAULT_RETEST_RULE);
const level = 0.01;

describe('the verdict over columns', () => {
  it('needs certainty after correction and an effect above the floor, both', () => {
    const { columns, hasMoved } = judge([
      test('certain and large', { pValue: 1e-9, effect: 0.2 }),
      test('certain and small', { pValue: 1e-9, effect: 0.019 }),
      test('large by chance', { pValue: 0.04, effect: 0.2 }),
      test('calm', {}),
    ]);
    expect(columns.map((one) => one.hasMoved)).toEqual([true, false, false, false]);
    expect(hasMoved).toBe(true);
    expect(columns[2]!.adjustedPValue).toBeCloseTo(0.16 / 3, 12);
  });
  it('is undecided, never unchanged, where a column was not tested or too few rows or wide bins would hide a change', () => {
    const { columns, hasMoved, undecided } = judge([
      test('null', { pValue: Number.NaN, effect: Number.NaN }),
      test('few', { detectable: 0.3 }),
      test('wide', { effectError: 0.2 }),
      test('calm', {}),
    ]);
    expect(hasMoved).toBe(false);
    expect(undecided).toEqual(['null', 'few', 'wide']);
    expect(columns.map((one) => one.isUnchanged)).toEqual([false, false, false, true]);
    expect(columns[0]!.adjustedPValue).toBeNaN();
  });
  it('corrects for the columns that were tested alone', () => {
    const untested = Array.from({ length: 30 }, (_, at) => test(`null ${at}`, { pValue: Number.NaN }));
    expect(judge([test('moved', { pValue: 0.03, effect: 0.1 }), ...untested]).hasMoved).toBe(true);
  });
  it('says nothing of no columns', () => {
    expect(judge([])).toEqual({ columns: [], hasMoved: false, undecided: [] });
  });
});

describe('tests of a column', () => {
  const rng = createRng(9);
  const draw = (rows: number, shift: number): Float64Array => Float64Array.from({ length: rows }, () => rng() + shift);
  const reference = draw(20_000, 0);

  it('of numbers agree between rows and a stored histogram', () => {
    const histogram = numericHistogram(ascendingValues(reference));
    for (const [shift, isMoved] of [
      [0, false],
      [0.05, true],
    ] as const) {
      const current = draw(5000, shift);
      const rows = testNumbers({
        column: 'x',
        reference: ascendingValues(reference),
        current: ascendingValues(current),
        level,
      });
      const edges = Float64Array.from(histogram.edges);
      const counted = countIntoBins(current, edges);
      const stored = testStoredNumbers({ column: 'x', reference: histogram, current: counted, level });
      expect(stored.effect).toBeLessThanOrEqual(rows.effect + 1e-12);
      expect(stored.effect + stored.effectError).toBeGreaterThanOrEqual(rows.effect - 1e-12);
      expect(stored.effectError).toBeLessThan(0.01);
      expect(judge([rows]).hasMoved).toBe(isMoved);
      expect(judge([stored]).hasMoved).toBe(isMoved);
      expect(judge([stored]).undecided).toEqual([]);
    }
  });

  it('of categories agree between rows and stored counts', () => {
    const before = new Map(Object.entries({ a: 3000, b: 2000, c: 1000 }));
    const after = new Map(Object.entries({ a: 2000, b: 3000, c: 1000 }));
    const stored = { count: 6000, distinct: 3, top: [...before] };
    const rows = testCategories({ column: 'x', reference: before, current: after, level });
    expect(testStoredCategories({ column: 'x', reference: stored, current: after, level })).toEqual(rows);
    expect(judge([rows]).hasMoved).toBe(true);
    expect(judge([testCategories({ column: 'x', reference: before, current: before, level })]).undecided).toEqual([]);
  });

  it('one category in both windows is unchanged; several too rare to compare are not tested', () => {
    const only = new Map([['a', 50]]);
    const stored = { count: 50, distinct: 1, top: [['a', 50] as const] };
    expect(testCategories({ column: 'x', reference: only, current: only, level }).pValue).toBe(1);
    expect(testStoredCategories({ column: 'x', reference: stored, current: only, level }).pValue).toBe(1);
    const rare = new Map(Object.entries({ a: 1, b: 1, c: 1 }));
    expect(testCategories({ column: 'x', reference: rare, current: rare, level }).pValue).toBeNaN();
    expect(testCategories({ column: 'x', reference: only, current: new Map(), level }).pValue).toBeNaN();
  });

  it('of a column that became all null are not tested', () => {
    const empty = testNumbers({
      column: 'x',
      reference: ascendingValues(reference),
      current: new Float64Array(),
      level,
    });
    expect(empty.pValue).toBeNaN();
    expect(judge([empty]).undecided).toEqual(['x']);
  });
});
