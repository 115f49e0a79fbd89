/**
 * Which cadence pays, from measured decay: what a model that is refitted every 7, 14, 28 or 56 days would have served, averaged
 * over every day of the week, or of the weeks, on which that cadence could have begun, so that no lucky start decides.
 */
import { DAY_MS } from '../../spec/duration.js';
import type { Instant } from '../../types.js';
import { type DayScores, type Gain, gainOf, LEAST_DAYS } from './gain.js';
import { cutoffAt, firstMs, type QualityGrid } from './quality-grid.js';

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
  /** Of the days on which every cadence has served long enough; null when there are too few. */
  readonly from: Instant | null;
  readonly to: Instant;
  readonly days: number;
  /** Slowest first. */
  readonly cadences: readonly CadenceAdvice[];
  readonly sentence: string;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The cutoffs of the last `everyDays` before a day's beginning: each is what some start of the cadence serves then. */
function servedBy(grid: QualityGrid, dayMs: number, everyDays: number): number[] {
  const ages: number[] = [];
  for (let at = cutoffAt(grid, dayMs); at >= 0; at -= 1) {
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

/** The slowest cadence's whole length has to have passed, so that all are compared on the same days. */
export function advise(grid: QualityGrid, equivalence: number): Advice {
  const slowest = Math.max(...CADENCES_DAYS);
  const last = grid.days.length;
  const to = new Date(firstMs(grid) + last * DAY_MS).toISOString();
  const from = slowest - 7;
  const days = Math.max(0, last - from);
  const steps = grid.cutoffs
    .map(({ trainedThrough }) => Date.parse(trainedThrough))
    .map((ms, at, all) => (at === 0 ? 0 : ms - all[at - 1]!));
  const isWeekly = grid.cutoffs.length > 1 && Math.max(...steps) <= 7 * DAY_MS;
  if (days < LEAST_DAYS || !isWeekly) {
    const why = isWeekly ? `only ${days} days follow the first ${from}` : 'its cutoffs lie more than a week apart';
    return { from: null, to, days, cadences: [], sentence: `It cannot be told which cadence pays: ${why}.` };
  }
  const range = { from, to: last, higherIsBetter: grid.higherIsBetter };
  const never = grid.cutoffs[cutoffAt(grid, firstMs(grid))]!.scoresByDay;
  let slower: DayScores = never;
  const cadences: CadenceAdvice[] = [];
  for (const everyDays of [...CADENCES_DAYS].reverse()) {
    const scores = cadenceScores(grid, everyDays);
    const overSlower = gainOf({ better: scores, base: slower }, range);
    cadences.push({
      everyDays,
      trainingMinutesPer28Days: minutesPer28Days(grid, from, everyDays),
      quality: mean(scores.slice(from).filter((score) => score !== null)),
      overNever: gainOf({ better: scores, base: never }, range),
      overSlower,
      pays: paysOf(overSlower, equivalence),
    });
    slower = scores;
  }
  return { from: grid.days[from]!, to, days, cadences, sentence: sentenceOn(cadences, equivalence) };
}
