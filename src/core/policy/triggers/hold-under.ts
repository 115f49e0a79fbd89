/**
 * While an incident is open, what monitors say of data since its onset has its explanation: it is held, and judged again when
 * the incident is closed. The calendar, labels, a new version and a person start runs all the same, which are assessed
 * themselves.
 */
import { nowOf } from './clocks.js';
import type { OpenIncident, TriggerFacts, WaitingTrigger } from './facts.js';
import type { Fates } from './fates.js';

/** How far the data reach that it speaks of; a claim without a window speaks of the data of its time. */
const reachMs = ({ claim, clock, createdAt }: WaitingTrigger): number =>
  claim === null ? nowOf(clock, Date.parse(createdAt)) : Date.parse(claim.window.end);

function incidentOf(trigger: WaitingTrigger, open: readonly OpenIncident[]): OpenIncident | undefined {
  if (trigger.cause !== 'drift' && trigger.cause !== 'performance') return undefined;
  const reach = reachMs(trigger);
  return open.find(({ mode, since }) => mode === trigger.clock.mode && reach > Date.parse(since));
}

/** One that waits for a person stays with that person. */
export function holdUnderIncidents(
  waiting: readonly WaitingTrigger[],
  { openIncidents }: Pick<TriggerFacts, 'openIncidents'>,
  fates: Fates,
): void {
  if (openIncidents.length === 0) return;
  for (const trigger of waiting) {
    if (trigger.state === 'escalated' || fates.has(trigger)) continue;
    const incident = incidentOf(trigger, openIncidents);
    if (incident === undefined) continue;
    const { incidentId, name } = incident;
    fates.give(trigger, { state: 'held', reason: `${name} is open; judged again when it is closed.`, incidentId });
  }
}
