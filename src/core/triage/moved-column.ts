/**
 * Which columns moved between two windows. Rows depend on their day, so the null is that of days: whole days are dealt to the
 * two windows at random, and a column moved where the windows lie further apart than such deals do (corrected over the columns),
 * and beyond the effect floor.
 */
import type { Rng } from '../rng.js';
import { dayOnset } from '../stats/day-onset.js';
import { dayShift } from '../stats/day-shift.js';
import { histogramDrift } from '../stats/histogram-drift.js';
import { correctedJensenShannon } from '../stats/jensen-shannon.js';
import { normalQuantile } from '../stats/normal-quantile.js';
import type { PermutationTest } from '../stats/permutation-test.js';
import { topCategoriesDrift } from '../stats/top-categories-drift.js';
import type { ColumnDays, DayCounts, ProfileCounts } from './column-days.js';
import type { MovedColumn } from './facts.js';
import { poolBins } from './pool-bins.js';
import { type ColumnTest, type RetestRule, retest } from './retest.js';

export interface MovedOptions {
  readonly rule: RetestRule;
  /** Deals of days per column. */
  readonly permutations: number;
  readonly rng: Rng;
}

/** Fewer days in both windows together cannot tell a change from a day's whim. */
const FEWEST_DAYS = 7;
/** Bins that a deal of days looks at; effects are of all of them. */
const MOST_BINS = 200;
const MOST_PARTS = 4;
const POWER = 0.95;

const UNTESTED = {
  pValue: Number.NaN,
  effect: Number.NaN,
  seenEffect: Number.NaN,
  effectError: 0,
  detectable: Infinity,
} as const;

function totals({ counts }: DayCounts): Float64Array {
  const sum = new Float64Array(counts[0]?.length ?? 0);
  for (const day of counts) for (let bin = 0; bin < sum.length; bin += 1) sum[bin]! += day[bin]!;
  return sum;
}

const rowsOf = (counts: Float64Array): number => counts.reduce((sum, one) => sum + one, 0);

function withRows({ days, counts }: DayCounts): DayCounts {
  const kept = counts.map((day) => rowsOf(day) > 0);
  return { days: days.filter((_, at) => kept[at]), counts: counts.filter((_, at) => kept[at]) };
}

/** The smallest p that any deal could reach: one in the number of ways to choose the days, two of equal halves mirror each other. */
function smallestP(reference: number, current: number): number {
  let ways = 1;
  for (let at = 1; at <= current; at += 1) ways *= (reference + at) / at;
  return (reference === current ? 2 : 1) / ways;
}

function binnedKs(first: Float64Array, second: Float64Array): { effect: number; at: number; lead: number } {
  const [n, m] = [rowsOf(first), rowsOf(second)];
  let [lead, widest, at] = [0, 0, 0];
  for (let bin = 0; bin < first.length; bin += 1) {
    lead += second[bin]! / m - first[bin]! / n;
    if (Math.abs(lead) > Math.abs(widest)) [widest, at] = [lead, bin];
  }
  return { effect: Math.abs(widest), at, lead: widest };
}

const effectOf = (method: ColumnDays['method'], first: Float64Array, second: Float64Array): number =>
  method === 'ks' ? binnedKs(first, second).effect : correctedJensenShannon(first, second, Math.E).distance;

interface DayTest extends ColumnTest {
  /** As it is seen; `effect` is what is sure of it, which the floor is asked of. */
  readonly seenEffect: number;
}

/**
 * The least that the effect is with 95 % certainty, by how far deals of days spread: among few rows or unsteady days a distance of
 * the floor's size comes by itself. A divergence also has its mean when nothing changed taken off.
 */
function sureEffect(method: ColumnDays['method'], test: PermutationTest, deviation: number): number {
  const sure = test.observed - normalQuantile(POWER) * deviation;
  return method === 'ks' ? Math.max(0, sure) : Math.sqrt(Math.max(0, sure - test.nullMean));
}

/** @param level at which the weakest single alarm is raised */
function testDays(of: ColumnDays, { permutations, rng, level }: MovedOptions & { level: number }): DayTest {
  const { column, method, reference, current } = of;
  const [days, own] = [reference.days.length + current.days.length, current.days.length];
  if (days < FEWEST_DAYS || own === 0 || own === days) return { column, method, ...UNTESTED };
  const pooled = poolBins(of, MOST_BINS);
  const statistic = method === 'ks' ? 'ks' : 'jensen-shannon';
  const test = dayShift({ ...pooled, statistic, permutations, rng });
  const deviation = Math.sqrt(test.drawn.reduce((sum, one) => sum + (one - test.nullMean) ** 2, 0) / permutations);
  const critical = test.drawn[Math.min(permutations - 1, Math.ceil((1 - level) * permutations))]!;
  const margin = normalQuantile(POWER) * deviation;
  // A divergence has its mean when nothing changed added to it; the effect has not.
  const seen = method === 'ks' ? critical + margin : Math.sqrt(Math.max(0, critical - test.nullMean + margin));
  const canAlarm = Math.max(smallestP(reference.days.length, own), 1 / (1 + permutations)) <= level;
  const seenEffect = effectOf(method, totals(reference), totals(current));
  return {
    column,
    method,
    pValue: test.pValue,
    // The test's bins are coarser, and another mean is taken off: what is sure of it is never more than what is seen.
    effect: Math.min(sureEffect(method, test, deviation), seenEffect),
    seenEffect,
    effectError: 0,
    detectable: canAlarm ? seen : Infinity,
  };
}

