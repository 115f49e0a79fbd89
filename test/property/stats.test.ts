// Laws that the statistics keep on any sample: bounds, symmetry, and what may not change them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRIC_KEYS, METRICS } from '#dist/core/evaluation/metrics.js';
import { ascendingOrder } from '#dist/core/stats/ascending-order.js';
import { auc } from '#dist/core/stats/auc.js';
import { benjaminiHochberg } from '#dist/core/stats/benjamini-hochberg.js';
import { concordance, weightedAuc } from '#dist/core/stats/concordance.js';
import { holm } from '#dist/core/stats/holm.js';
import { mcNemar } from '#dist/core/stats/mcnemar.js';
import { blocksOfDays, partitionSample, type RankedSample, rankSample } from '#dist/core/stats/ranked-sample.js';
import { studentTCdf, studentTQuantile } from '#dist/core/stats/student-t.js';

const RUNS = { seed: 20010301, numRuns: 200 };

interface Row {
  score: number;
  label: number;
  day: number;
}

const row: fc.Arbitrary<Row> = fc.record({
  // Twentieths, so that ties are frequent.
  score: fc.integer({ min: 0, max: 20 }).map((part) => part / 20),
  label: fc.integer({ min: 0, max: 1 }),
  day: fc.integer({ min: 0, max: 5 }),
});
const rows = fc.array(row, { minLength: 1, maxLength: 60 });

function ranked(list: readonly Row[]): RankedSample {
  const column = (key: keyof Row) => list.map((one) => one[key]);
  return rankSample(
    Float32Array.from(column('score')),
    Uint8Array.from(column('label')),
    blocksOfDays(Int32Array.from(column('day'))),
  );
}

/** NaN equals NaN; otherwise up to rounding. */
function expectSame(actual: number, expected: number): void {
  if (Number.isNaN(expected)) expect(actual).toBeNaN();
  else expect(actual).toBeCloseTo(expected, 10);
}

/** Every pair counted, with the weights of both rows' days. */
function directAuc(list: readonly Row[], weightOf: (day: number) => number): number {
  let won = 0;
  let pairs = 0;
  for (const positive of list.filter((one) => one.label === 1)) {
    for (const negative of list.filter((one) => one.label === 0)) {
      const weight = weightOf(positive.day) * weightOf(negative.day);
      const [above, below] = [Math.fround(positive.score), Math.fround(negative.score)];
      won += weight * (above > below ? 1 : above === below ? 0.5 : 0);
      pairs += weight;
    }
  }
  return won / pairs;
}

describe('metrics', () => {
  it('stay in their ranges, with any day left out', () => {
    fc.assert(
      fc.property(rows, (list) => {
        for (const key of METRIC_KEYS) {
          const { value, without } = METRICS[key].measure(ranked(list));
          for (const one of [value, ...without].filter((finite) => !Number.isNaN(finite))) {
            expect(one).toBeGreaterThanOrEqual(0);
            expect(one).toBeLessThanOrEqual(key === 'logLoss' ? 15.95 : 1 + 1e-12);
          }
        }
      }),
      RUNS,
    );
  });
  it('do not depend on the order of rows', () => {
    const shuffled = rows.chain((list) =>
      fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }).map((other) => ({ list, other })),
    );
    fc.assert(
      fc.property(shuffled, ({ list, other }) => {
        for (const key of METRIC_KEYS) {
          const [first, second] = [METRICS[key].measure(ranked(list)), METRICS[key].measure(ranked(other))];
          expectSame(first.value, second.value);
          for (const [at, value] of first.without.entries()) expectSame(value, second.without[at]!);
        }
      }),
      RUNS,
    );
  });
  it('with a day left out equal the metric of the other days', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const days = [...new Set(list.map((one) => one.day))].sort((a, b) => a - b);
        for (const key of METRIC_KEYS) {
          const { without } = METRICS[key].measure(ranked(list));
          for (const [block, day] of days.entries()) {
            const rest = list.filter((one) => one.day !== day);
            expectSame(without[block]!, METRICS[key].measure(ranked(rest)).value);
          }
        }
      }),
      RUNS,
    );
  });
  it('of a part of the rows equal those of a sample of that part alone', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const groupOf = Int32Array.from(list, (one) => (one.score > 0.8 ? -1 : one.day % 3));
        for (const [group, part] of partitionSample(ranked(list), groupOf, 3).entries()) {
          const own = ranked(list.filter((_, at) => groupOf[at] === group));
          for (const key of METRIC_KEYS) expectSame(METRICS[key].measure(part).value, METRICS[key].measure(own).value);
          expect(part.blocks).toBe(own.blocks);
        }
      }),
      RUNS,
    );
  });
});

