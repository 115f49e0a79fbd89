/**
 * Notices that labels have arrived: an open run is told of the furthest; where the policy counts labels they are a reason
 * to retrain once enough are new. Labels themselves stay in the source, so a notice that does nothing loses none.
 */

import type { Judgement, TriggerFacts, WaitingTrigger } from './facts.js';
import type { Fates } from './fates.js';
import type { TriggerPlan } from './plan.js';

/** What ISO 8601 writes with four digits, and the database takes: a year beyond would be the furthest for ever. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** A notice's `through` in ms since 1970; null for what is no instant of the years 1 to 9999. */
export function instantMs(through: unknown): number | null {
  const ms = typeof through === 'string' ? Date.parse(through) : Number.NaN;
  return ms >= FIRST_MS && ms <= LAST_MS ? ms : null;
}

/** Labels are in the source through this instant; null when the notice does not say. */
export function throughMs({ body }: WaitingTrigger): number | null {
  return typeof body === 'object' && body !== null && 'through' in body ? instantMs(body.through) : null;
}

const isNotice = ({ cause }: WaitingTrigger): boolean => cause === 'labels';

/** Gives a fate to notices that can never say anything. */
export function refuseMuteNotices(waiting: readonly WaitingTrigger[], fates: Fates): void {
  for (const notice of waiting) {
    if (!isNotice(notice) || throughMs(notice) !== null) continue;
    fates.give(notice, {
      state: 'refused',
      reason: 'The notice names no instant in `through`: send {"through": "2001-04-01T00:00:00Z"}.',
    });
  }
}

/** The furthest of those still to be told about; ties go to the first that came. */
function furthest(notices: readonly WaitingTrigger[]): WaitingTrigger | null {
  let found: WaitingTrigger | null = null;
  for (const notice of notices) {
    if (found === null || (throughMs(notice) ?? 0) > (throughMs(found) ?? 0)) found = notice;
  }
  return found;
}

/** Tells the open run; without `labels.atLeast` that is all there is to a notice. */
export function passOn(
  waiting: readonly WaitingTrigger[],
  runNo: number,
  { plan, fates }: { plan: TriggerPlan; fates: Fates },
): Judgement['passLabels'] {
  const notices = waiting.filter((one) => isNotice(one) && one.state === 'pending' && !fates.has(one));
  const newest = furthest(notices);
  if (newest === null) return null;
  if (plan.policy.labels === undefined) {
    for (const notice of notices) {
      fates.give(notice, {
        state: 'suppressed',
        reason: `Run ${runNo} was told that labels have arrived; by themselves they start no run.`,
      });
    }
  }
  return { eventId: newest.triggerId, through: new Date(throughMs(newest) ?? 0).toISOString() };
}

/** With no run open and no `labels.atLeast`, a notice has nobody to tell. */
export function dropUncounted(
  waiting: readonly WaitingTrigger[],
  { plan, fates }: { plan: TriggerPlan; fates: Fates },
): void {
  if (plan.policy.labels !== undefined) return;
  for (const notice of waiting) {
    if (!isNotice(notice) || fates.has(notice)) continue;
    const reason =
      'No run waits for labels, and the pipeline sets no `triggers.labels.atLeast`: the next run reads them from the source.';
    fates.give(notice, { state: 'suppressed', reason });
  }
}

export type LabelCount =
  | { readonly kind: 'none' }
  | { readonly kind: 'uncounted'; readonly notice: WaitingTrigger }
  | { readonly kind: 'counted'; readonly count: number; readonly isEnough: boolean };

/** The furthest notice speaks for all: labels through a later instant include those through an earlier one. */
export function countOf(notices: readonly WaitingTrigger[], facts: TriggerFacts, plan: TriggerPlan): LabelCount {
  const newest = furthest(notices);
  const { labels } = plan.policy;
  if (newest === null || labels === undefined) return { kind: 'none' };
  const ids = new Set(notices.map(({ triggerId }) => triggerId));
  const counts = facts.newLabels.filter(({ triggerId }) => ids.has(triggerId));
  const count = Math.max(Number.NEGATIVE_INFINITY, ...counts.map((one) => one.count));
  if (count >= labels.atLeast) return { kind: 'counted', count, isEnough: true };
  if (!counts.some(({ triggerId }) => triggerId === newest.triggerId)) return { kind: 'uncounted', notice: newest };
  return { kind: 'counted', count, isEnough: false };
}
