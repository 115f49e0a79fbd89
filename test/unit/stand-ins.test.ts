// A value or a category that takes the place of missing ones in a part of the rows, against what is only new, or comes and goes.
import { describe, expect, it } from 'vitest';
import { checkStandIns } from '#dist/core/quality/stand-ins.js';
import type { ColumnInputs, NumericInputs } from '#dist/core/triage/input-measures.js';
import { categorical, dayAt, daysOf, drawCounts, numeric, windowOf } from './triage-inputs-fixtures.js';

const DAYS_BEFORE = 28;
const DAYS = 14;
const ROWS = 500;
/** A measurement: 400 values, none with more than 1 % of the rows. */
const MEASURES = Array.from({ length: 400 }, (_, at) => 20 + 11 * at);
const EVEN = MEASURES.map(() => 1);

/** Weights of a day's values, by day of the window. */
type Weights = (day: number) => readonly number[];
type Make = (counts: readonly (readonly number[])[]) => ColumnInputs;

const failed = (make: Make, weights: { readonly before: Weights; readonly now: Weights }) => {
  const draw = (of: Weights, days: number, seed: number) =>
    make(daysOf(days, (rng, day) => drawCounts(of(day), ROWS, rng), seed));
  const reference = windowOf(0, [draw(weights.before, DAYS_BEFORE, 1)]);
  const current = windowOf(DAYS_BEFORE, [draw(weights.now, DAYS, 2)]);
  return checkStandIns({ current, reference }, new Set()).filter(({ passed }) => !passed);
};

/** A measurement of which `value` replaces a share from a day on. */
const replacing = (value: number, share: number, options: { from?: number; before?: number } = {}) => {
  const values = [...new Set([...MEASURES, value])].sort((a, b) => a - b);
  const at = values.indexOf(value);
  const isOwn = MEASURES.includes(value);
  const weights = (part: number): number[] =>
    values.map((_, place) => (place === at ? part * 400 + (isOwn ? 1 - part : 0) : (1 - part) * EVEN[0]!));
  const now = (day: number) => weights(day >= (options.from ?? 0) ? share : (options.before ?? 0));
  return failed((counts) => numeric('distance', values, counts), { before: () => weights(options.before ?? 0), now });
};

