// The examples of the drift statistics' docblocks, and what they answer where there is nothing to measure.
import { describe, expect, it } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import { countLevels } from '#dist/core/stats/align-counts.js';
import { ascendingValues } from '#dist/core/stats/ascending-values.js';
import { countIntoBins } from '#dist/core/stats/bin-counts.js';
import { chiSquareContingency } from '#dist/core/stats/chi-square-contingency.js';
import { classifierTwoSample } from '#dist/core/stats/classifier-two-sample.js';
import { dayShift } from '#dist/core/stats/day-shift.js';
import { detectableJensenShannon, detectableKs } from '#dist/core/stats/detectable-effect.js';
import { histogramDrift } from '#dist/core/stats/histogram-drift.js';
import { chiSquareUpperTail, upperIncompleteGamma } from '#dist/core/stats/incomplete-gamma.js';
import { correctedJensenShannon, jensenShannon } from '#dist/core/stats/jensen-shannon.js';
import { kaplanMeier, survivalAt, timeToShare } from '#dist/core/stats/kaplan-meier.js';
import { kolmogorovTail } from '#dist/core/stats/kolmogorov-tail.js';
import { ksExactPValue } from '#dist/core/stats/ks-exact.js';
import { ksStatistic } from '#dist/core/stats/ks-statistic.js';
import { ksTwoSample } from '#dist/core/stats/ks-two-sample.js';
import { lInfinity } from '#dist/core/stats/l-infinity.js';
import { numericHistogram } from '#dist/core/stats/numeric-summary.js';
import { permutationTest } from '#dist/core/stats/permutation-test.js';
import { poolRareCategories } from '#dist/core/stats/pool-rare-categories.js';
import { populationStabilityIndex } from '#dist/core/stats/population-stability-index.js';
import { topCategoriesDrift } from '#dist/core/stats/top-categories-drift.js';
import { normedWasserstein, wasserstein } from '#dist/core/stats/wasserstein.js';

const first = Float64Array.from([0.1, 0.4, 0.7, 1.3, 2.2, 2.9]);
const second = Float64Array.from([0.3, 1.1, 1.9, 2.4, 3, 3.3, 4.1]);
const none = new Float64Array();

