// Drift statistics against scipy, statsmodels and every case counted: the values come from make_golden_drift.py beside this.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import { ascendingValues } from '#dist/core/stats/ascending-values.js';
import { countIntoBins } from '#dist/core/stats/bin-counts.js';
import { chiSquareContingency } from '#dist/core/stats/chi-square-contingency.js';
import { classifierTwoSample } from '#dist/core/stats/classifier-two-sample.js';
import { histogramDrift } from '#dist/core/stats/histogram-drift.js';
import { chiSquareUpperTail, upperIncompleteGamma } from '#dist/core/stats/incomplete-gamma.js';
import { correctedJensenShannon, jensenShannon } from '#dist/core/stats/jensen-shannon.js';
import { kaplanMeier } from '#dist/core/stats/kaplan-meier.js';
import { kolmogorovTail } from '#dist/core/stats/kolmogorov-tail.js';
import { ksTwoSample } from '#dist/core/stats/ks-two-sample.js';
import { lInfinity } from '#dist/core/stats/l-infinity.js';
import { numericHistogram } from '#dist/core/stats/numeric-summary.js';
import { permutationTest } from '#dist/core/stats/permutation-test.js';
import { populationStabilityIndex } from '#dist/core/stats/population-stability-index.js';
import { normedWasserstein, wasserstein } from '#dist/core/stats/wasserstein.js';

interface Pair {
  first: number[];
  second: number[];
}

interface Golden {
  numeric: (Pair & {
    name: string;
    statistic: number;
    exact: number | null;
    asymptotic: number;
    wasserstein: number;
    normed: number;
  })[];
  tied: (Pair & { statistic: number; pValue: number })[];
  counts: (Pair & {
    chiSquare: number;
    degrees: number;
    pValue: number;
    smallestExpected: number;
    distance: number;
    distanceBase2: number;
    bias: number;
    psi: number;
    lInfinity: number;
  })[];
  threeRows: { rows: number[][]; statistic: number; pValue: number };
  survival: {
    name: string;
    events: number[];
    censored: number[];
    time: number[];
    survival: number[];
    standardError: (number | null)[];
    atRisk: number[];
    n: number[];
  }[];
  classifier: { score: number[]; isSecond: number[]; auc: number; pValue: number }[];
  permutations: { values: number[]; inFirst: number; observed: number; pValue: number; nullMean: number }[];
  profiles: (Pair & { name: string; statistic: number })[];
  kolmogorov: { lambda: number; value: number }[];
  upperGamma: { a: number; x: number; value: number }[];
  chiSquareTail: { x: number; degrees: number; value: number }[];
}

const golden = JSON.parse(readFileSync(new URL('drift.json', import.meta.url), 'utf8')) as Golden;
const ascending = (values: number[]): Float64Array => ascendingValues(Float64Array.from(values));

function expectRelative(actual: number, expected: number, tolerance = 1e-10): void {
  if (Math.abs(expected) < 1e-290) expect(Math.abs(actual)).toBeLessThan(1e-280);
  else expect(Math.abs(actual / expected - 1)).toBeLessThanOrEqual(tolerance);
}

describe.each(golden.numeric)('on the samples "$name"', (one) => {
  const [first, second] = [ascending(one.first), ascending(one.second)];

  it('the KS distance and both p-values equal scipy', () => {
    const test = ksTwoSample(first, second, { method: 'exact' });
    expectRelative(test.statistic, one.statistic, 1e-14);
    expect(test.hasTies).toBe(one.exact === null);
    if (one.exact !== null) expectRelative(test.pValue, one.exact, 1e-9);
    expectRelative(ksTwoSample(first, second, { method: 'asymptotic' }).pValue, one.asymptotic);
  });

  it('the Wasserstein distance equals scipy, and the normed one numpy', () => {
    expectRelative(wasserstein(first, second), one.wasserstein, 1e-12);
    expectRelative(normedWasserstein(first, second), one.normed, 1e-12);
  });
});

it.each(golden.tied)('the exact KS p-value of tied samples equals every deal counted ($pValue)', (one) => {
  const test = ksTwoSample(ascending(one.first), ascending(one.second));
  expectRelative(test.statistic, one.statistic, 1e-14);
  expectRelative(test.pValue, one.pValue, 1e-12);
});

