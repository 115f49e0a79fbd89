// Laws that the statistics of drift keep on any sample, and their calibration where chance alone is at work.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import { alignCounts } from '#dist/core/stats/align-counts.js';
import { ascendingValues } from '#dist/core/stats/ascending-values.js';
import { countIntoBins } from '#dist/core/stats/bin-counts.js';
import { chiSquareContingency } from '#dist/core/stats/chi-square-contingency.js';
import { classifierTwoSample } from '#dist/core/stats/classifier-two-sample.js';
import { detectableJensenShannon, detectableKs } from '#dist/core/stats/detectable-effect.js';
import { histogramDrift } from '#dist/core/stats/histogram-drift.js';
import { correctedJensenShannon, jensenShannon } from '#dist/core/stats/jensen-shannon.js';
import { kaplanMeier, survivalAt, timeToShare } from '#dist/core/stats/kaplan-meier.js';
import { kolmogorovTail } from '#dist/core/stats/kolmogorov-tail.js';
import { ksTwoSample } from '#dist/core/stats/ks-two-sample.js';
import { lInfinity } from '#dist/core/stats/l-infinity.js';
import { numericHistogram } from '#dist/core/stats/numeric-summary.js';
import { permutationTest } from '#dist/core/stats/permutation-test.js';
import { poolRareCategories } from '#dist/core/stats/pool-rare-categories.js';
import { populationStabilityIndex } from '#dist/core/stats/population-stability-index.js';
import { wasserstein } from '#dist/core/stats/wasserstein.js';

const RUNS = { seed: 20010501, numRuns: 200 };
/** Few values, so that ties are frequent, and some of any size. */
const value = fc.oneof(
  fc.integer({ min: 0, max: 8 }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
);
const values = fc.array(value, { minLength: 1, maxLength: 40 });
const counts = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.nat(1000))
  .chain(([bins]) =>
    fc.tuple(
      fc.array(fc.nat({ max: 60 }), { minLength: bins, maxLength: bins }),
      fc.array(fc.nat({ max: 60 }), { minLength: bins, maxLength: bins }),
    ),
  )
  .filter(([first, second]) => sum(first) > 0 && sum(second) > 0);

const sum = (list: ArrayLike<number>): number => Array.from(list).reduce((total, one) => total + one, 0);
const ascending = (list: readonly number[]): Float64Array => ascendingValues(Float64Array.from(list));
const shareUpTo = (list: readonly number[], x: number): number => list.filter((one) => one <= x).length / list.length;

function normalFrom(rng: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());
}

describe('values in ascending order', () => {
  it('are those of the built-in sort, without NaN, whatever their scale', () => {
    const rng = createRng(3);
    const shapes: ((at: number) => number)[] = [
      () => rng(),
      () => Math.floor(rng() * 24),
      (at) => (at === 0 ? 1e300 : rng()),
      () => Math.exp(40 * (rng() - 0.5)),
      (at) => (at % 7 === 0 ? Number.NaN : -rng()),
      (at) => (at % 1000 === 0 ? Infinity : rng()),
      (at) => (at % 2 === 0 ? -1e308 : 1e308) * rng(),
      () => 5,
    ];
    for (const rows of [0, 1, 30, 5000, 40_000]) {
      for (const shape of shapes) {
        const list = Float64Array.from({ length: rows }, (_, at) => shape(at));
        const before = list.slice();
        expect(ascendingValues(list)).toEqual(list.filter((one) => !Number.isNaN(one)).sort());
        expect(list).toEqual(before);
      }
    }
  });
});

