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

  /** A held one stays held, and an escalated one escalated, without a further row; unless an incident takes it or lets it go. */
  give(
    trigger: WaitingTrigger,
    fate: Pick<Fate, 'state' | 'reason'> & { readonly runNo?: number; readonly incidentId?: number },
  ): void {
    this.#settle(trigger);
    const { state, reason, runNo = null, incidentId = null } = fate;
    if (trigger.state === state && (trigger.incidentId ?? null) === incidentId) return;
    const key = JSON.stringify([state, runNo, incidentId, reason]);
    const change = this.#changes.get(key);
    if (change === undefined)
      this.#changes.set(key, { state, reason, runNo, incidentId, triggerIds: [trigger.triggerId] });
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