/** Bins whose share grew: of ordered ones the side of the widest gap. */
function grownBins(method: ColumnDays['method'], first: Float64Array, second: Float64Array): Uint8Array {
  if (method === 'ks') {
    const { at, lead } = binnedKs(first, second);
    return Uint8Array.from(first, (_, bin) => (bin <= at === lead > 0 ? 1 : 0));
  }
  const [n, m] = [rowsOf(first), rowsOf(second)];
  return Uint8Array.from(first, (count, bin) => (second[bin]! / m > count / n ? 1 : 0));
}

const shareIn = (bins: Uint8Array, counts: Float64Array): number =>
  counts.reduce((sum, count, bin) => sum + count * bins[bin]!, 0) / rowsOf(counts);

/** Moved the same way, and at least half as far, in two parts of the window. */
function isSustained(of: ColumnDays, { grown, floor }: { grown: Uint8Array; floor: number }): boolean {
  const { method, current } = of;
  const before = totals(of.reference);
  const growth = (counts: Float64Array): number => shareIn(grown, counts) - shareIn(grown, before);
  const whole = growth(totals(current));
  const parts = Math.min(MOST_PARTS, Math.max(2, Math.floor(current.days.length / 2)));
  const moved = Array.from({ length: parts }, (_, part) => {
    const [start, end] = [part, part + 1].map((at) => Math.round((at * current.days.length) / parts));
    const counts = current.counts.slice(start, end);
    if (counts.length === 0) return false;
    const own = totals({ days: current.days.slice(start, end), counts });
    const effect = method === 'ks' ? growth(own) : effectOf(method, before, own);
    return growth(own) >= whole / 2 && effect >= floor;
  });
  return moved.filter(Boolean).length >= 2;
}

/** Of the rows that are more than the reference's share makes expect. */
function labelledShare(of: ColumnDays): number | null {
  if (of.labelledInCurrent === null) return null;
  const [before, after] = [totals(of.reference), totals(of.current)];
  const [n, m] = [rowsOf(before), rowsOf(after)];
  let [known, all] = [0, 0];
  for (let bin = 0; bin < after.length; bin += 1) {
    const excess = after[bin]! / m - before[bin]! / n;
    if (!(excess > 0)) continue;
    all += excess;
    known += excess * (of.labelledInCurrent[bin]! / after[bin]!);
  }
  return all > 0 ? known / all : null;
}

function onsetOf(of: ColumnDays, grown: Uint8Array): string | null {
  const series = ({ days, counts }: DayCounts) => ({ days, values: counts.map((day) => shareIn(grown, day)) });
  const at = dayOnset(series(of.reference), series(of.current));
  return at === null ? null : `${of.current.days[at]}T00:00:00.000Z`;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Rows as units; what the profile's bins hide is not counted as movement. */
function profileEffect(profile: ProfileCounts | null): number | null {
  if (profile === null) return null;
  return finite(
    profile.kind === 'numeric'
      ? histogramDrift(profile.stored, profile.current).statistic
      : topCategoriesDrift(profile.stored, profile.current).distance,
  );
}

/**
 * @returns in the order given. With fewer than seven days in all, or without rows in a window, nothing is concluded of a column: it
 *   did not move, and is not unchanged either.
 */
export function movedColumns(columns: readonly ColumnDays[], options: MovedOptions): MovedColumn[] {
  const counted = columns.map((of) => ({ ...of, reference: withRows(of.reference), current: withRows(of.current) }));
  const level = options.rule.alpha / Math.max(1, counted.length);
  const tests = counted.map((of) => testDays(of, { ...options, level }));
  const judged = retest(tests, options.rule);
  return counted.map((of, at): MovedColumn => {
    const { hasMoved, isUnchanged, adjustedPValue } = judged.columns[at]!;
    const grown = hasMoved ? grownBins(of.method, totals(of.reference), totals(of.current)) : null;
    return {
      column: of.column,
      method: of.method,
      adjustedPValue: finite(adjustedPValue),
      effect: finite(tests[at]!.seenEffect),
      hasMoved,
      isUnchanged,
      isSustained: grown !== null && isSustained(of, { grown, floor: options.rule.floors[of.method] }),
      profileEffect: profileEffect(of.profile),
      onset: grown === null ? null : onsetOf(of, grown),
      labelledShare: grown === null ? null : labelledShare(of),
    };
  });
}
