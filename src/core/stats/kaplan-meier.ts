/** Kaplan–Meier's estimate of waiting times that are not all over yet: the maturity curve of labels. */
import { ascendingValues } from './ascending-values.js';

/** One entry a distinct time at which something happened, ascending. */
export interface SurvivalCurve {
  readonly time: Float64Array;
  /** Share that still waits after this time; never rises. */
  readonly survival: Float64Array;
  /** Greenwood's standard error of `survival`; NaN once nobody is left. */
  readonly standardError: Float64Array;
  /** How many still waited just before this time. */
  readonly atRisk: Float64Array;
  readonly events: Float64Array;
}

/** How many, at distinct times in ascending order: what happened then, and who was last seen waiting then. Whole or not. */
export interface WaitingCounts {
  readonly time: ArrayLike<number>;
  readonly events: ArrayLike<number>;
  readonly censored: ArrayLike<number>;
}

/** The same curve from counts by time, for more rows than anybody would list. */
export function kaplanMeierOfCounts({ time, events, censored }: WaitingCounts): SurvivalCurve {
  let waiting = 0;
  for (let at = 0; at < time.length; at += 1) waiting += events[at]! + censored[at]!;
  const entries: [number, number, number, number, number][] = [];
  let [survival, greenwood] = [1, 0];
  for (let at = 0; at < time.length; at += 1) {
    const happened = events[at]!;
    if (happened > 0) {
      // Fractions of rows may leave a rounding behind where nobody is.
      const atRisk = Math.max(waiting, happened);
      survival *= 1 - happened / atRisk;
      greenwood += happened / (atRisk * (atRisk - happened));
      entries.push([time[at]!, survival, survival * Math.sqrt(greenwood), atRisk, happened]);
    }
    waiting -= happened + censored[at]!;
  }
  const column = (at: 0 | 1 | 2 | 3 | 4): Float64Array => Float64Array.from(entries, (entry) => entry[at]);
  return { time: column(0), survival: column(1), standardError: column(2), atRisk: column(3), events: column(4) };
}

/**
 * Definition: S(t) = Π over event times u ≤ t of (1 − events(u) / atRisk(u)); error by Greenwood's formula.
 * Inputs: waiting times of what has happened, and how long the rest has waited so far; any unit, one for both, ≥ 0, any order.
 * Conventions: who is censored at u was at risk at u; times of censoring alone get no entry.
 * Output: survival in [0, 1]; the share known after t is 1 − S(t).
 * Edge cases: no event → an empty curve (S = 1 everywhere). NaN in the inputs is left out.
 * Reference: Kaplan & Meier 1958, Greenwood 1926; oracle statsmodels SurvfuncRight (test/golden/drift.json).
 * Example: events at 1, 2, 2, 4 and waiting since 3, 5 give S .8333, .5, .25 at 1, 2, 4.
 */
export function kaplanMeier(waited: { readonly events: Float64Array; readonly censored: Float64Array }): SurvivalCurve {
  const happened = ascendingValues(waited.events);
  const gone = ascendingValues(waited.censored);
  const time = ascendingValues(Float64Array.from(new Set([...happened, ...gone])));
  const countsOf = (values: Float64Array): Float64Array => {
    const counts = new Float64Array(time.length);
    let at = 0;
    for (const value of values) {
      while (time[at]! < value) at += 1;
      counts[at]! += 1;
    }
    return counts;
  };
  return kaplanMeierOfCounts({ time, events: countsOf(happened), censored: countsOf(gone) });
}

/** S(t): the share that still waits after t; 1 before the first entry. */
export function survivalAt({ time, survival }: SurvivalCurve, at: number): number {
  const next = time.findIndex((one) => one > at);
  const last = next === -1 ? time.length - 1 : next - 1;
  return last < 0 ? 1 : survival[last]!;
}

/** The first time after which at least this share has happened; null when the curve does not reach it. */
export function timeToShare({ time, survival }: SurvivalCurve, share: number): number | null {
  const at = survival.findIndex((one) => 1 - one >= share);
  return at === -1 ? null : time[at]!;
}
