/**
 * Did the champion get worse? Its log loss by day, this window's days against the reference's, over what each day's share of
 * positives explains by itself; and its ranking within days beside it.
 *
 * `change` is the difference of the means of r = (shifted − entropy) ÷ variance × v over days, with `shifted`, `entropy` and
 * `variance` of within-day-loss.ts and v the reference's mean variance: the loss over the day's own entropy after the day's own
 * intercept, brought to the reference's usual share, in nats. A spell of bad weather (more positives, same order of rows) leaves r
 * where it was; a feature that means something else, exchanged labels or a changed concept raise it. What only moves the share is a
 * matter of label-facts, not of this.
 */
import { iso } from '../instant.js';
import { DAY_MS } from '../spec/duration.js';
import { mean } from '../stats/mean.js';
import { meanDifference } from '../stats/welch.js';
import type { Instant } from '../types.js';
import type { PerformanceFacts } from './facts.js';
import type { ScoredDay } from './scored-days.js';

/** Days of one spell of weather are alike, so that an interval of independent days is too narrow: the level makes up for it. */
const CONFIDENCE = 0.99;
/** Fewer days on a side give no interval that means anything. */
export const LEAST_DAYS = 5;

type Measured = ScoredDay & { readonly loss: NonNullable<ScoredDay['loss']> };

const isMeasured = (day: ScoredDay): day is Measured => day.loss !== null;

export type PerformanceResult =
  | { readonly facts: PerformanceFacts; readonly why: null }
  | { readonly facts: null; readonly why: string };

/**
 * @param current, reference days whose labels are as complete as they get (mature); the others are not to be in them
 * @returns null facts with a sentence where there are too few days on a side
 */
export function performanceFacts(current: readonly ScoredDay[], reference: readonly ScoredDay[]): PerformanceResult {
  const own = current.filter(isMeasured);
  const past = reference.filter(isMeasured);
  if (own.length < LEAST_DAYS || past.length < LEAST_DAYS) {
    const why =
      `Performance was not compared: it takes ${LEAST_DAYS} days with enough mature labels of both classes on each side, ` +
      `and there are ${own.length} in the window and ${past.length} in its reference.`;
    return { facts: null, why };
  }
  const variance = mean(past.map(({ loss }) => loss.variance));
  const excess = ({ loss }: Measured): number => ((loss.shifted - loss.entropy) / loss.variance) * variance;
  const change = meanDifference(own.map(excess), past.map(excess), CONFIDENCE);
  if (change === null)
    return { facts: null, why: 'Performance was not compared: the losses of the days are not finite.' };
  const aucs = (days: readonly Measured[]): number[] => days.flatMap(({ auc }) => (auc === null ? [] : [auc]));
  const auc = meanDifference(aucs(own), aucs(past), CONFIDENCE);
  const facts: PerformanceFacts = {
    metric: 'log-loss',
    rows: own.reduce((sum, { labelled }) => sum + labelled, 0),
    days: own.length,
    referenceDays: past.length,
    current: mean(own.map(({ loss }) => loss.loss)),
    reference: mean(past.map(({ loss }) => loss.loss)),
    change: change.difference,
    interval: change.interval,
    aucCurrent: auc === null ? null : mean(aucs(own)),
    aucReference: auc === null ? null : mean(aucs(past)),
    aucInterval: auc?.interval ?? null,
    onset: change.interval.lower > 0 ? onsetOf([...past, ...own].map((day) => [day.day, excess(day)])) : null,
  };
  return { facts, why: null };
}

/** The day from which on the level is higher: the one cut into two levels that leaves the least squares. */
function onsetOf(days: readonly (readonly [number, number])[]): Instant | null {
  const total = days.reduce((sum, [, value]) => sum + value, 0);
  let before = 0;
  let best = 0;
  let onset: number | null = null;
  for (let cut = 1; cut < days.length; cut += 1) {
    before += days[cut - 1]![1];
    const [n, m] = [cut, days.length - cut];
    const rise = (total - before) / m - before / n;
    // Of two levels, what the squares fall by.
    const gain = rise > 0 ? (rise ** 2 * n * m) / (n + m) : 0;
    if (gain > best) {
      best = gain;
      onset = days[cut]![0];
    }
  }
  return onset === null ? null : iso(onset * DAY_MS);
}
