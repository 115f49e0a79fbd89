// Statistics on labels against their definitions in numpy: the values come from make_golden_labels.py beside this.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kaplanMeier, kaplanMeierOfCounts } from '#dist/core/stats/kaplan-meier.js';
import { labelNoise } from '#dist/core/stats/label-noise.js';
import { levelResiduals } from '#dist/core/stats/level-residuals.js';
import { differenceInterval, differenceOf, shareByDays } from '#dist/core/stats/share-by-days.js';
import { stepFit } from '#dist/core/stats/step-fit.js';
import { studentTCdf } from '#dist/core/stats/student-t.js';

interface Share {
  share: number;
  standardError: number;
  degrees: number;
}
interface Golden {
  shares: {
    rows: number[];
    hits: number[];
    afterRows: number[];
    afterHits: number[];
    before: Share;
    after: Share;
    standardError: number;
    degrees: number;
  }[];
  steps: { values: number[]; at: number; stepResidual: number; lineResidual: number }[];
  residuals: {
    part: number[];
    level: number[];
    afterPart: number[];
    afterLevel: number[];
    shift: number;
    standardError: number;
    t: number;
    degrees: number;
  }[];
  noises: {
    score: number[];
    label: number[];
    day: number[];
    share: number;
    confident: number[][];
    without: number[];
  }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('labels.json', import.meta.url), 'utf8'));

describe('a share of rows with days as units', () => {
  it.each(golden.shares)('has the standard error of its days deleted one by one ($before.degrees degrees)', (one) => {
    const before = shareByDays(one.rows, one.hits);
    const after = shareByDays(one.afterRows, one.afterHits);
    if (before === null || after === null) throw new Error('There are days enough.');
    for (const [found, expected] of [
      [before, one.before],
      [after, one.after],
    ] as const) {
      expect(found.value).toBeCloseTo(expected.share, 12);
      expect(found.standardError).toBeCloseTo(expected.standardError, 10);
      expect(found.degreesOfFreedom).toBe(expected.degrees);
    }
    const difference = differenceOf(before, after);
    expect(difference.standardError).toBeCloseTo(one.standardError, 10);
    expect(difference.degreesOfFreedom).toBeCloseTo(one.degrees, 6);
    const { lower, upper } = differenceInterval(difference, 0.95);
    expect((lower + upper) / 2).toBeCloseTo(difference.value, 12);
    expect(difference.pValue < 0.05).toBe(lower > 0 || upper < 0);
  });

  it('gives the examples, and nothing for one day', () => {
    expect(shareByDays([100, 100], [10, 30])).toMatchObject({ value: 0.2, degreesOfFreedom: 1 });
    expect(shareByDays([100, 100], [10, 30])?.standardError).toBeCloseTo(0.1, 12);
    expect(shareByDays([100, 0], [10, 0])).toBeNull();
    const of = (value: number) => ({ value, standardError: 0.1, degreesOfFreedom: 1 });
    expect(differenceOf(of(0.2), of(0.5)).pValue).toBeCloseTo(0.1679, 4);
    const sure = { value: 0.2, standardError: 0, degreesOfFreedom: 3 };
    expect(differenceOf(sure, sure).pValue).toBe(1);
    expect(differenceOf(sure, { ...sure, value: 0.3 })).toMatchObject({ pValue: 0, standardError: 0 });
  });
});

describe('the place of a jump', () => {
  it.each(golden.steps)('is the best of all places ($at)', ({ values, at, stepResidual, lineResidual }) => {
    const fit = stepFit(values, { first: 1, last: values.length - 1 });
    expect(fit?.at).toBe(at);
    expect(fit?.stepResidual).toBeCloseTo(stepResidual, 9);
    expect(fit?.lineResidual).toBeCloseTo(lineResidual, 9);
  });

  it('is looked for only where it may stand', () => {
    expect(stepFit([0, 0, 1, 1], { first: 1, last: 3 })).toMatchObject({ at: 2, stepResidual: 0, before: 0, after: 1 });
    expect(stepFit([0, 0, 1, 1], { first: 1, last: 3 })?.lineResidual).toBeCloseTo(0.2, 12);
    expect(stepFit([0, 0, 1, 1], { first: 3, last: 3 })?.at).toBe(3);
    expect(stepFit([0, 0], { first: 2, last: 2 })).toBeNull();
  });
});

describe('what a part of the rows does beyond its day', () => {
  it.each(golden.residuals)('is what least squares leave over (shift $shift)', (one) => {
    const found = levelResiduals({ part: one.part, level: one.level }, { part: one.afterPart, level: one.afterLevel });
    expect(found?.shift).toBeCloseTo(one.shift, 9);
    expect(found?.standardError).toBeCloseTo(one.standardError, 9);
    expect(found?.pValue).toBeCloseTo(2 * studentTCdf(-one.t, one.degrees), 9);
  });

  it('follows its day one to one where days hardly vary, and needs days on both sides', () => {
    const level = [-1, -1, -1, -1];
    const found = levelResiduals({ part: [-1, -1, -1, -1], level }, { part: [-3, -3], level: [-3, -3] });
    expect(found?.shift).toBeCloseTo(0, 12);
    expect(levelResiduals({ part: [1, 1], level: [1, 1] }, { part: [1, 1], level: [1, 1] })).toBeNull();
  });
});

describe('labels that look wrong', () => {
  it.each(golden.noises)('are counted as confident learning defines them ($share)', (one) => {
    const found = labelNoise(one);
    expect(found?.share).toBeCloseTo(one.share, 12);
    expect(found?.confident).toEqual(one.confident);
    expect([...(found?.without ?? [])]).toEqual(one.without.map((value) => expect.closeTo(value, 12)));
  });

  it('are one of five in the example, and unknown without both labels', () => {
    const rows = { score: [0.1, 0.2, 0.9, 0.8, 0.9], label: [0, 0, 0, 1, 1], day: [1, 1, 1, 1, 1] };
    expect(labelNoise(rows)?.share).toBeCloseTo(0.2, 12);
    expect(labelNoise({ ...rows, label: [0, 0, 0, 0, 0] })).toBeNull();
  });
});

it('Kaplan and Meier from counts is the same curve as from every row', () => {
  const events = Float64Array.from([1, 2, 2, 4, 4, 4, 9]);
  const censored = Float64Array.from([2, 3, 5, 9]);
  const time = [1, 2, 3, 4, 5, 9];
  const count = (values: Float64Array): number[] => time.map((one) => values.filter((value) => value === one).length);
  expect(kaplanMeierOfCounts({ time, events: count(events), censored: count(censored) })).toEqual(
    kaplanMeier({ events, censored }),
  );
});