describe('the KS test', () => {
  it('is the largest distance of the shares up to any value, the same both ways round', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const test = ksTwoSample(ascending(a), ascending(b));
        const direct = Math.max(...[...a, ...b].map((x) => Math.abs(shareUpTo(a, x) - shareUpTo(b, x))));
        expect(test.statistic).toBeCloseTo(direct, 12);
        const reversed = ksTwoSample(ascending(b), ascending(a));
        expect(reversed.statistic).toBe(test.statistic);
        expect(reversed.pValue).toBeCloseTo(test.pValue, 10);
        if (test.at !== null) {
          const lead = shareUpTo(a, test.at) - shareUpTo(b, test.at);
          expect(Math.abs(lead)).toBeCloseTo(direct, 12);
          expect(test.isSecondLower).toBe(lead < 0);
        }
      }),
      RUNS,
    );
  });
  it('does not change under a rising transform, nor with the order of rows', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const bent = (list: number[]): Float64Array => ascending(list.map((x) => x * 4).reverse());
        const [test, other] = [ksTwoSample(ascending(a), ascending(b)), ksTwoSample(bent(a), bent(b))];
        expect(other.statistic).toBe(test.statistic);
        expect(other.pValue).toBe(test.pValue);
      }),
      RUNS,
    );
  });
  it('has p-values in [0, 1]: 1 for equal samples, exact below asymptotic but for rounding', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [first, second] = [ascending(a), ascending(b)];
        const exact = ksTwoSample(first, second, { method: 'exact' });
        const asymptotic = ksTwoSample(first, second, { method: 'asymptotic' });
        expect(exact.pValue).toBeGreaterThanOrEqual(0);
        expect(exact.pValue).toBeLessThanOrEqual(1);
        // Kolmogorov's limit is conservative from ten rows a side on.
        if (a.length >= 10 && b.length >= 10) {
          expect(exact.pValue).toBeLessThanOrEqual(asymptotic.pValue + 0.02);
        }
        expect(ksTwoSample(first, first).pValue).toBe(1);
      }),
      RUNS,
    );
  });
  it('falls in p as the distance grows', () => {
    const first = ascending(Array.from({ length: 60 }, (_, at) => at));
    let before = 1;
    for (let shift = 0.5; shift < 60; shift += 3) {
      const { pValue } = ksTwoSample(first, ascending(Array.from({ length: 50 }, (_, at) => at * 1.2 + shift)));
      expect(pValue).toBeLessThanOrEqual(before);
      before = pValue;
    }
    expect(before).toBeLessThan(1e-20);
    let last = 1;
    for (let lambda = 0; lambda < 6; lambda += 0.05) {
      expect(kolmogorovTail(lambda)).toBeLessThanOrEqual(last);
      last = kolmogorovTail(lambda);
    }
  });
});

describe('distances of categories', () => {
  it('are symmetric, bounded, zero for equal shares, and do not depend on the order of categories', () => {
    fc.assert(
      fc.property(counts, ([a, b]) => {
        const both = [
          (x: number[], y: number[]) => jensenShannon(x, y, 2).divergence,
          (x: number[], y: number[]) => lInfinity(x, y).distance,
          (x: number[], y: number[]) => populationStabilityIndex(x, y),
          (x: number[], y: number[]) => correctedJensenShannon(x, y, 2).divergence,
        ];
        for (const [at, distance] of both.entries()) {
          expect(distance(b, a)).toBeCloseTo(distance(a, b), 9);
          expect(distance([...a].reverse(), [...b].reverse())).toBeCloseTo(distance(a, b), 9);
          if (at < 2) expect(distance(a, b)).toBeLessThanOrEqual(1 + 1e-12);
          if (at < 3) {
            expect(distance(a, b)).toBeGreaterThanOrEqual(0);
            const tenfold = a.map((one) => one * 10);
            expect(distance(a, tenfold)).toBeCloseTo(0, 9);
          }
        }
      }),
      RUNS,
    );
  });
  it('after correction are about zero when nothing changed, where the raw ones are not', () => {
    const rng = createRng(11);
    const levels = 229;
    for (const rows of [60, 300, 2000]) {
      let [raw, corrected] = [0, 0];
      const trials = 200;
      for (let trial = 0; trial < trials; trial += 1) {
        const draw = (): Float64Array => {
          const drawn = new Float64Array(levels);
          for (let row = 0; row < rows; row += 1) drawn[Math.floor(rng() ** 3 * levels)]! += 1;
          return drawn;
        };
        const [a, b] = [draw(), draw()];
        raw += jensenShannon(a, b, Math.E).divergence / trials;
        corrected += correctedJensenShannon(a, b, Math.E).divergence / trials;
      }
      expect(raw).toBeGreaterThan(10 * Math.abs(corrected));
    }
  });
});

