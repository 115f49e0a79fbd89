/** After a run ends, drift, performance and labels wait: its answer has to show before the same question is asked again. */

import { iso, shortInstant } from '../../instant.js';
import type { RunClock } from '../../types.js';
import { nowOf } from './clocks.js';
import type { TriggerFacts } from './facts.js';
import type { TriggerPlan } from './plan.js';

export interface CoolDown {
  readonly untilMs: number;
  /** Why, as a sentence for a person. */
  readonly reason: string;
  /** False for a replayed time, which waiting does not bring nearer. */
  readonly isPassing: boolean;
}

/** Null when the clock's last run is long enough ago. */
export function coolDownOf(clock: RunClock, facts: TriggerFacts, { policy, coolDownMs }: TriggerPlan): CoolDown | null {
  const last = facts.lastRuns.find(({ mode }) => mode === clock.mode);
  if (last === undefined) return null;
  const nowMs = nowOf(clock, Date.parse(facts.now));
  const untilMs = Date.parse(last.endedAt) + coolDownMs;
  if (nowMs >= untilMs) return null;
  const run = `Run ${last.runNo} ended at ${shortInstant(last.endedAt)} (${last.outcome})`;
  if (clock.mode === 'wall') {
    const reason = `${run}; in the cool-down of ${policy.coolDown} until ${shortInstant(iso(untilMs))}, then judged again.`;
    return { untilMs, reason, isPassing: true };
  }
  if (nowMs < Date.parse(last.openedAt ?? last.endedAt)) return null;
  const reason =
    `Its replayed time ${clock.now} lies before the end of the cool-down of ${policy.coolDown} after run ${last.runNo} ` +
    `(${iso(untilMs)}), and a replayed time does not pass by waiting.`;
  return { untilMs, reason, isPassing: false };
}
