/** What becomes of each waiting trigger: at most one new state, those with the same reason told together. */
import { assertInvariant } from '../../errors.js';
import type { StateChange, WaitingTrigger } from './facts.js';

type Fate = Omit<StateChange, 'triggerIds'>;

export class Fates {
  readonly #given = new Set<string>();
  readonly #changes = new Map<string, Fate & { triggerIds: string[] }>();

  has(trigger: WaitingTrigger): boolean {
    return this.#given.has(trigger.triggerId);
  }

  /** A held one stays held, and an escalated one escalated, without a further row. */
  give(trigger: WaitingTrigger, fate: Omit<Fate, 'runNo'> & { readonly runNo?: number }): void {
    this.#settle(trigger);
    if (trigger.state === fate.state) return;
    const { state, reason, runNo = null } = fate;
    const key = JSON.stringify([state, runNo, reason]);
    const change = this.#changes.get(key);
    if (change === undefined) this.#changes.set(key, { state, reason, runNo, triggerIds: [trigger.triggerId] });
    else change.triggerIds.push(trigger.triggerId);
  }

  /** It belongs to the run that opens. */
  take(trigger: WaitingTrigger): void {
    this.#settle(trigger);
  }

  #settle(trigger: WaitingTrigger): void {
    assertInvariant(!this.has(trigger), `Trigger ${trigger.triggerId} was given two fates by one judgement.`);
    this.#given.add(trigger.triggerId);
  }

  changes(): readonly StateChange[] {
    return [...this.#changes.values()];
  }
}
