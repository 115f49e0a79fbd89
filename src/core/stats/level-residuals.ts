/**
 * What a part of the rows does beyond what the day does to all of them. Days lift and lower every part at once (weather, a campaign);
 * how a part follows its day is learnt on the earlier days, and what is left over after it is compared with what was left over before.
 */
import { studentTCdf } from './student-t.js';

export interface LevelResiduals {
  readonly before: Float64Array;
  readonly after: Float64Array;
  /** Mean of `after`: the shift beyond the day's own, in the values' unit. */
  readonly shift: number;
  /** Of the shift: days' scatter on both sides, and what is uncertain about how the part follows its day. */
  readonly standardError: number;
  /** Of no shift, by Student's t with the days' scatter pooled over both sides. */
  readonly pValue: number;
}

export interface PartDays {
  /** One value a day: of the part, and of the day's level. */
  readonly part: ArrayLike<number>;
  readonly level: ArrayLike<number>;
}

/** Days' worth of level variance at which half of the slope is data: levels that hardly vary say nothing about it. */
const PRIOR_VARIANCE = 0.01;

/**
 * Definition: residuals of part = a + b · level, a and b by least squares on the days before, b drawn towards 1 by a ridge.
 * Inputs: values a day on one scale (log-odds), no NaN; at least three days before and two after.
 * Conventions: ridge of n · .01 on the squared level, so that b is 1 where levels do not vary.
 * Output: shift and error in the values' unit, the error with each side's own scatter; p in [0, 1]. Edge cases: null with fewer days.
 * Reference: Draper & Smith 1998, ch. 1 and 17; oracle numpy (test/golden/labels.json).
 * Example: before part = level, after part = level + 1: shift 1, error 0.
 */
export function levelResiduals(before: PartDays, after: PartDays): LevelResiduals | null {
  const [n, m] = [before.part.length, after.part.length];
  if (n < 3 || m < 2) return null;
  const center = meanOf(before.level);
  const base = meanOf(before.part);
  let [across, along] = [n * PRIOR_VARIANCE, n * PRIOR_VARIANCE];
  for (let day = 0; day < n; day += 1) {
    const x = before.level[day]! - center;
    across += x * x;
    along += x * (before.part[day]! - base);
  }
  const slope = along / across;
  const leftOver = ({ part, level }: PartDays): Float64Array =>
    Float64Array.from(part, (value, day) => value - base - slope * (level[day]! - center));
  const [first, second] = [leftOver(before), leftOver(after)];
  const shift = meanOf(second);
  const variance = squaresAbout(first, 0) / (n - 2);
  const reach = meanOf(after.level) - center;
  const spread = squaresAbout(second, shift);
  const uncertain = 1 / n + (reach * reach) / across;
  const standardError = Math.sqrt(variance * uncertain + spread / (m - 1) / m);
  const degrees = n + m - 3;
  const pooled = ((variance * (n - 2) + spread) / degrees) * (uncertain + 1 / m);
  const t = shift === 0 ? 0 : Math.abs(shift) / Math.sqrt(pooled);
  return { before: first, after: second, shift, standardError, pValue: Math.min(1, 2 * studentTCdf(-t, degrees)) };
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at]!;
  return sum / values.length;
}

function squaresAbout(values: Float64Array, center: number): number {
  let sum = 0;
  for (const value of values) sum += (value - center) ** 2;
  return sum;
}
