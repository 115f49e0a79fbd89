/** A share of rows and how two windows' shares differ, with days as the units: what a day does to all its rows is no evidence. */
import type { Interval } from '../types.js';
import { type Jackknife, jackknife } from './jackknife.js';
import { studentTCdf, studentTQuantile } from './student-t.js';

/**
 * Definition: Σ hits / Σ rows over days, with its delete-one-day jackknife.
 * Inputs: rows and hits a day, aligned, 0 ≤ hits ≤ rows.
 * Conventions: days without rows are no days; days weigh by their rows.
 * Output: share in [0, 1] with its standard error; D − 1 degrees of freedom.
 * Edge cases: null with fewer than two days that have rows.
 * Reference: jackknife.ts; oracle: days deleted one by one in numpy (test/golden/labels.json).
 * Example: 10 of 100 and 30 of 100 give .2 with standard error .1.
 */
export function shareByDays(rows: ArrayLike<number>, hits: ArrayLike<number>): Jackknife | null {
  let [allRows, allHits] = [0, 0];
  const days: number[] = [];
  for (let day = 0; day < rows.length; day += 1) {
    if (!(rows[day]! > 0)) continue;
    days.push(day);
    allRows += rows[day]!;
    allHits += hits[day]!;
  }
  const without = Float64Array.from(days, (day) => (allHits - hits[day]!) / (allRows - rows[day]!));
  return jackknife({ value: allHits / allRows, without });
}

export interface Difference {
  readonly value: number;
  readonly standardError: number;
  readonly degreesOfFreedom: number;
  readonly pValue: number;
}

/**
 * Definition: Welch's t of `after` − `before`, each with its own standard error; degrees of freedom by Welch and Satterthwaite.
 * Inputs: two estimates on different days. Conventions: two-sided p.
 * Output: p in [0, 1]. Edge cases: without any error p is 0 where the values differ and 1 where they do not.
 * Reference: Welch 1947; oracle numpy and the formula (test/golden/labels.json).
 * Example: .2 ± .1 with 1 and .5 ± .1 with 1 degree: t 2.1213 on 2 degrees, p .1679.
 */
export function differenceOf(before: Jackknife, after: Jackknife): Difference {
  const value = after.value - before.value;
  const [first, second] = [before.standardError ** 2, after.standardError ** 2];
  const standardError = Math.sqrt(first + second);
  if (standardError === 0) {
    const degreesOfFreedom = before.degreesOfFreedom + after.degreesOfFreedom;
    return { value, standardError, degreesOfFreedom, pValue: value === 0 ? 1 : 0 };
  }
  const degreesOfFreedom =
    (first + second) ** 2 / (first ** 2 / before.degreesOfFreedom + second ** 2 / after.degreesOfFreedom);
  const pValue = Math.min(1, 2 * studentTCdf(-Math.abs(value) / standardError, degreesOfFreedom));
  return { value, standardError, degreesOfFreedom, pValue };
}

/** Two-sided interval of a difference. */
export function differenceInterval(of: Difference, confidence: number): Interval {
  const reach =
    of.standardError === 0 ? 0 : of.standardError * studentTQuantile((1 + confidence) / 2, of.degreesOfFreedom);
  return { lower: of.value - reach, upper: of.value + reach, confidence };
}
