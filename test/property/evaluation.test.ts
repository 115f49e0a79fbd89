// Laws of the evaluation and its verdict: what swapping, shrinking and missing things may and may not do.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from '#dist/core/evaluation/evaluate.js';
import { decidePromotion } from '#dist/core/gates/decide-promotion.js';
import { declareGates } from '#dist/core/gates/declare-gates.js';
import type { MeasuredGain, PromotionFacts } from '#dist/core/gates/promotion-facts.js';
import type { GateResult, Interval, Mode } from '#dist/core/types.js';
import { gate, holdout, withSpec } from './evaluation-holdout.js';

const RUNS = { seed: 20010401, numRuns: 300 };
const FEW_RUNS = { seed: 20010501, numRuns: 25 };

const declared = declareGates([gate({ min: 0.6 }), gate({ metric: 'brier', max: 0.3, required: false })]);
const names = declared.map(({ name }) => name);

const mode = fc.constantFrom<Mode>('superior', 'refresh');
const gain = fc
  .record({
    middle: fc.double({ min: -0.05, max: 0.05, noNaN: true }),
    half: fc.double({ min: 0, max: 0.03, noNaN: true }),
  })
  .map(({ middle, half }): MeasuredGain => {
    const interval: Interval = { lower: middle - half, upper: middle + half, confidence: 0.975 };
    return { version: 2, difference: middle, interval };
  });
const passed = fc.constantFrom<boolean | null>(true, false, null);
const results = fc.tuple(passed, passed).map((list) =>
  list.map(
    (one, at): GateResult => ({
      gate: names[at]!,
      metric: 'auc',
      slice: 'all',
      required: at === 0,
      value: one === null ? null : 0.5,
      interval: null,
      threshold: 0.5,
      passed: one,
      reason: names[at]!,
    }),
  ),
);
const facts: fc.Arbitrary<PromotionFacts> = fc.record({
  metric: fc.constant('auc'),
  mode,
  margin: fc.constantFrom(0, 0.004),
  tolerance: fc.constantFrom(0.002, 0.01),
  equivalence: fc.constant(0.005),
  look: fc.integer({ min: 1, max: 7 }),
  blocks: fc.integer({ min: 10, max: 40 }),
  gain: fc.option(gain, { freq: 5 }),
  anchor: fc.option(gain),
  declared: fc.constant(declared),
  gates: results,
  remarks: fc.constant([]),
});
const mayPromote = (one: PromotionFacts): boolean =>
  ['promote', 'needs-approval'].includes(decidePromotion(one).verdict);

function shifted(one: MeasuredGain, by: number): MeasuredGain {
  const { lower, upper, confidence } = one.interval!;
  return { ...one, difference: one.difference! - by, interval: { lower: lower - by, upper: upper - by, confidence } };
}

describe('the verdict', () => {
  it('never becomes better when the gain over the champion or the anchor shrinks', () => {
    fc.assert(
      fc.property(facts, fc.double({ min: 0, max: 0.05, noNaN: true }), (one, by) => {
        if (mayPromote(one) || one.gain === null) return;
        expect(mayPromote({ ...one, gain: shifted(one.gain, by) })).toBe(false);
        const anchor = one.anchor === null ? null : shifted(one.anchor, by);
        expect(mayPromote({ ...one, gain: shifted(one.gain, by), anchor })).toBe(false);
      }),
      RUNS,
    );
  });
  it('never promotes when a required gate fails, is missing or is not assessable', () => {
    fc.assert(
      fc.property(facts, (one) => {
        if (one.gates[0]!.passed !== true) expect(mayPromote(one)).toBe(false);
        expect(mayPromote({ ...one, gates: one.gates.slice(1) })).toBe(false);
        expect(mayPromote({ ...one, gates: [] })).toBe(false);
      }),
      RUNS,
    );
  });
  it('never promotes on NaN, on few days or after five looks', () => {
    const broken = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    fc.assert(
      fc.property(facts, broken, fc.boolean(), (one, bad, isLower) => {
        if (one.gain === null) return;
        const part = isLower ? { lower: bad } : { upper: bad };
        const interval = { ...one.gain.interval!, ...part };
        expect(mayPromote({ ...one, gain: { ...one.gain, interval } })).toBe(false);
        expect(mayPromote({ ...one, gain: { ...one.gain, interval: null } })).toBe(false);
        expect(mayPromote({ ...one, blocks: 13 })).toBe(false);
        expect(mayPromote({ ...one, look: 6 })).toBe(false);
        const gates = one.gates.map((result) => ({ ...result, passed: true, value: bad }));
        expect(mayPromote({ ...one, gates })).toBe(false);
      }),
      RUNS,
    );
  });
  it('promotes outright only when every gate passes', () => {
    fc.assert(
      fc.property(facts, (one) => {
        const decision = decidePromotion(one);
        if (decision.verdict === 'promote') expect(decision.gates.every((result) => result.passed === true)).toBe(true);
        expect(decision.reasons.length).toBeGreaterThan(0);
      }),
      RUNS,
    );
  });
});

describe('an evaluation', () => {
  const setting = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    days: fc.integer({ min: 14, max: 20 }),
    metric: fc.constantFrom('auc', 'average-precision', 'log-loss', 'brier', 'calibration-error' as const),
  });
  it('flips the sign of the difference and of every interval when the models change places', () => {
    fc.assert(
      fc.property(setting, ({ seed, days, metric }) => {
        const input = withSpec(holdout({ seed, days, rowsPerDay: 20 }), { metric });
        const one = evaluate(input);
        const other = evaluate({ ...input, candidate: input.champion!, champion: input.candidate });
        expect(other.difference).toBeCloseTo(-one.difference!, 12);
        for (const key of ['interval', 'interval95', 'rowInterval95'] as const) {
          if (one[key] === null) continue;
          expect(other[key]!.lower).toBeCloseTo(-one[key].upper, 12);
          expect(other[key]!.upper).toBeCloseTo(-one[key].lower, 12);
        }
      }),
      FEW_RUNS,
    );
  });
  it('does not depend on the order of the holdout or on the numbering of its days', () => {
    fc.assert(
      fc.property(setting, ({ seed, days, metric }) => {
        const input = withSpec(holdout({ seed, days, rowsPerDay: 20 }), { metric });
        const backwards = {
          ...input,
          label: input.label.slice().reverse(),
          day: input.day.map((day) => day - 50_000).reverse(),
          candidate: input.candidate.slice().reverse(),
          champion: input.champion!.slice().reverse(),
        };
        const [one, other] = [evaluate(input), evaluate(backwards)];
        expect(other.difference).toBeCloseTo(one.difference!, 12);
        expect(other.interval!.lower).toBeCloseTo(one.interval!.lower, 12);
        expect(other.verdict).toBe(one.verdict);
      }),
      FEW_RUNS,
    );
  });
});
