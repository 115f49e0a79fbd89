/**
 * Advice from what the runs themselves measured: each compared a candidate with a champion whose data ended some days earlier, on
 * the same later holdout. Coarser than a grid: a run happens when it happens, so a cadence may never have been tried.
 */
import { mean } from '../../stats/mean.js';
import { CADENCES_DAYS } from './advise.js';
import type { Gain } from './gain.js';

interface MeasuredLook {
  readonly runNo: number;
  /** By how much the candidate's training data end later than the champion's. */
  readonly fresherDays: number;
  /** From the stages of the run; null for one that never got to evaluate. */
  readonly trainingMinutes: number | null;
  readonly metric: string;
  /** Of the candidate over the champion on the run's holdout. */
  readonly gain: Gain;
}

export interface MeasuredLooks {
  readonly looks: readonly MeasuredLook[];
  /** How many evaluations against a champion of older data are left out, since the recipe was another one too. */
  readonly otherRecipes: number;
}

export interface LookAdvice {
  readonly everyDays: number;
  readonly looks: readonly MeasuredLook[];
  readonly trainingMinutesPer28Days: number | null;
  /** True: every look was shown to gain; false: none could have gained more than the equivalence margin; null: cannot tell. */
  readonly pays: boolean | null;
}

/** The cadence that a refit after so many days tells of: the nearest by ratio; null for one far from all. */
function cadenceOf(days: number): number | null {
  return CADENCES_DAYS.find((every) => days >= every / Math.SQRT2 && days < every * Math.SQRT2) ?? null;
}

function paysOf(looks: readonly MeasuredLook[], equivalence: number): boolean | null {
  if (looks.length === 0) return null;
  const intervals = looks.map(({ gain }) => gain.interval);
  if (intervals.every((interval) => interval !== null && interval.lower > 0)) return true;
  return intervals.every((interval) => interval !== null && interval.upper <= equivalence) ? false : null;
}

function minutesOf(looks: readonly MeasuredLook[], everyDays: number): number | null {
  const known = looks.flatMap(({ trainingMinutes }) => trainingMinutes ?? []);
  return known.length === 0 ? null : (28 / everyDays) * mean(known);
}

export function adviseFromLooks(
  { looks, otherRecipes }: MeasuredLooks,
  equivalence: number,
): { cadences: LookAdvice[]; sentence: string } {
  const leftOut =
    otherRecipes === 0 ? '' : ` Left out: ${otherRecipes} evaluation(s) against a champion of another recipe.`;
  const cadences = [...CADENCES_DAYS].reverse().map((everyDays) => {
    const own = looks.filter(({ fresherDays }) => cadenceOf(fresherDays) === everyDays);
    return {
      everyDays,
      looks: own,
      trainingMinutesPer28Days: minutesOf(own, everyDays),
      pays: paysOf(own, equivalence),
    };
  });
  const fastest = [...cadences].reverse().find(({ pays }) => pays === true);
  if (fastest !== undefined) {
    const { everyDays, looks: own } = fastest;
    const times = own.length === 1 ? 'the one run that did so' : `each of the ${own.length} runs that did so`;
    return {
      cadences,
      sentence: `Refitting after about ${everyDays} days was shown to gain in ${times}; faster than that nothing is shown.${leftOut}`,
    };
  }
  const tried =
    looks.length === 0
      ? 'no run has compared a candidate with an older champion of its recipe yet'
      : 'no cadence gained in every run that tried it';
  return { cadences, sentence: `It cannot be told which cadence pays: ${tried}.${leftOut}` };
}
