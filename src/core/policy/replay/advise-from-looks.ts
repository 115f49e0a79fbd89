/**
 * Advice from what the runs themselves measured: each compared a candidate with a champion whose data ended some days earlier, on
 * the same later holdout. Coarser than a grid: a run happens when it happens, so a cadence may never have been tried.
 */
import { CADENCES_DAYS } from './advise.js';
import type { Gain } from './gain.js';

export interface MeasuredLook {
  readonly runNo: number;
  /** By how much the candidate's training data end later than the champion's. */
  readonly fresherDays: number;
  /** From the stages of the run; null for one that never got to evaluate. */
  readonly trainingMinutes: number | null;
  readonly metric: string;
  /** Of the candidate over the champion on the run's holdout. */
  readonly gain: Gain;
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
  if (known.length === 0) return null;
  return (28 / everyDays) * (known.reduce((sum, minutes) => sum + minutes, 0) / known.length);
}

export function adviseFromLooks(
  looks: readonly MeasuredLook[],
  equivalence: number,
): { cadences: LookAdvice[]; sentence: string } {
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
      sentence: `Refitting after about ${everyDays} days was shown to gain in ${times}; faster than that nothing is shown.`,
    };
  }
  const tried =
    looks.length === 0
      ? 'no run has compared a candidate with an older champion yet'
      : 'no cadence gained in every run that tried it';
  return { cadences, sentence: `It cannot be told which cadence pays: ${tried}.` };
}
