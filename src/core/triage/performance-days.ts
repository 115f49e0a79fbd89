/**
 * On which days the champion's quality is compared, and with which: whole days only, whose labels are as complete as they get, and
 * which the champion did not learn from. A model knows its training rows by heart to some degree (on flights its ranking is .70 there
 * and .63 a day later), so a reference among them would make every champion look worse the day after its training.
 */
import { DAY_MS, durationMs } from '../spec/duration.js';
import type { PipelineSpec } from '../spec/schema.js';
import type { Instant, Window } from '../types.js';
import { LEAST_DAYS } from './performance-facts.js';
import { isWholeDayOf, type ScoredDay } from './scored-days.js';

/** Of the coverage that the pipeline asks of a window's labels, what each day must have: days differ. */
const DAY_COVERAGE = 0.9;
const LONGEST_REFERENCE = 28;

export interface ComparedDays {
  readonly current: readonly ScoredDay[];
  readonly reference: readonly ScoredDay[];
}

interface PerformanceWindows {
  readonly current: Window;
  readonly reference: Window;
  /** End of the champion's training window. */
  readonly trainedThrough: Instant;
  readonly labelsAsOf: Instant;
}

/** Whether all rows of a day are older than the label delay. */
export function areLabelsDue({ labels }: PipelineSpec, labelsAsOf: Instant): (day: Pick<ScoredDay, 'day'>) => boolean {
  const through = Math.floor((Date.parse(labelsAsOf) - durationMs(labels.delay)) / DAY_MS);
  return ({ day }) => day < through;
}

/** Labels are due, and as many are there as `labels.coverage.overall` asks, with some allowance. */
function maturity(spec: PipelineSpec, labelsAsOf: Instant): (day: ScoredDay) => boolean {
  const isDue = areLabelsDue(spec, labelsAsOf);
  const share = DAY_COVERAGE * spec.labels.coverage.overall;
  return (day) => isDue(day) && day.labelled >= share * day.rows;
}

/**
 * @returns the window's days against the reference's. Where the champion learnt from the latter, the window's own first days, up to its
 *   first half and at most four weeks, are the reference of the rest.
 */
export function comparedDays(
  days: readonly ScoredDay[],
  options: PerformanceWindows & { readonly spec: PipelineSpec },
): ComparedDays {
  const { current, reference, trainedThrough, labelsAsOf, spec } = options;
  const isMature = maturity(spec, labelsAsOf);
  const unseenFrom = Math.ceil(Date.parse(trainedThrough) / DAY_MS);
  const fit = days.filter((day) => day.day >= unseenFrom && isMature(day));
  const own = fit.filter(isWholeDayOf(current));
  const past = fit.filter(isWholeDayOf(reference));
  if (past.length >= LEAST_DAYS) return { current: own, reference: past };
  const cut = Math.min(LONGEST_REFERENCE, Math.floor(own.length / 2));
  return { current: own.slice(cut), reference: own.slice(0, cut) };
}
