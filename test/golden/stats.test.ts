// Statistics against scipy, statsmodels, scikit-learn and brute force: the values come from make_golden.py beside this.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricKey } from '#dist/core/evaluation/metrics.js';
import { benjaminiHochberg } from '#dist/core/stats/benjamini-hochberg.js';
import { rowBrier } from '#dist/core/stats/brier.js';
import { delongInterval } from '#dist/core/stats/delong.js';
import { holm } from '#dist/core/stats/holm.js';
import { incompleteBeta } from '#dist/core/stats/incomplete-beta.js';
import { jackknife, jackknifeInterval } from '#dist/core/stats/jackknife.js';
import { combineLeaveOneOut } from '#dist/core/stats/leave-one-out.js';
import { logGamma } from '#dist/core/stats/log-gamma.js';
import { rowLogLoss } from '#dist/core/stats/log-loss.js';
import { mcNemar } from '#dist/core/stats/mcnemar.js';
import { normalQuantile } from '#dist/core/stats/normal-quantile.js';
import { normalUpperTail } from '#dist/core/stats/normal-upper-tail.js';
import { pairedRowInterval } from '#dist/core/stats/paired-row-interval.js';
import { blocksOfDays, type RankedSample, rankSample } from '#dist/core/stats/ranked-sample.js';
import { studentTCdf, studentTQuantile } from '#dist/core/stats/student-t.js';

interface Bounds {
  lower: number;
  upper: number;
}

interface MetricCase {
  name: string;
  sample: { day: number[]; label: number[]; first: number[]; second: number[] };
  values: Record<MetricKey, { first: number; second: number }>;
  delong: Bounds & { difference: number };
  paired: Record<'brier' | 'logLoss', Bounds>;
}

interface JackknifeCase {
  sample: string;
  metric: MetricKey;
  difference: number;
  without: number[];
  standardError: number;
  interval975: Bounds;
}

interface Distributions {
  tQuantile: { p: number; degrees: number; value: number }[];
  tCdf: { t: number; degrees: number; value: number }[];
  normalQuantile: { p: number; value: number }[];
  normalUpperTail: { z: number; value: number }[];
  incompleteBeta: { a: number; b: number; x: number; value: number }[];
  logGamma: { x: number; value: number }[];
}

interface Tests {
  mcNemar: { onlyFirst: number; onlySecond: number; exact: number; corrected: number }[];
  adjustments: { p: number[]; holm: number[]; benjaminiHochberg: number[] }[];
}

const golden = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
const metrics = golden<{ cases: MetricCase[] }>('metrics.json').cases;
const jackknives = golden<{ cases: JackknifeCase[] }>('jackknife.json').cases;
const distributions = golden<Distributions>('distributions.json');
const tests = golden<Tests>('tests.json');

/** Relative for large numbers, absolute for small ones. */
function expectNear(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected) / Math.max(1, Math.abs(expected))).toBeLessThanOrEqual(tolerance);
}

function expectRelative(actual: number, expected: number, tolerance: number): void {
  if (expected === 0) expect(Math.abs(actual)).toBe(0);
  else expect(Math.abs(actual / expected - 1)).toBeLessThanOrEqual(tolerance);
}

function samplesOf({ sample }: MetricCase): { first: RankedSample; second: RankedSample; label: Uint8Array } {
  const label = Uint8Array.from(sample.label);
  const blocks = blocksOfDays(Int32Array.from(sample.day));
  const ranked = (scores: number[]) => rankSample(Float32Array.from(scores), label, blocks);
  return { first: ranked(sample.first), second: ranked(sample.second), label };
}

describe.each(metrics)('on the sample "$name"', (one) => {
  const { first, second, label } = samplesOf(one);

  it.each(Object.keys(one.values) as MetricKey[])('%s equals the reference', (key) => {
    expectNear(METRICS[key].measure(first).value, one.values[key].first, 1e-12);
    expectNear(METRICS[key].measure(second).value, one.values[key].second, 1e-12);
  });

  it("DeLong's interval equals the O(n²) formula", () => {
    const interval = delongInterval(first, second, 0.95)!;
    expectNear(interval.lower, one.delong.lower, 1e-12);
    expectNear(interval.upper, one.delong.upper, 1e-12);
  });

  it.each([
    ['brier', rowBrier],
    ['logLoss', rowLogLoss],
  ] as const)('the paired row interval of %s equals numpy', (name, loss) => {
    const scores = { first: Float32Array.from(one.sample.first), second: Float32Array.from(one.sample.second) };
    const interval = pairedRowInterval({ ...scores, label, loss, confidence: 0.95 })!;
    expectNear(interval.lower, one.paired[name].lower, 1e-12);
    expectNear(interval.upper, one.paired[name].upper, 1e-12);
  });
});

it.each(jackknives)('the jackknife of a difference in $metric on "$sample" equals days deleted by hand', (one) => {
  const { first, second } = samplesOf(metrics.find(({ name }) => name === one.sample)!);
  const { measure } = METRICS[one.metric];
  const difference = combineLeaveOneOut(measure(first), measure(second), (a, b) => a - b);
  for (const [day, value] of one.without.entries()) expectNear(difference.without[day]!, value, 1e-12);
  const estimate = jackknife(difference)!;
  expectNear(estimate.standardError, one.standardError, 1e-12);
  const interval = jackknifeInterval(estimate, 0.975);
  expectNear(interval.lower, one.interval975.lower, 1e-11);
  expectNear(interval.upper, one.interval975.upper, 1e-11);
});

describe('distributions', () => {
  it("Student's t quantile equals scipy to ten digits", () => {
    for (const { p, degrees, value } of distributions.tQuantile) {
      expectRelative(studentTQuantile(p, degrees), value, 1e-10);
    }
  });
  it("Student's t distribution function equals scipy to ten digits", () => {
    for (const { t, degrees, value } of distributions.tCdf) expectRelative(studentTCdf(t, degrees), value, 1e-10);
  });
  it('the normal quantile and upper tail equal scipy', () => {
    for (const { p, value } of distributions.normalQuantile) expectRelative(normalQuantile(p), value, 1e-14);
    for (const { z, value } of distributions.normalUpperTail) expectRelative(normalUpperTail(z), value, 1e-12);
  });
  it('the incomplete beta function and log gamma equal scipy', () => {
    for (const { a, b, x, value } of distributions.incompleteBeta) {
      expectNear(incompleteBeta({ a, b, x, rest: 1 - x }), value, 1e-10);
    }
    for (const { x, value } of distributions.logGamma) expectNear(logGamma(x), value, 1e-14);
  });
});

it.each(tests.mcNemar)('McNemar with $onlyFirst and $onlySecond equals statsmodels', (one) => {
  const { exactPValue, correctedPValue } = mcNemar(one.onlyFirst, one.onlySecond);
  expectRelative(exactPValue, one.exact, 1e-10);
  expectRelative(correctedPValue, one.corrected, 1e-10);
});

it('Holm and Benjamini–Hochberg equal statsmodels in any order of p-values', () => {
  for (const one of tests.adjustments) {
    const [step, rate] = [holm(one.p), benjaminiHochberg(one.p)];
    for (const at of one.p.keys()) {
      expectNear(step[at]!, one.holm[at]!, 1e-14);
      expectNear(rate[at]!, one.benjaminiHochberg[at]!, 1e-14);
    }
  }
});