describe('the chi-square test', () => {
  it('keeps its totals when rare categories are pooled, and every expected count at five or more', () => {
    fc.assert(
      fc.property(counts, ([a, b]) => {
        const pooled = poolRareCategories(a, b);
        expect(sum(pooled.first)).toBe(sum(a));
        expect(sum(pooled.second)).toBe(sum(b));
        expect(pooled.first.length).toBe(a.length - pooled.pooled.length + (pooled.pooled.length > 0 ? 1 : 0));
        const test = chiSquareContingency([pooled.first, pooled.second]);
        if (test.degreesOfFreedom > 0) expect(test.smallestExpected).toBeGreaterThanOrEqual(5);
        const turned = poolRareCategories(b, a);
        expect(turned.pooled).toEqual(pooled.pooled);
        expect(test.pValue).toBeGreaterThanOrEqual(0);
        expect(test.pValue).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  });
  it('aligns categories of either sample', () => {
    const aligned = alignCounts(new Map([['b', 2]]), new Map(Object.entries({ c: 1, a: 3 })));
    expect(aligned.levels).toEqual(['a', 'b', 'c']);
    expect([...aligned.first]).toEqual([0, 2, 0]);
    expect([...aligned.second]).toEqual([3, 0, 1]);
  });
});

describe('the Wasserstein distance', () => {
  it('is symmetric, moves with a shift, and keeps the triangle', () => {
    const small = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(small, small, small, fc.integer({ min: -20, max: 20 }), (a, b, c, shift) => {
        const [x, y, z] = [ascending(a), ascending(b), ascending(c)];
        expect(wasserstein(x, y)).toBeCloseTo(wasserstein(y, x), 9);
        expect(wasserstein(x, z)).toBeLessThanOrEqual(wasserstein(x, y) + wasserstein(y, z) + 1e-9);
        expect(wasserstein(x, ascending(a.map((one) => one + shift)))).toBeCloseTo(Math.abs(shift), 9);
      }),
      RUNS,
    );
  });
});

describe('drift against a stored histogram', () => {
  it('counts every value into the bin that its edges say', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const edges = Float64Array.from(new Set(ascending(a)));
        const { counts: bins, atEdge, rows, nulls } = countIntoBins(Float64Array.from([...b, Number.NaN]), edges);
        const binOf = (x: number): number => edges.filter((edge) => edge < x).length;
        for (let bin = 0; bin <= edges.length; bin += 1) {
          expect(bins[bin]).toBe(b.filter((x) => binOf(x) === bin).length);
          if (bin < edges.length) expect(atEdge[bin]).toBe(b.filter((x) => x === edges[bin]).length);
        }
        expect([rows, nulls]).toEqual([b.length, 1]);
      }),
      RUNS,
    );
  });
  it('never exceeds the distance of the rows, and with its error is never below it', () => {
    fc.assert(
      fc.property(values, values, fc.integer({ min: 1, max: 12 }), fc.boolean(), (a, b, steps, isKnown) => {
        const [first, second] = [ascending(a), ascending(b)];
        const histogram = numericHistogram(first, { steps });
        const counted = countIntoBins(Float64Array.from(b), Float64Array.from(histogram.edges));
        const drift = histogramDrift(isKnown ? histogram : { ...histogram, atEdge: null }, counted);
        const { statistic } = ksTwoSample(first, second);
        expect(drift.statistic).toBeLessThanOrEqual(statistic + 1e-12);
        expect(drift.statistic + drift.binError).toBeGreaterThanOrEqual(statistic - 1e-12);
      }),
      RUNS,
    );
  });
});

describe('waiting times', () => {
  it('give a curve that never rises, and without censoring the plain shares', () => {
    const waits = fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(waits, waits, (happened, waiting) => {
        const events = Float64Array.from(happened);
        const curve = kaplanMeier({ events, censored: Float64Array.from(waiting) });
        expect([...curve.survival]).toEqual([...curve.survival].sort((a, b) => b - a));
        const complete = kaplanMeier({ events, censored: new Float64Array() });
        for (let at = 0; at <= 21; at += 1) {
          expect(1 - survivalAt(complete, at)).toBeCloseTo(shareUpTo(happened, at), 9);
        }
        const half = timeToShare(complete, 0.5)!;
        expect(shareUpTo(happened, half)).toBeGreaterThanOrEqual(0.5 - 1e-9);
      }),
      RUNS,
    );
  });
});

