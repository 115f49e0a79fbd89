import { describe, expect, it } from 'vitest';
import { declareGates } from '#dist/core/gates/declare-gates.js';
import { judgeEach } from '#dist/core/gates/judge-each.js';
import { type GateMeasurement, judgeGate } from '#dist/core/gates/judge-gate.js';
import { bounds, percent, plain, signed } from '#dist/core/gates/wording.js';
import type { SpecGate } from '#dist/core/spec/schema.js';
import { gate } from '../property/evaluation-holdout.js';

const declare = (part: Partial<SpecGate>) => declareGates([gate(part)])[0]!;
const measured = (value: number, changes: Partial<GateMeasurement> = {}): GateMeasurement => ({
  slice: 'all',
  rows: 5000,
  days: 28,
  value,
  estimate: { value, standardError: 0.001, degreesOfFreedom: 27 },
  problem: null,
  ...changes,
});
const passes = (part: Partial<SpecGate>, value: number, changes: Partial<GateMeasurement> = {}) =>
  judgeGate(declare(part), measured(value, changes), 0.975).passed;

describe('one gate', () => {
  it('min and max bound the value itself', () => {
    expect(passes({ min: 0.6 }, 0.6)).toBe(true);
    expect(passes({ min: 0.6 }, 0.5999)).toBe(false);
    expect(passes({ metric: 'brier', max: 0.2 }, 0.2)).toBe(true);
    expect(passes({ metric: 'brier', max: 0.2 }, 0.2001)).toBe(false);
  });
  it('gain, ratio and nonInferior bound the lower end of the interval', () => {
    // Reach: t(27, .9875) = 2.3734 standard errors of .001.
    expect(passes({ gain: { min: 0.01 } }, 0.0124)).toBe(true);
    expect(passes({ gain: { min: 0.01 } }, 0.0123)).toBe(false);
    expect(passes({ ratio: { min: 0.99 } }, 0.9924)).toBe(true);
    expect(passes({ ratio: { min: 0.99 } }, 0.9923)).toBe(false);
    expect(passes({ nonInferior: { tolerance: 0.01 } }, -0.0076)).toBe(true);
    expect(passes({ nonInferior: { tolerance: 0.01 } }, -0.0077)).toBe(false);
  });
  it('is not assessable with too few rows or days, without a value or an interval, or with a problem', () => {
    const nonInferior = { nonInferior: { tolerance: 0.01 } };
    expect(passes(nonInferior, 0.02, { rows: 99 })).toBeNull();
    expect(passes(nonInferior, 0.02, { days: 13 })).toBeNull();
    expect(passes(nonInferior, 0.02, { value: null })).toBeNull();
    expect(passes(nonInferior, Number.NaN)).toBeNull();
    expect(passes(nonInferior, 0.02, { estimate: null })).toBeNull();
    expect(passes(nonInferior, 0.02, { problem: 'no champion' })).toBeNull();
    expect(passes({ min: 0.6 }, 0.7, { estimate: null })).toBe(true);
  });
  it('NaN as a bound never passes', () => {
    expect(passes({ min: Number.NaN }, 0.7)).toBe(false);
    expect(passes({ gain: { min: Number.NaN } }, 0.7)).toBe(false);
    expect(passes({}, 0.7)).toBe(false);
  });
  it('says value, interval and threshold in one sentence', () => {
    expect(judgeGate(declare({ gain: { min: 0.01 } }), measured(0.02), 0.975).reason).toBe(
      'gain:auc passes: the gain +0.0200 [+0.0176, +0.0224] has a lower bound that must be at least +0.0100.',
    );
  });
  it('names stay unique when two gates say the same of the same rows', () => {
    const names = declareGates([
      gate({ min: 0.6 }),
      gate({ min: 0.7, required: false }),
      gate({ min: 0.5, on: 'hub' }),
    ]);
    expect(names.map((one) => one.name)).toEqual(['min:auc', 'min:auc#2', 'min:auc@hub']);
  });
});

describe('a gate on every value of a column', () => {
  const each = declare({ on: 'each:origin', nonInferior: { tolerance: 0.01 } });
  const value = (name: string, gain: number, changes: Partial<GateMeasurement> = {}) =>
    measured(gain, { slice: `each:origin=${name}`, ...changes });

  it('passes values that are not shown to be harmed, however wide their intervals', () => {
    const wide = { estimate: { value: -0.02, standardError: 0.02, degreesOfFreedom: 27 } };
    const { results } = judgeEach(each, [value('A', 0), value('B', -0.02, wide)]);
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ gate: 'nonInferior:auc@each:origin', passed: true, value: -0.02 });
  });
  it('fails with a result of its own for each value that is shown to be harmed', () => {
    const { results } = judgeEach(each, [value('A', 0), value('B', -0.02)]);
    expect(results.map((one) => [one.gate, one.slice, one.passed])).toEqual([
      ['nonInferior:auc@each:origin', 'each:origin', false],
      ['nonInferior:auc@each:origin=B', 'each:origin=B', false],
    ]);
  });
  it('asks for more the more values there are (Holm)', () => {
    // 2.2 standard errors beyond the bound: p = .018 for one value, .36 for twenty.
    const harmed = value('X', -0.0122);
    const others = Array.from({ length: 19 }, (_, at) => value(String(at), 0.01));
    expect(judgeEach(each, [harmed]).results[0]?.passed).toBe(false);
    expect(judgeEach(each, [harmed, ...others]).results[0]?.passed).toBe(true);
  });
  it('names values with too few rows or days without blocking on them', () => {
    const { results, couldNotCheck } = judgeEach(each, [value('A', 0), value('rare', -0.5, { rows: 3 })]);
    expect(results.map((one) => one.passed)).toEqual([true]);
    expect(couldNotCheck[0]).toContain('rare');
  });
  it('is not assessable when no value is', () => {
    expect(judgeEach(each, [value('rare', 0, { days: 2 })]).results[0]?.passed).toBeNull();
    expect(judgeEach(each, []).results[0]?.passed).toBeNull();
  });
  it('shows harm against an upper bound too', () => {
    const upper = declare({ metric: 'brier', on: 'each:origin', max: 0.2 });
    expect(judgeEach(upper, [value('A', 0.19), value('B', 0.21)]).results.map((one) => one.passed)).toEqual([
      false,
      false,
    ]);
    expect(judgeEach(upper, [value('A', 0.19), value('B', 0.201)]).results.map((one) => one.passed)).toEqual([true]);
  });
});

it('writes numbers with four decimals, a sign for differences and a dash for nothing', () => {
  expect([plain(0.12345), plain(null), plain(Number.NaN)]).toEqual(['0.1235', '–', '–']);
  expect([signed(0.1), signed(-0.1), signed(0), signed(-0.00001), signed(null)]).toEqual([
    '+0.1000',
    '-0.1000',
    '0.0000',
    '0.0000',
    '–',
  ]);
  expect(bounds({ lower: -0.1, upper: 0.2, confidence: 0.95 }, signed)).toBe('[-0.1000, +0.2000]');
  expect([percent(0.975), percent(1 - 0.05 / 6)]).toEqual(['97.5 %', '99.17 %']);
});
