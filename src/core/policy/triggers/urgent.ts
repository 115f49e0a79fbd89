/** The causes that wait for nothing but an open run: the calendar, a new version, a person. */
import { budgetSpent } from './budget.js';
import type { Judgement, TriggerFacts, WaitingTrigger } from './facts.js';
import type { Fates } from './fates.js';
import type { TriggerPlan } from './plan.js';

type Opening = NonNullable<Judgement['open']>;

export interface GroupContext {
  readonly facts: TriggerFacts;
  readonly plan: TriggerPlan;
  readonly fates: Fates;
}

export const isSlow = ({ cause }: WaitingTrigger): boolean =>
  cause === 'drift' || cause === 'performance' || cause === 'labels';

function whyNow({ cause, requestedBy, body }: WaitingTrigger): string {
  if (cause === 'schedule') return `The schedule's time has come (${requestedBy}).`;
  if (cause === 'version-change') return `A version changed, says ${requestedBy}.`;
  const reason = typeof body === 'object' && body !== null && 'reason' in body ? body.reason : null;
  return typeof reason === 'string' && reason !== ''
    ? `${requestedBy} asks: ${reason}`
    : `${requestedBy} asks for a run.`;
}

/** The opener first; each of them belongs to the run from here on. */
export function openWith(
  first: WaitingTrigger,
  others: readonly WaitingTrigger[],
  { reason, fates }: { reason: string; fates: Fates },
): Opening {
  const all = [first, ...others.filter((other) => other !== first)];
  for (const trigger of all) fates.take(trigger);
  const { cause, requestedBy, clock } = first;
  return { triggerIds: all.map(({ triggerId }) => triggerId), cause, requestedBy, clock, reason };
}

/**
 * The first urgent one opens and takes along all that wait with its clock and promotion, escalated ones too. With the budget spent only
 * a person's request passes; the others are escalated to one.
 */
export function judgeUrgent(group: readonly WaitingTrigger[], { facts, plan, fates }: GroupContext): Opening | null {
  const left = group.filter((trigger) => !fates.has(trigger));
  const urgent = left.filter((trigger) => !isSlow(trigger) && trigger.state !== 'escalated');
  const [oldest] = urgent;
  if (oldest === undefined) return null;
  const spent = budgetSpent(oldest.clock, facts, plan);
  const opener = spent === null ? oldest : urgent.find(({ cause }) => cause === 'manual');
  if (opener !== undefined) return openWith(opener, left, { reason: whyNow(opener), fates });
  for (const trigger of urgent) fates.give(trigger, { state: 'escalated', reason: spent ?? '' });
  return null;
}