describe.each(golden.counts)('on the counts $first against $second', (one) => {
  it('chi-square equals scipy', () => {
    const test = chiSquareContingency([one.first, one.second]);
    expectRelative(test.statistic, one.chiSquare, 1e-12);
    expect(test.degreesOfFreedom).toBe(one.degrees);
    expectRelative(test.pValue, one.pValue, 1e-9);
    expectRelative(test.smallestExpected, one.smallestExpected, 1e-12);
  });

  it('Jensen–Shannon equals scipy in both bases, and its bias the mean over all deals', () => {
    expect(jensenShannon(one.first, one.second, Math.E).distance).toBeCloseTo(one.distance, 12);
    expect(jensenShannon(one.first, one.second, 2).distance).toBeCloseTo(one.distanceBase2, 12);
    const corrected = correctedJensenShannon(one.first, one.second, Math.E);
    expectRelative(corrected.bias, one.bias, 1e-9);
    expect(corrected.divergence).toBeCloseTo(one.distance ** 2 - one.bias, 12);
  });

  it('PSI equals numpy and L-infinity scipy', () => {
    expectRelative(populationStabilityIndex(one.first, one.second), one.psi, 1e-12);
    expectRelative(lInfinity(one.first, one.second).distance, one.lInfinity, 1e-12);
  });
});

it('chi-square of three samples equals scipy', () => {
  const { rows, statistic, pValue } = golden.threeRows;
  const test = chiSquareContingency(rows);
  expectRelative(test.statistic, statistic, 1e-12);
  expectRelative(test.pValue, pValue, 1e-10);
});

it.each(golden.survival)('the waiting times "$name" give the curve of statsmodels', (one) => {
  const { events, censored } = one;
  const curve = kaplanMeier({ events: Float64Array.from(events), censored: Float64Array.from(censored) });
  expect([...curve.time]).toEqual(one.time);
  expect([...curve.atRisk]).toEqual(one.atRisk);
  expect([...curve.events]).toEqual(one.n);
  for (const [at, survival] of one.survival.entries()) {
    expect(curve.survival[at]).toBeCloseTo(survival, 12);
    const error = one.standardError[at]!;
    if (error === null) expect(curve.standardError[at]).toBeNaN();
    else expect(curve.standardError[at]).toBeCloseTo(error, 12);
  }
});

it.each(golden.classifier)("the classifier test equals scikit-learn's AUC $auc and scipy's p-value", (one) => {
  const test = classifierTwoSample(Float32Array.from(one.score), Uint8Array.from(one.isSecond));
  expectRelative(test.auc, one.auc, 1e-12);
  expectRelative(test.pValue, one.pValue, 1e-9);
});

it.each(golden.permutations)('the permutation p-value comes to that of every deal counted ($pValue)', (one) => {
  const values = Float64Array.from(one.values);
  const statistic = (isFirst: Uint8Array): number => {
    let [own, all] = [0, 0];
    for (const [at, value] of values.entries()) {
      all += value;
      if (isFirst[at] === 1) own += value;
    }
    return Math.abs(own / one.inFirst - (all - own) / (values.length - one.inFirst));
  };
  const rng = createRng(7);
  const test = permutationTest({
    units: values.length,
    inFirst: one.inFirst,
    statistic,
    permutations: 40_000,
    rng,
  });
  expectRelative(test.observed, one.observed, 1e-12);
  // Four standard errors of a share among 40,000.
  expect(Math.abs(test.pValue - one.pValue)).toBeLessThan(0.01);
  expect(Math.abs(test.nullMean / one.nullMean - 1)).toBeLessThan(0.02);
});

describe.each(golden.profiles)('against the profile of "$name"', (one) => {
  it.each([
    [256, true],
    [20, true],
    [20, false],
  ])('with %i steps (edges counted: %s) the distance of the rows lies within the bin error', (steps, isCounted) => {
    const histogram = numericHistogram(ascending(one.first), { steps });
    const reference = isCounted ? histogram : { ...histogram, atEdge: null };
    const edges = Float64Array.from(histogram.edges);
    const drift = histogramDrift(reference, countIntoBins(Float64Array.from(one.second), edges));
    expect(drift.statistic).toBeLessThanOrEqual(one.statistic + 1e-12);
    expect(drift.statistic + drift.binError).toBeGreaterThanOrEqual(one.statistic - 1e-12);
    if (one.name === 'hours' && isCounted && steps === 256) {
      expect(drift.statistic).toBeCloseTo(one.statistic, 12);
      expect(drift.binError).toBe(0);
    }
  });
});

describe('tails', () => {
  it('of the Kolmogorov distribution equal scipy', () => {
    for (const { lambda, value } of golden.kolmogorov) expectRelative(kolmogorovTail(lambda), value, 1e-12);
  });
  it('of the gamma and chi-square distributions equal scipy', () => {
    for (const { a, x, value } of golden.upperGamma) expectRelative(upperIncompleteGamma(a, x), value, 1e-9);
    for (const { x, degrees, value } of golden.chiSquareTail)
      expectRelative(chiSquareUpperTail(x, degrees), value, 1e-9);
  });
});
