/** How much better one series of days was than another: the mean of the days' differences with its day-jackknife interval. */
import { type Jackknife, jackknife, jackknifeInterval } from '../../stats/jackknife.js';
import type { Interval } from '../../types.js';
import type { QualityGrid } from './quality-grid.js';

/** Fewer days than this and nothing is concluded, as in the pipeline's own comparisons. */
export const LEAST_DAYS = 14;
/** What a retrain or a shift is judged on. */
const FOLLOWING_DAYS = 28;
const CONFIDENCE = 0.95;

export interface Gain {
  /** Days that both have a score of. */
  readonly days: number;
  /** Positive: better, whichever way the metric points. Null without a day. */
  readonly value: number | null;
  /** Null with fewer than 14 days. */
  readonly interval: Interval | null;
}

export type DayScores = readonly (number | null)[];

function estimate(differences: readonly number[]): Jackknife | null {
  const n = differences.length;
  const sum = differences.reduce((total, one) => total + one, 0);
  const without = Float64Array.from(differences, (one) => (sum - one) / (n - 1));
  return jackknife({ value: sum / n, without });
}

/** Of `better` over `base` on the days `[from, to)` by index; days that either lacks are left aside. */
export function gainOf(
  { better, base }: { better: DayScores; base: DayScores },
  { from, to, higherIsBetter }: { from: number; to: number; higherIsBetter: boolean },
): Gain {
  const differences: number[] = [];
  for (let day = Math.max(0, from); day < Math.min(to, better.length); day += 1) {
    const [a, b] = [better[day] ?? null, base[day] ?? null];
    if (a !== null && b !== null) differences.push(higherIsBetter ? a - b : b - a);
  }
  const days = differences.length;
  if (days === 0) return { days, value: null, interval: null };
  const value = differences.reduce((total, one) => total + one, 0) / days;
  const jack = days < LEAST_DAYS ? null : estimate(differences);
  return { days, value, interval: jack === null ? null : jackknifeInterval(jack, CONFIDENCE) };
}

/** Of one cutoff's model over another's in the four weeks from a day on. */
export function gainAfter(
  grid: QualityGrid,
  { newer, older, from }: { newer: number; older: number; from: number },
): Gain {
  const [better, base] = [grid.cutoffs[newer]!.scoresByDay, grid.cutoffs[older]!.scoresByDay];
  return gainOf({ better, base }, { from, to: from + FOLLOWING_DAYS, higherIsBetter: grid.higherIsBetter });
}