describe('the examples of the docblocks', () => {
  it('KS, its p-values and Wasserstein', () => {
    const test = ksTwoSample(first, second);
    expect(test).toMatchObject({ gap: 18, at: 2.9, isSecondLower: false, hasTies: false, method: 'exact' });
    expect(test.statistic).toBeCloseTo(0.428571428571, 12);
    expect(test.pValue).toBeCloseTo(0.4335664335664336, 12);
    expect(kolmogorovTail(1.358)).toBeCloseTo(0.05005, 4);
    expect(wasserstein(first, second)).toBeCloseTo(1.0333333333333334, 12);
    expect(normedWasserstein(first, second)).toBeCloseTo(1.03563, 4);
  });
  it('chi-square, pooling and its tails', () => {
    const test = chiSquareContingency([
      [20, 30, 50],
      [30, 30, 40],
    ]);
    expect(test.statistic).toBeCloseTo(3.1111111111111107, 12);
    expect(test.pValue).toBeCloseTo(0.21107208779109024, 12);
    const corrected = chiSquareContingency([
      [20, 30],
      [30, 20],
    ]);
    expect(corrected.statistic).toBeCloseTo(3.24, 12);
    expect(corrected.pValue).toBeCloseTo(0.07186063822585, 12);
    const pooled = poolRareCategories([50, 45, 2, 1], [52, 44, 1, 3]);
    expect([...pooled.first, ...pooled.second]).toEqual([50, 48, 52, 48]);
    expect(pooled.pooled).toEqual([1, 2, 3]);
    expect(upperIncompleteGamma(1, 2)).toBeCloseTo(Math.exp(-2), 12);
    expect(chiSquareUpperTail(3.841459, 1)).toBeCloseTo(0.05, 6);
  });
  it('distances of categories', () => {
    expect(jensenShannon([2, 3, 5], [3, 3, 4], Math.E).distance).toBeCloseTo(0.08841606285541162, 12);
    expect(jensenShannon([2, 3, 5], [3, 3, 4], 2).distance).toBeCloseTo(0.10619851439230617, 12);
    const corrected = correctedJensenShannon([20, 30, 50], [30, 30, 40], Math.E);
    expect(corrected.bias).toBeCloseTo(0.0050544, 6);
    expect(corrected.distance).toBeCloseTo(0.052564, 5);
    expect(populationStabilityIndex([20, 30, 50], [30, 30, 40])).toBeCloseTo(0.06286, 4);
    expect(lInfinity([20, 30, 50], [30, 30, 40])).toEqual({ distance: expect.closeTo(0.1, 12), at: 0 });
  });
  it('waiting times, deals and the classifier', () => {
    const curve = kaplanMeier({ events: Float64Array.from([1, 2, 2, 4]), censored: Float64Array.from([3, 5]) });
    expect([...curve.time]).toEqual([1, 2, 4]);
    expect([...curve.survival]).toEqual([expect.closeTo(5 / 6, 12), expect.closeTo(0.5, 12), expect.closeTo(0.25, 12)]);
    expect([0, 1.5, 9].map((at) => survivalAt(curve, at))).toEqual([1, curve.survival[0], curve.survival[2]]);
    expect([timeToShare(curve, 0.5), timeToShare(curve, 0.9)]).toEqual([2, null]);
    const values = [1, 2, 5, 6];
    const statistic = (isFirst: Uint8Array): number =>
      Math.abs(values.reduce((sum, value, at) => sum + (isFirst[at] === 1 ? value : -value), 0)) / 2;
    const deals = { units: 4, inFirst: 2, statistic, permutations: 5000 };
    const test = permutationTest({ ...deals, rng: createRng(5) });
    expect(test.observed).toBe(4);
    expect(test.pValue).toBeCloseTo(1 / 3, 1);
    expect(permutationTest({ ...deals, rng: createRng(5) })).toEqual(test);
    const scores = Float32Array.from([0.1, 0.4, 0.35, 0.8]);
    const classifier = classifierTwoSample(scores, Uint8Array.from([0, 0, 1, 1]));
    expect(classifier.auc).toBe(0.75);
    expect(classifier.pValue).toBeCloseTo(0.21929, 5);
  });
  it('drift against what a profile holds', () => {
    const stored = { edges: [1, 2, 3], counts: [1, 1, 2, 0], atEdge: [1, 1, 2] };
    const current = countIntoBins(Float64Array.from([1, 2, 1, 2]), Float64Array.from(stored.edges));
    expect(histogramDrift(stored, current)).toMatchObject({ statistic: 0.5, at: 2, binError: 0 });
    const counts = new Map(Object.entries({ a: 30, b: 60, c: 10 }));
    const top = [
      ['a', 50],
      ['b', 50],
    ] as const;
    const drift = topCategoriesDrift({ count: 100, distinct: 2, top }, counts);
    expect(drift.pValue).toBeLessThan(0.001);
    expect(drift.distance).toBeCloseTo(0.2107, 4);
    expect(drift).toMatchObject({ appeared: [['c', 10]], vanished: [], binError: 0 });
    expect(drift.largestChange.category).toBe('a');
  });
  it('days and what can be detected', () => {
    const [one, other] = [Float64Array.from([9, 1]), Float64Array.from([1, 9])];
    const options = { reference: [one, one, one], current: [other, other, other], permutations: 4000 };
    const test = dayShift({ ...options, statistic: 'ks', rng: createRng(6) });
    expect(test.observed).toBeCloseTo(0.8, 12);
    expect(test.pValue).toBeCloseTo(0.1, 1);
    const divergence = dayShift({ ...options, statistic: 'jensen-shannon', rng: createRng(6) });
    expect(divergence.pValue).toBe(test.pValue);
    expect(detectableKs({ n: 5000, m: 5000, alpha: 0.01 })).toBeCloseTo(0.049, 4);
    expect(detectableJensenShannon({ n: 5000, m: 5000, alpha: 0.01, degrees: 150 })).toBeCloseTo(0.06511, 4);
  });
});

