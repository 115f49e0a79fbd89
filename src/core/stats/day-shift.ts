/**
 * Whether two windows differ by more than their days do: where rows depend on their day, the null of a drift test is that of
 * days. Reads counts by day and bin, so that past windows need their counts alone, never their rows.
 */
import type { Rng } from '../rng.js';
import { jensenShannon } from './jensen-shannon.js';
import { type PermutationTest, permutationTest } from './permutation-test.js';

type DayCounts = readonly Float64Array[];

/**
 * Definition: permutation test over days of the distance between the windows' pooled counts: `ks` the largest difference of the
 * cumulated shares over ordered bins, `jensen-shannon` the divergence (base e) over categories, whose
 * bias the deals have too.
 * Inputs: per window one list of counts a day, all of one length, bins aligned; deals to draw; a seeded rng.
 * Conventions: a day is dealt whole, with all its rows; days are taken as exchangeable, so compare windows of like weekdays.
 * Output: as permutation-test.ts: `observed` in [0, 1] (ks) or [0, .69], p in [1 / (1 + deals), 1].
 * Edge cases: NaN without rows in a window; with few days p cannot be small: 3 against 3 days reach .1 at best, and with fewer
 * than 14 days in all a change is hard to tell from a day's whim.
 * Reference: permutation of blocks, as in Politis & Romano 2010; oracle: every deal counted (test/unit/stats-drift.test.ts).
 * Example: 3 days at [9, 1] against 3 at [1, 9]: ks .8, and of twenty deals two reach it.
 */
export function dayShift(options: {
  readonly reference: DayCounts;
  readonly current: DayCounts;
  readonly statistic: 'ks' | 'jensen-shannon';
  readonly permutations: number;
  readonly rng: Rng;
}): PermutationTest {
  const { reference, current, permutations, rng } = options;
  const days = [...reference, ...current];
  const bins = days[0]?.length ?? 0;
  const distance = options.statistic === 'ks' ? binnedKs : divergence;
  const first = new Float64Array(bins);
  const second = new Float64Array(bins);
  const statistic = (isFirst: Uint8Array): number => {
    first.fill(0);
    second.fill(0);
    for (const [at, day] of days.entries()) {
      const side = isFirst[at] === 1 ? first : second;
      for (let bin = 0; bin < bins; bin += 1) side[bin]! += day[bin]!;
    }
    return distance(first, second);
  };
  return permutationTest({ units: days.length, inFirst: reference.length, statistic, permutations, rng });
}

const divergence = (first: Float64Array, second: Float64Array): number =>
  jensenShannon(first, second, Math.E).divergence;

function binnedKs(first: Float64Array, second: Float64Array): number {
  const sum = (counts: Float64Array): number => counts.reduce((total, one) => total + one, 0);
  const [n, m] = [sum(first), sum(second)];
  if (n === 0 || m === 0) return Number.NaN;
  let [lead, widest] = [0, 0];
  for (let bin = 0; bin < first.length; bin += 1) {
    lead += first[bin]! / n - second[bin]! / m;
    widest = Math.max(widest, Math.abs(lead));
  }
  return widest;
}
