/** Claims come in bursts: wait until it is quiet, at most so long. Wall time always, by arrival in the ledger. */
import type { WaitingTrigger } from './facts.js';
import type { TriggerPlan } from './plan.js';

/** Wall milliseconds until which the group waits for more of its kind; only fresh arrivals are waited for. */
export function debounceUntilMs(slow: readonly WaitingTrigger[], { quietMs, maxWaitMs }: TriggerPlan): number {
  let firstMs = Number.POSITIVE_INFINITY;
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const { state, createdAt } of slow) {
    if (state !== 'pending') continue;
    const ms = Date.parse(createdAt);
    if (ms < firstMs) firstMs = ms;
    if (ms > newestMs) newestMs = ms;
  }
  return Math.min(newestMs + quietMs, firstMs + maxWaitMs);
}
