/** Since which day a daily figure differs from what it was: the step that fits best, and whether it stands out at all. */

export interface DaySeries {
  /** UTC days, oldest first. */
  readonly days: readonly string[];
  readonly values: readonly number[];
}

const MIN_DAYS_FOR_WEEKDAYS = 14;
/** A step smaller than this many usual deviations of a day is not told from its whims. */
const LEAST_STEP = 2;

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
const weekdayOf = (day: string): number => new Date(day).getUTCDay();

/** What a day's value usually is: the mean of its weekday where the reference has each at least twice, else of all days. */
function usual({ days, values }: DaySeries): (day: string) => number {
  const byWeekday = Array.from({ length: 7 }, (_, weekday) =>
    values.filter((_, at) => weekdayOf(days[at]!) === weekday),
  );
  const hasAll = days.length >= MIN_DAYS_FOR_WEEKDAYS && byWeekday.every((own) => own.length >= 2);
  const overall = mean(values);
  const means = byWeekday.map((own) => (hasAll ? mean(own) : overall));
  return (day) => means[weekdayOf(day)]!;
}

/**
 * Definition: the k that minimises Σ (x − usual)² over current days before k + Σ (x − usual − step)² over days from k on, step being
 * the mean departure from k on; usual is the reference's mean of the weekday.
 * Inputs: a figure a day of both windows, no NaN. Conventions: days are units, whatever their rows.
 * Output: place of the first changed day in the current window. Null without days in either, or where the step is smaller than two
 * of the reference's deviations (its departures from usual): then nothing tells the day.
 * Edge cases: a change from the first day on gives 0; of equal fits the earliest.
 * Reference: least-squares change point with a known mean before, as in Bai 1997; oracle: worked by hand in test/unit/day-onset.test.ts.
 * Example: reference 1, 1, 1, 1; current 1, 1, 5, 5 gives 2.
 */
export function dayOnset(reference: DaySeries, current: DaySeries): number | null {
  if (reference.days.length === 0 || current.days.length === 0) return null;
  const expected = usual(reference);
  const departures = current.values.map((value, at) => value - expected(current.days[at]!));
  const noise = reference.values.map((value, at) => value - expected(reference.days[at]!));
  const deviation = Math.sqrt(noise.reduce((sum, one) => sum + one * one, 0) / Math.max(1, noise.length - 1));
  const square = (values: readonly number[], around: number): number =>
    values.reduce((sum, one) => sum + (one - around) ** 2, 0);
  let best = { at: 0, cost: Infinity, step: 0 };
  for (let at = 0; at < departures.length; at += 1) {
    const after = departures.slice(at);
    const step = mean(after);
    const cost = square(departures.slice(0, at), 0) + square(after, step);
    if (cost < best.cost - 1e-12) best = { at, cost, step };
  }
  return Math.abs(best.step) > 0 && Math.abs(best.step) >= LEAST_STEP * deviation ? best.at : null;
}