describe('a stand-in value', () => {
  it.each([
    ['a sentinel', -999, 0.05],
    ['a sentinel in few rows', -1, 0.02],
    ['a number far from all others', 123_456, 0.03],
    ['zero where there was none', 0, 0.1],
    ['a mean that fills gaps', MEASURES[200]!, 0.3],
  ])('is told of %s, as an estimate of the feed with its shares', (_, value, share) => {
    const [check, ...rest] = replacing(value, share);
    expect(rest).toEqual([]);
    expect(check).toMatchObject({
      check: 'stand-in-value',
      column: 'distance',
      severity: 'error',
      fault: 'broken-feed',
      isExact: false,
      onset: `${dayAt(DAYS_BEFORE)}T00:00:00.000Z`,
    });
    expect(check!.value).toBeGreaterThan(share * 0.8);
    expect(check!.text).toContain(`The value ${value} has `);
  });

  it('is told with the day it began on', () => {
    expect(replacing(-999, 0.1, { from: 5 })[0]?.onset).toBe(`${dayAt(DAYS_BEFORE + 5)}T00:00:00.000Z`);
  });

  it('is not told below one row in a hundred, nor where earlier rows had it', () => {
    expect(replacing(-999, 0.005)).toEqual([]);
    expect(replacing(-999, 0.06, { before: 0.02 })).toEqual([]);
  });

  it('is not told of a value that is new within the range', () => {
    expect(replacing(25, 0.04)).toEqual([]);
  });

  it('is told of numbers that are counted in bins, by the values that many rows have', () => {
    const column = (days: number, share: number): NumericInputs => {
      const counts = Array.from({ length: days }, () => [ROWS * share, ROWS * (1 - share)]);
      const frequent = share === 0 ? { values: [], counts: counts.map(() => []) } : { values: [-999], counts };
      const numbers = { kind: 'bins', edges: [0], counts, labelled: [0, 0], sketch: [], frequent } as const;
      return { ...numeric('amount', [], counts), numbers };
    };
    // Facts of the fixture: between 0 and 1.
    const windows = (share: number) => {
      const reference = windowOf(0, [column(DAYS_BEFORE, 0)]);
      return { reference, current: windowOf(DAYS_BEFORE, [column(DAYS, share)]) };
    };
    expect(checkStandIns(windows(0.05), new Set()).map(({ check, passed }) => [check, passed])).toEqual([
      ['stand-in-value', false],
    ]);
    expect(checkStandIns(windows(0), new Set()).every(({ passed }) => passed)).toBe(true);
    expect(checkStandIns(windows(0.05), new Set(['amount'])).every(({ passed }) => passed)).toBe(true);
  });

  const few = (values: readonly number[], before: Weights, now: Weights) =>
    failed((counts) => numeric('few', values, counts), { before, now });

  it('is not told of a column whose zeros come and go', () => {
    const rain = (day: number) => (day % 7 === 3 ? [60, 20, 10, 10] : [0, 50, 30, 20]);
    expect(few([0, 1, 2, 3], rain, (day) => (day > 6 ? [60, 20, 10, 10] : rain(day)))).toEqual([]);
    expect(
      few(
        [0, 1, 2, 3],
        () => [5, 50, 30, 15],
        () => [30, 30, 25, 15],
      ),
    ).toEqual([]);
  });

  it('is not told of whole numbers that get one more, of a flag that is set, nor of a constant', () => {
    expect(
      few(
        [1, 2, 3, 4],
        () => [50, 30, 20, 0],
        () => [40, 30, 20, 10],
      ),
    ).toEqual([]);
    expect(
      few(
        [0, 1],
        () => [1, 0],
        () => [95, 5],
      ),
    ).toEqual([]);
    expect(
      few(
        [0, 1],
        () => [0, 1],
        () => [5, 95],
      ),
    ).toEqual([]);
    expect(
      few(
        [7],
        () => [1],
        () => [1],
      ),
    ).toEqual([]);
  });

  it('is not told of degrees that fall below zero, nor of a number that counts days', () => {
    const degrees = Array.from({ length: 25 }, (_, at) => at - 12);
    const around = (mid: number) => degrees.map((one) => Math.max(0, 6 - Math.abs(one - mid)));
    expect(
      few(
        degrees,
        () => around(7),
        (day) => around(5 - day),
      ),
    ).toEqual([]);
    const numbers = Array.from({ length: 60 }, (_, at) => at);
    const of = (day: number) => numbers.map((one) => (one === day ? 1 : 0));
    expect(few(numbers, of, (day) => of(DAYS_BEFORE + day))).toEqual([]);
  });
});

describe('a stand-in category', () => {
  const names = (name: string, share: number, before = 0) =>
    failed((counts) => categorical('origin', ['ORD', 'ATL', name], counts), {
      before: () => [60 * (1 - before), 40 * (1 - before), 100 * before],
      now: () => [60 * (1 - share), 40 * (1 - share), 100 * share],
    });

  it.each(['', '  ', '?', '-', 'N/A', '#N/A', 'na', 'NaN', 'NULL', '(none)', 'nil', 'UNK', 'Unknown', '<missing>'])(
    'is told of a new name “%s”',
    (name) => {
      expect(names(name, 0.05)).toMatchObject([
        { check: 'stand-in-category', column: 'origin', fault: 'broken-feed', isExact: false, severity: 'error' },
      ]);
    },
  );

  it.each(['undefined', 'other', 'Others', 'Not available'])('is told of a new name “%s”', (name) => {
    expect(names(name, 0.03)).toHaveLength(1);
  });

  it('is not told of a new airport, of few rows, nor where earlier rows had it', () => {
    expect(names('DEN', 0.2)).toEqual([]);
    expect(names('日本', 0.2)).toEqual([]);
    expect(names('NAN-1', 0.2)).toEqual([]);
    expect(names('UNK', 0.004)).toEqual([]);
    expect(names('UNK', 0.05, 0.02)).toEqual([]);
  });
});
