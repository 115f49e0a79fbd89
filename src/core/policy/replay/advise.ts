/**
 * Which cadence pays, from measured decay: what a model that is refitted every 7, 14, 28 or 56 days would have served, averaged
 * over every day of the week, or of the weeks, on which that cadence could have begun, so that no lucky start decides.
 */

import { iso } from '../../instant.js';
import { DAY_MS } from '../../spec/duration.js';
import { mean } from '../../stats/mean.js';
import type { Instant } from '../../types.js';
import { type DayScores, type Gain, gainOf, LEAST_DAYS } from './gain.js';
import { cutoffAt, dayFrom, firstMs, type QualityGrid, startOf } from './quality-grid.js';

export const CADENCES_DAYS = [7, 14, 28, 56] as const;

interface CadenceAdvice {
  readonly everyDays: number;
  readonly trainingMinutesPer28Days: number;
  readonly quality: number;
  readonly overNever: Gain;
  /** Over the next slower cadence; over never for the slowest. */
  readonly overSlower: Gain;
  /** True: shown to gain over the next slower; false: shown not to gain more than the equivalence margin; null: cannot tell. */
  readonly pays: boolean | null;
}

export interface Advice {
  /** Of the days on which every start of every cadence serves; null when there are too few. */
  readonly from: Instant | null;
  readonly to: Instant;
  /** Of those, the ones on which never and every cadence have a score: all is compared on these. */
  readonly days: number;
  /** Slowest first. */
  readonly cadences: readonly CadenceAdvice[];
  readonly sentence: string;
}

/** The cutoffs of the last `everyDays` before a day's beginning: each is what some start of the cadence serves then. */
function servedBy(grid: QualityGrid, dayMs: number, everyDays: number): number[] {
  const ages: number[] = [];
  for (let at = cutoffAt(grid, dayMs); at >= startOf(grid); at -= 1) {
    if (dayMs - Date.parse(grid.cutoffs[at]!.trainedThrough) >= everyDays * DAY_MS) break;
    ages.push(at);
  }
  return ages;
}

function cadenceScores(grid: QualityGrid, everyDays: number): DayScores {
  return grid.days.map((_, day) => {
    const served = servedBy(grid, firstMs(grid) + day * DAY_MS, everyDays);
    const scores = served.map((cutoff) => grid.cutoffs[cutoff]!.scoresByDay[day] ?? null);
    return scores.length === 0 || scores.includes(null) ? null : mean(scores.filter((score) => score !== null));
  });
}

function minutesPer28Days(grid: QualityGrid, from: number, everyDays: number): number {
  const used = grid.cutoffs.filter(({ trainedThrough }) => Date.parse(trainedThrough) >= firstMs(grid) + from * DAY_MS);
  const minutes = (used.length > 0 ? used : grid.cutoffs).map(({ trainingMinutes }) => trainingMinutes);
  return (28 / everyDays) * mean(minutes);
}

function paysOf({ interval }: Gain, equivalence: number): boolean | null {
  if (interval === null) return null;
  if (interval.lower > 0) return true;
  return interval.upper <= equivalence ? false : null;
}

function sentenceOn(cadences: readonly CadenceAdvice[], equivalence: number): string {
  const fastestShown = [...cadences].reverse().find(({ pays }) => pays === true);
  const overNever = cadences.filter(({ overNever: { interval } }) => interval !== null && interval.lower > 0);
  if (fastestShown === undefined) {
    return overNever.length > 0
      ? `Retraining pays: every ${overNever.map(({ everyDays }) => everyDays).join(', ')} days gains over never. Which of them pays most cannot be told from these days.`
      : 'It cannot be told from these days whether any cadence pays: no gain has an interval above 0.';
  }
  const { everyDays } = fastestShown;
  const faster = cadences.filter((cadence) => cadence.everyDays < everyDays);
  const undecided = faster.filter(({ pays }) => pays === null);
  const beyond =
    faster.length === 0
      ? ''
      : undecided.length > 0
        ? ` Whether every ${undecided.map((cadence) => cadence.everyDays).join(' or ')} days pays beyond that cannot be told.`
        : ` Faster gains no more than ${equivalence}.`;
  return `Every ${everyDays} days pays: it gains over the next slower cadence, interval and all.${beyond}`;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The days, by index, on which each cadence has all its starts: from when the slowest one's first start is as old as it gets, to
 * where the newest cutoff ages. Later on only old starts are left, and a fast cadence would be taken for a slow one.
 * Null for cutoffs that lie too far apart for the fastest cadence.
 */
function rangeOf(grid: QualityGrid): Range | null {
  const ends = grid.cutoffs.slice(startOf(grid)).map(({ trainedThrough }) => Date.parse(trainedThrough));
  const steps = ends.slice(1).map((ms, at) => ms - ends[at]!);
  if (steps.length === 0 || Math.max(...steps) > Math.min(...CADENCES_DAYS) * DAY_MS) return null;
  const stepMs = Math.min(...steps);
  const from = Math.ceil((Math.max(...CADENCES_DAYS) * DAY_MS - stepMs) / DAY_MS);
  return { from, to: Math.min(grid.days.length, dayFrom(grid, ends.at(-1)! + stepMs)) };
}

/** The series with null wherever one of them lacks a score or the day is not in the range. */
function onCommonDays(series: readonly DayScores[], { from, to }: Range): { days: number; series: DayScores[] } {
  const isCommon = series[0]!.map(
    (_, day) => day >= from && day < to && series.every((scores) => (scores[day] ?? null) !== null),
  );
  return {
    days: isCommon.filter(Boolean).length,
    series: series.map((scores) => scores.map((score, day) => (isCommon[day] ? score : null))),
  };
}

const cannotTell = (to: Instant, { days, why }: { days: number; why: string }): Advice => ({
  from: null,
  to,
  days,
  cadences: [],
  sentence: `It cannot be told which cadence pays: ${why}.`,
});

export function advise(grid: QualityGrid, equivalence: number): Advice {
  const at = (day: number): Instant => iso(firstMs(grid) + day * DAY_MS);
  const range = rangeOf(grid);
  if (range === null)
    return cannotTell(at(grid.days.length), { days: 0, why: 'its cutoffs do not follow each other week by week' });
  const slowestFirst = [...CADENCES_DAYS].reverse();
  const all = [grid.cutoffs[startOf(grid)]!.scoresByDay, ...slowestFirst.map((days) => cadenceScores(grid, days))];
  const { days, series } = onCommonDays(all, range);
  if (days < LEAST_DAYS) {
    const why = `only ${days} days are scored for every cadence, of at least ${LEAST_DAYS} after the first ${range.from}`;
    return cannotTell(at(range.to), { days, why });
  }
  const where = { ...range, higherIsBetter: grid.higherIsBetter };
  const cadences = slowestFirst.map((everyDays, index): CadenceAdvice => {
    const [never, slower, scores] = [series[0]!, series[index]!, series[index + 1]!];
    const overSlower = gainOf({ better: scores, base: slower }, where);
    return {
      everyDays,
      trainingMinutesPer28Days: minutesPer28Days(grid, range.from, everyDays),
      quality: mean(scores.filter((score) => score !== null)),
      overNever: gainOf({ better: scores, base: never }, where),
      overSlower,
      pays: paysOf(overSlower, equivalence),
    };
  });
  return { from: at(range.from), to: at(range.to), days, cadences, sentence: sentenceOn(cadences, equivalence) };
}
