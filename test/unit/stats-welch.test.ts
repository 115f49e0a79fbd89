// Welch's interval: against the pooled t interval, which it equals where both samples have one size and variance.
import { expect, it } from 'vitest';
import { studentTQuantile } from '#dist/core/stats/student-t.js';
import { meanDifference } from '#dist/core/stats/welch.js';

it('is the pooled t interval for samples of one size and variance', () => {
  const found = meanDifference([1, 2, 3], [2, 3, 4], 0.95);
  const reach = studentTQuantile(0.975, 4) * Math.sqrt(1 * (1 / 3 + 1 / 3));
  expect(found?.difference).toBeCloseTo(-1, 12);
  expect(found?.interval.lower).toBeCloseTo(-1 - reach, 10);
  expect(found?.interval.upper).toBeCloseTo(-1 + reach, 10);
});

it('gives the example of its docblock', () => {
  const found = meanDifference([1, 2, 3, 4], [2, 2, 3], 0.95);
  expect(found?.difference).toBeCloseTo(0.166667, 6);
  expect(found?.interval.lower).toBeCloseTo(-1.78805, 6);
  expect(found?.interval.upper).toBeCloseTo(2.121384, 6);
});

it('says nothing from one value a side or from values that are no numbers, and has no width for constants', () => {
  expect(meanDifference([1], [1, 2], 0.95)).toBeNull();
  expect(meanDifference([1, Number.NaN], [1, 2], 0.95)).toBeNull();
  expect(meanDifference([3, 3], [1, 1], 0.95)).toEqual({
    difference: 2,
    interval: { lower: 2, upper: 2, confidence: 0.95 },
  });
});
