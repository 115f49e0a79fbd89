/**
 * any, all, majority, at least N: are enough conditions met together? A condition that a claim meets stays met for its
 * `within` after the claim came, so that claims count together by their distance from each other, not from the moment
 * of judging: a claim that a long run held back is worth as much as on the day it came.
 */
import type { TriggerPlan } from './plan.js';

export interface Evidence {
  readonly createdMs: number;
  readonly met: readonly number[];
  /** It still waits; false for one that a person was asked about, which supports others and starts nothing itself. */
  readonly isFresh: boolean;
}

export interface Composition {
  readonly isSatisfied: boolean;
  /** Conditions met together when the most of them were. */
  readonly best: readonly number[];
}

interface Last {
  any: number;
  fresh: number;
}

export function compose(evidence: readonly Evidence[], plan: TriggerPlan): Composition {
  const sorted = [...evidence].sort((a, b) => a.createdMs - b.createdMs);
  const last: Last[] = plan.conditions.map(() => ({ any: Number.NEGATIVE_INFINITY, fresh: Number.NEGATIVE_INFINITY }));
  let best: number[] = [];
  for (let at = 0; at < sorted.length; ) {
    const nowMs = sorted[at]!.createdMs;
    for (; at < sorted.length && sorted[at]!.createdMs === nowMs; at += 1) {
      for (const index of sorted[at]!.met) {
        last[index]!.any = nowMs;
        if (sorted[at]!.isFresh) last[index]!.fresh = nowMs;
      }
    }
    const isRecent = (ms: number, index: number): boolean => nowMs - ms <= plan.conditions[index]!.withinMs;
    const met = last.flatMap((entry, index) => (isRecent(entry.any, index) ? [index] : []));
    if (!last.some((entry, index) => isRecent(entry.fresh, index))) continue;
    if (met.length > best.length) best = met;
    if (met.length >= plan.needed) return { isSatisfied: true, best: met };
  }
  return { isSatisfied: false, best };
}
