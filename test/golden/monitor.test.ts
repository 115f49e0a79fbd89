// Isotonic regression against scikit-learn, and expected performance against every pair of rows: values of make_golden_monitor.py.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rowBrier } from '#dist/core/stats/brier.js';
import { expectedAuc, expectedLoss } from '#dist/core/stats/expected-performance.js';
import { applyIsotonic, isotonicFit } from '#dist/core/stats/isotonic.js';
import { rowLogLoss } from '#dist/core/stats/log-loss.js';

interface Expected {
  auc: number;
  logLoss: number;
  brier: number;
}

const golden = JSON.parse(readFileSync(new URL('./monitor.json', import.meta.url), 'utf8')) as {
  isotonic: { score: number[]; label: number[]; asked: number[]; probability: number[] };
  expected: { score: number[]; probability: number[]; day: number[]; all: Expected; without: Expected[] };
};

it('fits and applies isotonic regression as scikit-learn does', () => {
  const { score, label, asked, probability } = golden.isotonic;
  const found = applyIsotonic(isotonicFit(score, label), asked);
  for (const [at, value] of found.entries()) expect(value).toBeCloseTo(probability[at]!, 9);
});

it('expects AUC, log loss and Brier score as the sum over pairs and rows does, with each day left out too', () => {
  const { score, probability, day, all, without } = golden.expected;
  const sample = {
    score: Float32Array.from(score),
    probability: Float64Array.from(probability),
    block: Int32Array.from(day),
    blocks: 5,
  };
  const found = {
    auc: expectedAuc(sample),
    logLoss: expectedLoss(sample, rowLogLoss),
    brier: expectedLoss(sample, rowBrier),
  };
  for (const metric of ['auc', 'logLoss', 'brier'] as const) {
    expect(found[metric].value).toBeCloseTo(all[metric], 9);
    for (const [at, value] of found[metric].without.entries()) expect(value).toBeCloseTo(without[at]![metric], 9);
  }
});
