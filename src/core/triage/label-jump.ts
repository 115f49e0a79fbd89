/** Whether a series of days jumped at once, by more than its days do anyway, and whether labels look exchanged since. */
import { shareByDays } from '../stats/share-by-days.js';
import { stepFit } from '../stats/step-fit.js';
import { studentTQuantile } from '../stats/student-t.js';
import { type LabelDays, pickDays, placesWhere } from './label-days.js';

export const LEAST_BEFORE = 7;
export const LEAST_AFTER = 5;

/** Times the days' own scatter, and once more times the gap's standard error. */
const SCATTERS = 3;

export interface Jump {
  /** Place of the first day after it. */
  readonly at: number;
  readonly isAbrupt: boolean;
}

/**
 * @param values log-odds a day, or what of them the whole day does not explain
 * @param of the earlier days among them, the variance that counting rows alone gives a day, and the least jump that counts
 * @returns null with too few days
 */
export function jumpIn(
  values: Float64Array,
  of: { readonly reference: number; readonly counting: number; readonly leastGap: number },
): Jump | null {
  const n = values.length;
  if (of.reference < LEAST_BEFORE || n - of.reference < LEAST_AFTER) return null;
  const fit = stepFit(values, { first: of.reference, last: n - LEAST_AFTER });
  if (fit === null) return null;
  const variance = fit.stepResidual / (n - 2);
  const scatter = Math.sqrt(Math.max(0, variance - of.counting));
  const error = Math.sqrt(variance * (1 / fit.at + 1 / (n - fit.at)));
  const gap = Math.abs(fit.after - fit.before);
  const isBeyondDays = gap >= of.leastGap && gap >= SCATTERS * (scatter + error);
  return { at: fit.at, isAbrupt: isBeyondDays && fit.stepResidual < fit.lineResidual };
}

/** Nearer to even than this nobody can tell a share from its opposite. */
const LEAST_ODDS = Math.log(0.6 / 0.4);
/** How far across, against how far it was on its own side; beyond twice that far it is another fault. */
const [LEAST_ACROSS, MOST_ACROSS] = [0.5, 2];
const LEAST_DAYS_ACROSS = 0.75;
const CONFIDENCE = 0.98;

/** The share since `at` is near one minus what it was, and on most days on the other side of one half. */
export function isInvertedSince(days: LabelDays, at: number): boolean {
  const before = pickDays(
    days,
    placesWhere(days, (day) => day < at),
  );
  const after = pickDays(
    days,
    placesWhere(days, (day) => day >= at),
  );
  if (after.day.length < LEAST_AFTER) return false;
  const [was, is] = [shareByDays(before.labelled, before.positives), shareByDays(after.labelled, after.positives)];
  if (was === null || is === null) return false;
  const odds = (share: number): number => Math.log(share / (1 - share));
  const across = -odds(is.value) / odds(was.value);
  if (!(Math.abs(odds(was.value)) >= LEAST_ODDS && across >= LEAST_ACROSS && across <= MOST_ACROSS)) return false;
  const reach = is.standardError * studentTQuantile((1 + CONFIDENCE) / 2, is.degreesOfFreedom);
  if (!(Math.abs(is.value - 0.5) > reach)) return false;
  const isAcross = (day: number): boolean =>
    Math.sign(after.positives[day]! / after.labelled[day]! - 0.5) === -Math.sign(was.value - 0.5);
  const daysAcross = after.day.filter((_, day) => isAcross(day)).length;
  return daysAcross >= LEAST_DAYS_ACROSS * after.day.length;
}

/** Days that may look like neither: in nats for exchanged labels, and the flipped days' mean square against the earlier scatter. */
const LEAST_LIKELIER = 15;
const MOST_SCATTER = 4;

/**
 * Labels of a part of the rows are exchanged where the part, flipped, does what it did before beside the rest of its day, and as it is
 * does not: on stormy days an inverted part falls. Told so even where days move its share across one half by themselves.
 * @param of log-odds of the part a day of the later window, what of them its day does not explain, and the same before
 * @returns the place among the later days since which they are exchanged; null: they are not
 */
export function exchangedSince(of: {
  readonly part: Float64Array;
  readonly left: Float64Array;
  readonly leftBefore: Float64Array;
}): number | null {
  const { part, left, leftBefore } = of;
  const days = part.length;
  if (days < LEAST_AFTER || leftBefore.length < LEAST_BEFORE) return null;
  const scatter = leftBefore.reduce((sum, value) => sum + value * value, 0) / (leftBefore.length - 2);
  const flipped = left.map((value, day) => value - 2 * part[day]!);
  const likelier = left.map((value, day) => (value ** 2 - flipped[day]! ** 2) / (2 * scatter));
  let [at, most, sum] = [days, 0, 0];
  for (let day = days - 1; day >= 0; day -= 1) {
    sum += likelier[day]!;
    if (sum > most) [at, most] = [day, sum];
  }
  const since = days - at;
  const squares = flipped.subarray(at).reduce((total, value) => total + value * value, 0);
  const nearer = likelier.subarray(at).filter((one) => one > 0).length;
  const isExchanged =
    since >= LEAST_AFTER &&
    most >= LEAST_LIKELIER &&
    nearer >= LEAST_DAYS_ACROSS * since &&
    squares <= MOST_SCATTER * scatter * since;
  return isExchanged ? at : null;
}
