/** The clock of a trigger and the promotion it asks for: which ones become one run, and what "now" is for it. */
import type { Cause, Promotion, RunClock } from '../../types.js';

/** As a person or the calendar asked; a monitor's claim may hold any word. */
export function promotionOf({ cause, body }: { readonly cause: Cause; readonly body: unknown }): Promotion {
  if (cause !== 'schedule' && cause !== 'manual') return 'by-policy';
  const asked = typeof body === 'object' && body !== null && 'promotion' in body ? body.promotion : null;
  return asked === 'off' ? 'off' : 'by-policy';
}

/** Equal for what one run can answer: a run that may promote is no answer to one that must not, nor the other way round. */
export const runKey = (clock: RunClock, promotion: Promotion): string =>
  `${promotion} ${clock.mode === 'wall' ? 'wall' : clock.now}`;

/** A replayed time does not pass by waiting: nothing that it lacks today comes later by itself. */
export const nowOf = (clock: RunClock, wallNowMs: number): number =>
  clock.mode === 'wall' ? wallNowMs : Date.parse(clock.now);

interface Asked {
  readonly clock: RunClock;
  readonly cause: Cause;
  readonly body: unknown;
}

/** Groups with equal clock and promotion, oldest first, each in its order of arrival. */
export function byRun<T extends Asked>(oldestFirst: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of oldestFirst) {
    const key = runKey(item.clock, promotionOf(item));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
