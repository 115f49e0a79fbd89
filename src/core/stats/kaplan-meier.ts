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
  const censored = ascendingValues(waited.censored);
  const entries: [number, number, number, number, number][] = [];
  let [over, gone, survival, greenwood] = [0, 0, 1, 0];
  while (over < happened.length) {
    const time = happened[over]!;
    let end = over + 1;
    while (end < happened.length && happened[end] === time) end += 1;
    while (gone < censored.length && censored[gone]! < time) gone += 1;
    const atRisk = happened.length - over + censored.length - gone;
    const events = end - over;
    survival *= 1 - events / atRisk;
    greenwood += events / (atRisk * (atRisk - events));
    entries.push([time, survival, survival * Math.sqrt(greenwood), atRisk, events]);
    over = end;
  }
  const column = (at: 0 | 1 | 2 | 3 | 4): Float64Array => Float64Array.from(entries, (entry) => entry[at]);
  return { time: column(0), survival: column(1), standardError: column(2), atRisk: column(3), events: column(4) };
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
