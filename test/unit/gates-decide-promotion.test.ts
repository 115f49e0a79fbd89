import { describe, expect, it } from 'vitest';
import { compareGain } from '#dist/core/gates/compare-gain.js';
import { decidePromotion } from '#dist/core/gates/decide-promotion.js';
import { declareGates } from '#dist/core/gates/declare-gates.js';
import type { MeasuredGain, PromotionFacts } from '#dist/core/gates/promotion-facts.js';
import type { GateResult } from '#dist/core/types.js';
import { gate } from '../property/evaluation-holdout.js';

const between = (lower: number, upper: number): MeasuredGain => ({
  version: 3,
  difference: (lower + upper) / 2,
  interval: { lower, upper, confidence: 0.975 },
});

const declared = declareGates([gate({ min: 0.6 })]);
const passing: GateResult = {
  gate: 'min:auc',
  metric: 'auc',
  slice: 'all',
  required: true,
  value: 0.7,
  interval: null,
  threshold: 0.6,
  passed: true,
  reason: 'min:auc passes.',
};

const facts = (changes: Partial<PromotionFacts> = {}): PromotionFacts => ({
  metric: 'auc',
  mode: 'superior',
  margin: 0,
  tolerance: 0.01,
  equivalence: 0.005,
  look: 1,
  blocks: 28,
  gain: between(0.01, 0.03),
  anchor: null,
  declared,
  gates: [passing],
  remarks: [],
  ...changes,
});
const verdictOf = (changes: Partial<PromotionFacts>) => decidePromotion(facts(changes)).verdict;

describe('the word for a gain', () => {
  const wordOf = (lower: number, upper: number, changes = {}) =>
    compareGain({
      interval: { lower, upper, confidence: 0.975 },
      blocks: 28,
      look: 1,
      margin: 0,
      equivalence: 0.005,
      ...changes,
    });
  it.each([
    ['win', 0.001, 0.03],
    ['win', 0.001, 0.004],
    ['loss', -0.03, -0.001],
    ['loss', -0.004, -0.001],
    ['tie', -0.004, 0.004],
    ['not-enough-data', -0.004, 0.02],
    ['not-enough-data', -0.02, 0.02],
    ['not-enough-data', Number.NaN, 0.02],
    ['not-enough-data', 0.01, Number.POSITIVE_INFINITY],
  ])('is %s for an interval from %d to %d', (word, lower, upper) => {
    expect(wordOf(lower, upper)).toBe(word);
  });
  it('is no win up to the margin', () => {
    expect(wordOf(0.01, 0.03, { margin: 0.01 })).toBe('not-enough-data');
    expect(wordOf(0, 0)).toBe('tie');
  });
  it('is not enough data below 14 days, beyond five looks and without an interval', () => {
    expect(wordOf(0.01, 0.03, { blocks: 13 })).toBe('not-enough-data');
    expect(wordOf(0.01, 0.03, { look: 6 })).toBe('not-enough-data');
    expect(wordOf(0.01, 0.03, { interval: null })).toBe('not-enough-data');
  });
});

describe('in the mode superior', () => {
  it.each([
    ['promote', 0.001, 0.02],
    ['reject', -0.02, -0.001],
    ['reject', -0.004, 0.004],
    ['inconclusive', -0.01, 0.02],
  ])('the verdict is %s for an interval from %d to %d', (verdict, lower, upper) => {
    expect(verdictOf({ gain: between(lower, upper) })).toBe(verdict);
  });
});

describe('in the mode refresh', () => {
  const refresh = (lower: number, upper: number, changes: Partial<PromotionFacts> = {}) =>
    verdictOf({ mode: 'refresh', gain: between(lower, upper), ...changes });
  it('promotes what is shown to be not worse, although it is no win', () => {
    expect(refresh(-0.009, 0.02)).toBe('promote');
    expect(refresh(-0.004, 0.004)).toBe('promote');
  });
  it('turns a shown loss down, even one within the tolerance', () => {
    expect(refresh(-0.004, -0.001)).toBe('reject');
  });
  it('turns a tie down that reaches beyond a small tolerance', () => {
    expect(refresh(-0.004, 0.004, { tolerance: 0.002 })).toBe('reject');
  });
  it('is inconclusive when the interval shows neither', () => {
    expect(refresh(-0.02, 0.02)).toBe('inconclusive');
  });
  it('is inconclusive below 14 days', () => {
    expect(refresh(-0.004, 0.004, { blocks: 13 })).toBe('inconclusive');
  });
  it('turns the candidate down when it slid too far below the best earlier champion', () => {
    expect(refresh(-0.004, 0.004, { anchor: between(-0.012, -0.004) })).toBe('reject');
    expect(refresh(-0.004, 0.004, { anchor: between(-0.009, 0.004) })).toBe('promote');
  });
  it('is inconclusive when an earlier champion cannot be scored', () => {
    expect(refresh(-0.004, 0.004, { anchor: { version: null, difference: null, interval: null } })).toBe(
      'inconclusive',
    );
  });
});