describe('AUC', () => {
  it('from the concordance of days equals every pair counted, under any weights of the days', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(rows, weights, (list, weightOf) => {
        const days = [...new Set(list.map((one) => one.day))].sort((a, b) => a - b);
        const byBlock = Float64Array.from(days, (day) => weightOf[day]!);
        const matrix = concordance(ranked(list));
        expectSame(
          weightedAuc(matrix, byBlock),
          directAuc(list, (day) => weightOf[day]!),
        );
        expectSame(
          auc(ranked(list)).value,
          directAuc(list, () => 1),
        );
      }),
      RUNS,
    );
  });
  it('does not change under a rising transform of the scores, and turns round under a falling one', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const { value } = auc(ranked(list));
        expectSame(auc(ranked(list.map((one) => ({ ...one, score: one.score ** 3 / 2 })))).value, value);
        expectSame(auc(ranked(list.map((one) => ({ ...one, score: 1 - one.score })))).value, 1 - value);
        expectSame(auc(ranked(list.map((one) => ({ ...one, label: 1 - one.label })))).value, 1 - value);
      }),
      RUNS,
    );
  });
});

describe('ranking', () => {
  it('equals a stable sort by comparison', () => {
    const numbers = fc.array(fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(1, 0.5)));
    fc.assert(
      fc.property(numbers, (list) => {
        const values = Float32Array.from(list, (value) => value + 0);
        const expected = [...values.keys()].sort((a, b) => values[a]! - values[b]! || a - b);
        expect([...ascendingOrder(values)].map((at) => values[at])).toEqual(expected.map((at) => values[at]));
      }),
      RUNS,
    );
  });
});

describe('distributions and adjustments', () => {
  const degrees = fc.integer({ min: 1, max: 400 });
  it("Student's quantile and distribution function undo each other and are symmetric", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), degrees, (p, df) => {
        expect(studentTCdf(studentTQuantile(p, df), df)).toBeCloseTo(p, 11);
        const t = studentTQuantile(p, df);
        expect(studentTCdf(-t, df)).toBeCloseTo(1 - p, 11);
      }),
      RUNS,
    );
  });
  it('Holm never adjusts less than Benjamini–Hochberg, and neither below the p-value', () => {
    const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(pValues, (list) => {
        const [step, rate] = [holm(list), benjaminiHochberg(list)];
        for (const [at, p] of list.entries()) {
          expect(rate[at]!).toBeGreaterThanOrEqual(p - 1e-15);
          expect(step[at]!).toBeGreaterThanOrEqual(rate[at]! - 1e-12);
          expect(step[at]!).toBeLessThanOrEqual(1);
        }
      }),
      RUNS,
    );
  });
  it("McNemar's p-values are symmetric and in [0, 1]", () => {
    const count = fc.integer({ min: 0, max: 2000 });
    fc.assert(
      fc.property(count, count, (b, c) => {
        const [one, other] = [mcNemar(b, c), mcNemar(c, b)];
        expect(one.exactPValue).toBeCloseTo(other.exactPValue, 12);
        for (const p of [one.exactPValue, one.correctedPValue]) {
          expect(p).toBeGreaterThanOrEqual(0);
          expect(p).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
      RUNS,
    );
  });
});
