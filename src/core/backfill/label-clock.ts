/** Where the replayed clock of a run goes while it waits for labels. Apart from the plan: workflows load it, without zod. */
import type { Instant } from '../types.js';

/** How far the clock of a run may move, from its decision instant, while it waits for labels. */
export interface LabelTimes {
  readonly delayMs: number;
  readonly deadlineMs: number;
}

/** A real run looks again and again up to its deadline; these are enough looks to see what it would have seen. */
const MOST_STEPS = 24;

/**
 * Where the clock of a run that waits for labels goes next: first to when labels are complete, then on in steps, never
 * beyond its deadline. Null when it is there already, and while that step lies ahead of the present: nobody knows yet what
 * will be known then. Asked again later, it goes on.
 */
export function nextThrough(
  wait: { readonly at: Instant; readonly now: Instant; readonly until: Instant; readonly presentMs: number },
  { delayMs, deadlineMs }: LabelTimes,
): Instant | null {
  const [nowMs, untilMs] = [Date.parse(wait.now), Date.parse(wait.until)];
  const completeMs = Date.parse(wait.at) + delayMs;
  const stepMs = Math.max(delayMs, Math.ceil(deadlineMs / MOST_STEPS), 1);
  const throughMs = Math.min(nowMs < completeMs ? completeMs : nowMs + stepMs, untilMs);
  return throughMs > nowMs && throughMs <= wait.presentMs ? new Date(throughMs).toISOString() : null;
}