describe('where there is nothing to measure', () => {
  it('samples without rows give NaN, never a pass', () => {
    expect(ksTwoSample(none, second).pValue).toBeNaN();
    expect(ksStatistic(first, none).statistic).toBeNaN();
    expect(ksExactPValue({ n: 3, m: 4, gap: Number.NaN, tieEnds: null })).toBeNaN();
    expect(kolmogorovTail(Number.NaN)).toBeNaN();
    expect(wasserstein(none, second)).toBeNaN();
    expect(normedWasserstein(none, second)).toBeNaN();
    expect(jensenShannon([0, 0], [1, 2], 2).distance).toBeNaN();
    expect(correctedJensenShannon([1, 0], [0, 0], 2).distance).toBeNaN();
    expect(populationStabilityIndex([1], [0])).toBeNaN();
    expect(lInfinity([], [])).toEqual({ distance: Number.NaN, at: null });
    expect(
      chiSquareContingency([
        [0, 0],
        [1, 2],
      ]).pValue,
    ).toBeNaN();
    expect(classifierTwoSample(Float32Array.from([1, 2]), Uint8Array.from([1, 1])).auc).toBeNaN();
    expect(upperIncompleteGamma(-1, 2)).toBeNaN();
    expect(detectableKs({ n: 0, m: 5, alpha: 0.05 })).toBe(Infinity);
    expect(detectableJensenShannon({ n: 5, m: 5, alpha: 0.05, degrees: 0 })).toBe(Infinity);
    const permuted = { units: 2, inFirst: 1, statistic: () => Number.NaN, permutations: 9, rng: createRng(1) };
    expect(permutationTest(permuted).pValue).toBeNaN();
    const empty = numericHistogram(none);
    expect(empty).toEqual({ edges: [], counts: [0], atEdge: [] });
    expect(histogramDrift(empty, countIntoBins(first, none)).pValue).toBeNaN();
    expect(kaplanMeier({ events: none, censored: first }).time).toHaveLength(0);
  });
  it('one category, or none that is frequent enough, says that nothing was compared', () => {
    expect(chiSquareContingency([[5], [9]])).toMatchObject({ pValue: 1, degreesOfFreedom: 0 });
    const { first: own, second: theirs } = poolRareCategories([1, 1, 1], [1, 1, 1]);
    expect(chiSquareContingency([own, theirs])).toMatchObject({ pValue: 1, degreesOfFreedom: 0 });
  });
  it('equal scores tell nothing apart, equal samples are not apart', () => {
    expect(classifierTwoSample(new Float32Array(4), Uint8Array.from([0, 1, 0, 1]))).toEqual({ auc: 0.5, pValue: 1 });
    expect(ksTwoSample(first, first)).toMatchObject({ statistic: 0, pValue: 1, at: null });
  });
  it('nulls are counted beside, not among, the values', () => {
    expect([...ascendingValues(Float64Array.from([2, Number.NaN, -1]))]).toEqual([-1, 2]);
    expect(countIntoBins(Float64Array.from([Number.NaN, 3]), Float64Array.from([2]))).toMatchObject({
      rows: 1,
      nulls: 1,
    });
    const counted = countLevels({ codes: Int32Array.from([0, -1, 0]), levels: ['x', 'y'] });
    expect([...counted]).toEqual([['x', 2]]);
  });
});

describe('a profile that does not hold every category', () => {
  const stored = { count: 1000, distinct: 150, top: [['a', 600] as const, ['b', 300] as const] };
  it('compares all others as one, and says how much may hide there', () => {
    const same = topCategoriesDrift(stored, new Map(Object.entries({ a: 61, b: 29, x: 6, y: 4 })));
    expect(same.pValue).toBeGreaterThan(0.5);
    expect(same.binError).toBeCloseTo(0.1, 12);
    expect(same.appeared).toBeNull();
    const grown = topCategoriesDrift(stored, new Map(Object.entries({ a: 40, b: 20, x: 40 })));
    expect(grown.pValue).toBeLessThan(1e-6);
    expect(grown.largestChange).toMatchObject({ category: null });
    expect(grown.binError).toBeCloseTo(0.4, 12);
  });
});
