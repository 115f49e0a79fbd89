import { describe, expect, it } from 'vitest';
import { ascendingOrder } from '#dist/core/stats/ascending-order.js';
import { auc } from '#dist/core/stats/auc.js';
import { averagePrecision } from '#dist/core/stats/average-precision.js';
import { rowBrier } from '#dist/core/stats/brier.js';
import { calibrationError } from '#dist/core/stats/calibration-error.js';
import { delongInterval } from '#dist/core/stats/delong.js';
import { incompleteBeta } from '#dist/core/stats/incomplete-beta.js';
import { jackknife, jackknifeInterval } from '#dist/core/stats/jackknife.js';
import { rowLogLoss } from '#dist/core/stats/log-loss.js';
import { mcNemar } from '#dist/core/stats/mcnemar.js';
import { meanLoss } from '#dist/core/stats/mean-loss.js';
import { normalQuantile } from '#dist/core/stats/normal-quantile.js';
import { pairedRowInterval } from '#dist/core/stats/paired-row-interval.js';
import { blocksOfDays, partitionSample, rankSample } from '#dist/core/stats/ranked-sample.js';
import { studentTCdf, studentTQuantile } from '#dist/core/stats/student-t.js';
import { withinDayAuc } from '#dist/core/stats/within-day-auc.js';

const ranked = (scores: number[], labels: number[], days: number[] = scores.map(() => 0)) =>
  rankSample(Float32Array.from(scores), Uint8Array.from(labels), blocksOfDays(Int32Array.from(days)));
const textbook = ranked([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]);

describe('the examples of the docblocks', () => {
  it('AUC, average precision, log loss, Brier and calibration error', () => {
    expect(auc(textbook).value).toBe(0.75);
    expect(averagePrecision(textbook).value).toBeCloseTo(5 / 6, 12);
    expect(rowLogLoss(0.8, 1)).toBeCloseTo(0.22314355, 8);
    expect(rowBrier(0.8, 1)).toBeCloseTo(0.04, 12);
    expect(calibrationError(ranked(Array(10).fill(0.3), [1, 1, 1, 0, 0, 0, 0, 0, 0, 0])).value).toBeCloseTo(0, 7);
  });
  it('the within-day mean weighs a small day like a large one', () => {
    const rows = 1000;
    const large = Array.from({ length: rows }, (_, at) => at % 2);
    const small = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
    const sample = ranked(
      [...large.map(() => 0.5), ...small],
      [...large, ...small],
      [...large.map(() => 1), ...small.map(() => 2)],
    );
    expect(withinDayAuc(sample).value).toBe(0.75);
  });
  it("the jackknife's error of a mean is the textbook one", () => {
    const without = Float64Array.from([2.5, 2, 1.5]);
    expect(jackknife({ value: 2, without })?.standardError).toBeCloseTo(1 / Math.sqrt(3), 12);
    const interval = jackknifeInterval({ value: 0, standardError: 1, degreesOfFreedom: 27 }, 0.975);
    expect(interval.upper).toBeCloseTo(2.3734, 4);
  });
  it('quantiles, tails and tests', () => {
    expect(studentTCdf(2, 13)).toBeCloseTo(0.9666, 4);
    expect(studentTQuantile(0.975, 13)).toBeCloseTo(2.16037, 5);
    expect(normalQuantile(0.975)).toBeCloseTo(1.95996, 5);
    expect(incompleteBeta({ a: 2, b: 3, x: 0.5, rest: 0.5 })).toBeCloseTo(0.6875, 12);
    expect(mcNemar(8, 20).exactPValue).toBeCloseTo(0.0356981, 7);
    expect(mcNemar(0, 0)).toEqual({ exactPValue: 1, correctedPValue: 1 });
    expect(delongInterval(textbook, textbook, 0.95)).toEqual({ lower: 0, upper: 0, confidence: 0.95 });
  });
});

describe('where a statistic is not defined', () => {
  it('rank metrics give NaN for one class, losses do not', () => {
    const oneClass = ranked([0.2, 0.6, 0.4], [0, 0, 0], [1, 2, 2]);
    expect([auc(oneClass).value, averagePrecision(oneClass).value, withinDayAuc(oneClass).value]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
    expect(meanLoss(oneClass, rowBrier).value).toBeCloseTo((0.04 + 0.36 + 0.16) / 3, 6);
  });
  it('no rows give NaN, one day no jackknife', () => {
    const empty = ranked([], []);
    for (const measure of [auc, averagePrecision, withinDayAuc, calibrationError]) {
      expect(measure(empty).value).toBeNaN();
    }
    expect(jackknife(auc(textbook))).toBeNull();
  });
  it('a day whose absence leaves one class gives no jackknife', () => {
    const sample = ranked([0.2, 0.6, 0.4], [0, 1, 0], [1, 2, 3]);
    expect(auc(sample).value).toBe(1);
    expect(auc(sample).without[1]).toBeNaN();
    expect(jackknife(auc(sample))).toBeNull();
  });
  it('row intervals need two rows, of each class for AUC', () => {
    const label = Uint8Array.from([1]);
    const scores = Float32Array.from([0.4]);
    expect(pairedRowInterval({ first: scores, second: scores, label, loss: rowBrier, confidence: 0.95 })).toBeNull();
    const sample = ranked([0.1, 0.2, 0.3], [0, 0, 1]);
    expect(delongInterval(sample, sample, 0.95)).toBeNull();
  });
  it('a quantile outside (0, 1) is a bug of the caller', () => {
    expect(() => studentTQuantile(1, 5)).toThrow('No t quantile');
    expect(() => studentTQuantile(0.9, 0)).toThrow('No t quantile');
    expect(normalQuantile(1.5)).toBeNaN();
    expect(normalQuantile(1)).toBe(Infinity);
  });
});

describe('ranking', () => {
  it('orders negative numbers, zeros and large values, equal ones by row', () => {
    expect([...ascendingOrder(Float32Array.from([3, -1, 0, -2.5, 1e30, 0, -1]))]).toEqual([3, 1, 6, 2, 5, 0, 4]);
    expect([...ascendingOrder(new Float32Array(0))]).toEqual([]);
  });
  it('numbers days that occur in their order', () => {
    expect(blocksOfDays(Int32Array.from([5, -3, 5, 100]))).toEqual({ block: Int32Array.from([1, 0, 1, 2]), blocks: 3 });
  });
  it('splits into groups that stay ranked, with blocks renumbered within each', () => {
    const sample = ranked([0.9, 0.1, 0.5, 0.3], [1, 0, 1, 0], [1, 2, 3, 3]);
    const [first, second] = partitionSample(sample, Int32Array.from([0, -1, 0, 1]), 2);
    expect(first).toMatchObject({ rows: 2, blocks: 2 });
    expect([...first!.row]).toEqual([2, 0]);
    expect([...first!.block]).toEqual([1, 0]);
    expect([...second!.block]).toEqual([0]);
  });
});