describe('gates', () => {
  const failing = { ...passing, passed: false, reason: 'min:auc fails.' };
  const unassessable = { ...passing, value: null, passed: null, reason: 'min:auc could not be assessed.' };
  const optional = declareGates([gate({ min: 0.6, required: false })]);
  it('a required one that fails turns a win down', () => {
    expect(verdictOf({ gates: [failing] })).toBe('reject');
  });
  it('a required one that is not assessable or missing makes it inconclusive', () => {
    expect(verdictOf({ gates: [unassessable] })).toBe('inconclusive');
    expect(verdictOf({ gates: [] })).toBe('inconclusive');
    expect(verdictOf({ declared: [], gates: [] })).toBe('inconclusive');
  });
  it('one that is called passed without a finite value never counts as a pass', () => {
    expect(verdictOf({ gates: [{ ...passing, value: Number.NaN }] })).toBe('inconclusive');
    expect(verdictOf({ gates: [{ ...passing, value: null }] })).toBe('inconclusive');
  });
  it('one that is not required asks a person when it fails, is not assessable or missing', () => {
    const asked = (gates: GateResult[]) => verdictOf({ declared: optional, gates });
    expect(asked([{ ...failing, required: false }])).toBe('needs-approval');
    expect(asked([{ ...unassessable, required: false }])).toBe('needs-approval');
    expect(asked([])).toBe('needs-approval');
  });
  it('an extra one, measured elsewhere, blocks like the pipeline’s own', () => {
    expect(verdictOf({ gates: [passing, { ...failing, gate: 'infra:serving' }] })).toBe('reject');
  });
  it('names what could not be checked, remarks last', () => {
    const decision = decidePromotion(facts({ gates: [unassessable], remarks: ['A remark.'] }));
    expect(decision.couldNotCheck).toEqual(['min:auc could not be assessed.', 'A remark.']);
  });
  it("lists the mode's own question first, so that evidence covers it", () => {
    const { gates } = decidePromotion(facts({ mode: 'refresh', anchor: between(-0.001, 0.01) }));
    expect(gates.map((one) => one.gate)).toEqual(['refresh:auc', 'anchor:auc@v3', 'min:auc']);
  });
});

describe('without a champion', () => {
  const gain = between(0, 0);
  it('promotes on required absolute bounds alone, and says so', () => {
    const decision = decidePromotion(facts({ gain: null }));
    expect(decision.verdict).toBe('promote');
    expect(decision.comparison).toBe('not-enough-data');
    expect(decision.reasons[0]).toContain('absolute bounds alone');
  });
  it('is inconclusive without a required absolute bound, and says what to add', () => {
    const relative = declareGates([gate({ gain: { min: 0 } })]);
    const result = { ...passing, gate: 'gain:auc', value: null, passed: null, reason: 'no champion' };
    const decision = decidePromotion(facts({ gain: null, declared: relative, gates: [result] }));
    expect(decision.verdict).toBe('inconclusive');
    expect(decision.reasons[0]).toContain('add one with `min` or `max`');
  });
  it('does not wait for comparisons, and names them as unchecked', () => {
    const both = declareGates([gate({ min: 0.6 }), gate({ gain: { min: 0 } })]);
    const relative = { ...passing, gate: 'gain:auc', value: null, passed: null, reason: 'gain:auc: no champion.' };
    const decision = decidePromotion(facts({ gain: null, declared: both, gates: [passing, relative] }));
    expect(decision.verdict).toBe('promote');
    expect(decision.couldNotCheck).toEqual(['gain:auc: no champion.']);
  });
  it('is rejected by a required bound that fails and inconclusive after five looks', () => {
    expect(verdictOf({ gain: null, gates: [{ ...passing, passed: false }] })).toBe('reject');
    expect(verdictOf({ gain: null, look: 6 })).toBe('inconclusive');
    expect(verdictOf({ gain, look: 6 })).toBe('inconclusive');
  });
});
