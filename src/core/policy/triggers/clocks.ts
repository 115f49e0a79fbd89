/** The clock of a trigger: which ones become one run, and what "now" is for it. */
import type { RunClock } from '../../types.js';

export const clockKey = (clock: RunClock): string => (clock.mode === 'wall' ? 'wall' : clock.now);

/** A replayed time does not pass by waiting: nothing that it lacks today comes later by itself. */
export const nowOf = (clock: RunClock, wallNowMs: number): number =>
  clock.mode === 'wall' ? wallNowMs : Date.parse(clock.now);

export const iso = (ms: number): string => new Date(ms).toISOString();

/** Groups with equal clocks, oldest first, each in its order of arrival. */
export function byClock<T extends { readonly clock: RunClock }>(oldestFirst: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of oldestFirst) {
    const key = clockKey(item.clock);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