describe('calibration where nothing changed', () => {
  /** P(more than this many of `trials` at `alpha`) < .001, by the normal approximation with a continuity half. */
  const bound = (trials: number, alpha: number): number =>
    trials * alpha + 3.1 * Math.sqrt(trials * alpha * (1 - alpha)) + 0.5;
  const TRIALS = 1000;
  const ALPHA = 0.05;

  it('the KS test of normal, tied and unequal samples alarms at most at its level', () => {
    const rng = createRng(21);
    const normal = normalFrom(rng);
    const shapes: [() => number, number, number][] = [
      [normal, 40, 40],
      [normal, 200, 30],
      [() => Math.floor(rng() * 5), 60, 50],
      [() => Math.max(0, normal()), 80, 45],
    ];
    for (const [draw, n, m] of shapes) {
      let [exact, asymptotic] = [0, 0];
      for (let trial = 0; trial < TRIALS; trial += 1) {
        const first = ascending(Array.from({ length: n }, draw));
        const second = ascending(Array.from({ length: m }, draw));
        if (ksTwoSample(first, second, { method: 'exact' }).pValue <= ALPHA) exact += 1;
        if (ksTwoSample(first, second, { method: 'asymptotic' }).pValue <= ALPHA) asymptotic += 1;
      }
      expect(exact).toBeLessThanOrEqual(bound(TRIALS, ALPHA));
      expect(asymptotic).toBeLessThanOrEqual(bound(TRIALS, ALPHA));
      // Exact under ties means that the level is used, not merely kept.
      expect(exact).toBeGreaterThan(TRIALS * ALPHA * 0.4);
    }
  });

  it('the pooled chi-square test of a hundred uneven categories alarms at most at its level', () => {
    const rng = createRng(22);
    for (const [n, m] of [
      [300, 300],
      [2000, 300],
    ] as const) {
      let alarms = 0;
      for (let trial = 0; trial < TRIALS; trial += 1) {
        const draw = (rows: number): Float64Array => {
          const drawn = new Float64Array(100);
          for (let row = 0; row < rows; row += 1) drawn[Math.floor(rng() ** 3 * 100)]! += 1;
          return drawn;
        };
        const pooled = poolRareCategories(draw(n), draw(m));
        if (chiSquareContingency([pooled.first, pooled.second]).pValue <= ALPHA) alarms += 1;
      }
      expect(alarms).toBeLessThanOrEqual(bound(TRIALS, ALPHA));
      expect(alarms).toBeGreaterThan(TRIALS * ALPHA * 0.4);
    }
  });

  it('the permutation test and the classifier test alarm at most at their level', () => {
    const rng = createRng(23);
    const normal = normalFrom(rng);
    let [permuted, classified] = [0, 0];
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const drawn = Float64Array.from({ length: 20 }, normal);
      const statistic = (isFirst: Uint8Array): number =>
        Math.abs(drawn.reduce((total, one, at) => total + (isFirst[at] === 1 ? one : -one), 0));
      if (permutationTest({ units: 20, inFirst: 10, statistic, permutations: 99, rng }).pValue <= ALPHA) permuted += 1;
      const score = Float32Array.from({ length: 120 }, normal);
      const isSecond = Uint8Array.from(score, () => (rng() < 0.4 ? 1 : 0));
      if (classifierTwoSample(score, isSecond).pValue <= ALPHA) classified += 1;
    }
    expect(permuted).toBeLessThanOrEqual(bound(TRIALS, ALPHA));
    expect(classified).toBeLessThanOrEqual(bound(TRIALS, ALPHA));
  });

  it('effects of the size called detectable are found in about 95 % of cases', () => {
    const rng = createRng(24);
    const [rows, alpha] = [400, 0.01];
    const step = detectableKs({ n: rows, m: rows, alpha });
    let found = 0;
    for (let trial = 0; trial < 300; trial += 1) {
      const first = ascending(Array.from({ length: rows }, rng));
      // A share `step` of the rows below one half moves above it: D at one half is the step.
      const moved = (): number => (rng() < 2 * step ? 0.5 + rng() / 2 : rng());
      const second = ascending(Array.from({ length: rows }, moved));
      if (ksTwoSample(first, second, { method: 'asymptotic' }).pValue <= alpha) found += 1;
    }
    expect(found / 300).toBeGreaterThan(0.9);

    const levels = 20;
    const distance = detectableJensenShannon({ n: 3000, m: 3000, alpha, degrees: levels - 1 });
    // Half of the levels lose by the tilt what the others gain: shares (1 ± tilt) / levels, whose divergence is tilt² / 8.
    const tilt = distance * Math.sqrt(8);
    let seen = 0;
    for (let trial = 0; trial < 300; trial += 1) {
      const draw = (lost: number): Float64Array => {
        const drawn = new Float64Array(levels);
        for (let row = 0; row < 3000; row += 1) {
          const level = Math.floor(rng() * levels);
          const isLost = level % 2 === 0 && rng() < lost;
          drawn[isLost ? level + 1 : level]! += 1;
        }
        return drawn;
      };
      if (chiSquareContingency([draw(0), draw(tilt)]).pValue <= alpha) seen += 1;
    }
    expect(seen / 300).toBeGreaterThan(0.9);
  });
});
