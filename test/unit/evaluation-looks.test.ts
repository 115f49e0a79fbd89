import { describe, expect, it } from 'vitest';
import { type Evidence, evidenceDigest } from '#dist/core/evaluation/evidence.js';
import { gatingConfidence, lookNumber } from '#dist/core/evaluation/looks.js';
import type { GateResult, Window } from '#dist/core/types.js';

const day = (number: number): string => new Date(Date.UTC(2001, 2, number)).toISOString();
const range = (from: number, to: number): Window => ({ start: day(from), end: day(to) });

describe('the number of a look', () => {
  const march = range(1, 31);
  it('is one for a range never looked at, touching ones included', () => {
    expect(lookNumber(march, [])).toBe(1);
    expect(lookNumber(march, [range(-20, 1), range(31, 60)])).toBe(1);
  });
  it('adds the shares of the range that earlier looks covered, rounded up', () => {
    expect(lookNumber(march, [march])).toBe(2);
    expect(lookNumber(march, [range(1, 4)])).toBe(2);
    expect(lookNumber(march, [range(1, 11), range(1, 11), range(1, 11)])).toBe(2);
    expect(lookNumber(march, [range(1, 11), range(1, 11), range(1, 11), range(30, 40)])).toBe(3);
    expect(lookNumber(march, [range(-30, 90), march])).toBe(3);
  });
  it('is not raised by rounding errors of ninths and tenths', () => {
    // Nine ninths add up to 1.0000000000000002.
    expect(
      lookNumber(
        range(1, 10),
        Array.from({ length: 9 }, (_, at) => range(at + 1, at + 2)),
      ),
    ).toBe(2);
    expect(
      lookNumber(
        range(1, 11),
        Array.from({ length: 10 }, (_, at) => range(at + 1, at + 2)),
      ),
    ).toBe(2);
  });
  it('is refused for an empty window', () => {
    expect(() => lookNumber(range(5, 5), [])).toThrow('is empty');
    expect(() => lookNumber({ start: 'soon', end: 'later' }, [])).toThrow('is empty or not two instants');
  });
});

describe('the confidence of a look', () => {
  it('is 97.5 % at the first and 99.17 % at the second', () => {
    expect(gatingConfidence(1)).toBeCloseTo(0.975, 15);
    expect(gatingConfidence(2)).toBeCloseTo(0.9916666666666667, 15);
    expect(gatingConfidence(3)).toBeCloseTo(0.9958333333333333, 15);
  });
  it('spends five per cent over all looks together', () => {
    const spent = Array.from({ length: 100_000 }, (_, at) => 1 - gatingConfidence(at + 1)).reduce(
      (sum, one) => sum + one,
    );
    expect(spent).toBeCloseTo(0.05, 5);
  });
});

describe('the evidence digest', () => {
  const gate: GateResult = {
    gate: 'min:auc',
    metric: 'auc',
    slice: 'all',
    required: true,
    value: 0.7,
    interval: { lower: 0.6, upper: 0.8, confidence: 0.975 },
    threshold: 0.6,
    passed: true,
    reason: 'It passes.',
  };
  const evidence: Evidence = {
    modelId: 'flights',
    runNo: 3,
    specDigest: 'a',
    candidateVersion: 7,
    candidateArtifact: 'b',
    championVersion: 4,
    championEpoch: 9,
    holdoutDigest: 'c',
    gates: [gate],
  };
  const digest = evidenceDigest(evidence);
  it('changes with each fact that it covers', () => {
    const changed: Partial<Evidence>[] = [
      { modelId: 'trains' },
      { runNo: 4 },
      { specDigest: 'x' },
      { candidateVersion: 8 },
      { candidateArtifact: 'x' },
      { championVersion: null },
      { championEpoch: 10 },
      { holdoutDigest: 'x' },
      { gates: [] },
      { gates: [{ ...gate, value: 0.71 }] },
      { gates: [{ ...gate, passed: null }] },
      { gates: [{ ...gate, required: false }] },
      { gates: [{ ...gate, interval: { lower: 0.61, upper: 0.8, confidence: 0.975 } }] },
    ];
    const digests = changed.map((one) => evidenceDigest({ ...evidence, ...one }));
    expect(new Set([digest, ...digests]).size).toBe(changed.length + 1);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });
  it('does not change with the wording of a reason, and takes NaN as null', () => {
    expect(evidenceDigest({ ...evidence, gates: [{ ...gate, reason: 'It does pass.' }] })).toBe(digest);
    const odd = (value: number | null) => evidenceDigest({ ...evidence, gates: [{ ...gate, value }] });
    expect(odd(Number.NaN)).toBe(odd(null));
  });
});
