/** Label counts of two windows as one series of days that can be judged: whole days with enough labels, the reference first. */
import type { Instant } from '../types.js';
import type { LabelCounts, WindowLabels } from './label-measures.js';

/** A day with fewer labelled rows says nothing about its share. */
export const LEAST_A_DAY = 10;

/** Days in order; `reference` of them are the earlier window's. */
export interface LabelDays {
  /** UTC midnight. */
  readonly day: readonly Instant[];
  readonly reference: number;
  readonly labelled: readonly number[];
  readonly positives: readonly number[];
}

/** Of both windows' days those that lie in their window whole, in order of time. */
export function joinDays(
  windows: { readonly reference: WindowLabels; readonly current: WindowLabels },
  countsOf: { readonly reference: LabelCounts; readonly current: LabelCounts },
): LabelDays {
  const part = (window: WindowLabels, counts: LabelCounts) =>
    window.days
      .map((day, at) => ({ day: `${day}T00:00:00.000Z`, at }))
      .filter(({ at }) => window.isWhole[at] === true)
      .map(({ day, at }) => ({ day, labelled: counts.labelled[at] ?? 0, positives: counts.positives[at] ?? 0 }));
  const reference = part(windows.reference, countsOf.reference);
  const all = [...reference, ...part(windows.current, countsOf.current)];
  return {
    day: all.map(({ day }) => day),
    reference: reference.length,
    labelled: all.map(({ labelled }) => labelled),
    positives: all.map(({ positives }) => positives),
  };
}

/** The days at these places. */
export function pickDays(days: LabelDays, places: readonly number[]): LabelDays {
  return {
    day: places.map((at) => days.day[at]!),
    reference: places.filter((at) => at < days.reference).length,
    labelled: places.map((at) => days.labelled[at]!),
    positives: places.map((at) => days.positives[at]!),
  };
}

/** Rows that `days` has and `part` has not: what the rest of the day did. */
export const withoutPart = (days: LabelDays, part: LabelDays): LabelDays => ({
  ...days,
  labelled: days.labelled.map((rows, at) => rows - part.labelled[at]!),
  positives: days.positives.map((rows, at) => rows - part.positives[at]!),
});

export const sumDays = (parts: readonly LabelDays[]): LabelDays => ({
  ...parts[0]!,
  labelled: parts[0]!.labelled.map((_, at) => parts.reduce((sum, part) => sum + part.labelled[at]!, 0)),
  positives: parts[0]!.positives.map((_, at) => parts.reduce((sum, part) => sum + part.positives[at]!, 0)),
});

/** Log-odds with half a row added on each side, and the variance that counting rows alone gives it. */
export const logOdds = (days: LabelDays): Float64Array =>
  Float64Array.from(days.labelled, (rows, at) =>
    Math.log((days.positives[at]! + 0.5) / (rows - days.positives[at]! + 0.5)),
  );

export const countingVariance = (days: LabelDays): number =>
  days.labelled.reduce((sum, rows, at) => {
    const positives = days.positives[at]!;
    return sum + 1 / (positives + 0.5) + 1 / (rows - positives + 0.5);
  }, 0) / Math.max(1, days.labelled.length);

export const placesWhere = (days: LabelDays, isUsed: (at: number) => boolean): number[] =>
  days.day.flatMap((_, at) => (isUsed(at) ? [at] : []));
