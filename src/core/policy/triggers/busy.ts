/** What becomes of waiting triggers while nothing can start: the model is paused, or a run is open. Nothing is lost. */
import { shortInstant } from '../../instant.js';
import { promotionOf, runKey } from './clocks.js';
import type { TriggerFacts, WaitingTrigger } from './facts.js';
import type { Fates } from './fates.js';
import type { TriggerPlan } from './plan.js';

type Pause = NonNullable<TriggerFacts['pause']>;
type OpenRun = NonNullable<TriggerFacts['openRun']>;

/** With a full stop, unless the person who wrote it ended it. */
const asSentence = (text: string): string => (/[.!?…]\s*$/u.test(text) ? text.trimEnd() : `${text.trimEnd()}.`);

const isFresh = (trigger: WaitingTrigger, fates: Fates): boolean => trigger.state === 'pending' && !fates.has(trigger);

export function holdForPause(waiting: readonly WaitingTrigger[], pause: Pause, fates: Fates): void {
  const why = `Paused by ${pause.by} since ${shortInstant(pause.since)}: ${asSentence(pause.reason)}`;
  for (const trigger of waiting) {
    if (!isFresh(trigger, fates)) continue;
    if (trigger.cause === 'manual')
      fates.give(trigger, { state: 'refused', reason: `${why} Resume the model first, then ask again.` });
    else fates.give(trigger, { state: 'held', reason: `${why} Judged again when it is resumed.` });
  }
}

/**
 * A run that is only just assessing answers those that came in the same moment: the calendar and a monitor in one second
 * make one run. A new version is never taken for answered: the run may have begun with the old one.
 */
function isAnswered(trigger: WaitingTrigger, run: OpenRun, { maxWaitMs }: TriggerPlan): boolean {
  if (run.stage !== 'assess' || trigger.cause === 'version-change' || trigger.cause === 'labels') return false;
  if (runKey(trigger.clock, promotionOf(trigger)) !== runKey(run.clock, run.promotion)) return false;
  return Date.parse(trigger.createdAt) <= Date.parse(run.openedAt) + maxWaitMs;
}

export function holdForRun(
  waiting: readonly WaitingTrigger[],
  run: OpenRun,
  { plan, fates }: { plan: TriggerPlan; fates: Fates },
): void {
  const held = `Run ${run.runNo} is open; judged again when it ends.`;
  const merged = `Asks for what run ${run.runNo} has just begun to answer.`;
  for (const trigger of waiting) {
    if (!isFresh(trigger, fates)) continue;
    if (isAnswered(trigger, run, plan)) fates.give(trigger, { state: 'merged', reason: merged, runNo: run.runNo });
    else fates.give(trigger, { state: 'held', reason: held });
  }
}
