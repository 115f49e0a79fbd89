/**
 * What becomes of every waiting trigger of a model, and whether a run opens now: the whole trigger policy, pure. The
 * registry loads the facts and applies the answer under the model's lock; `perennial policy replay` drives the same
 * function through the past. After applying an answer, judging again at the same instant changes nothing; whatever still
 * waits has an open run, a pause, an open incident, or `wakeAt` to be judged again by.
 */

import { iso } from '../../instant.js';
import type { TriggerPolicy } from '../../spec/trigger-schema.js';
import { holdForPause, holdForRun } from './busy.js';
import { byRun } from './clocks.js';
import { judgeExpectations } from './expectations.js';
import type { Judgement, TriggerFacts, WaitingTrigger } from './facts.js';
import { Fates } from './fates.js';
import { holdUnderIncidents } from './hold-under.js';
import { dropUncounted, passOn, refuseMuteNotices } from './label-notices.js';
import { planOf, type TriggerPlan } from './plan.js';
import { ScoreSeries } from './score-series.js';
import { judgeSlow, type SlowContext } from './slow.js';
import { judgeUrgent } from './urgent.js';

type Free = Pick<Judgement, 'open' | 'countLabels'> & { readonly wakesMs: readonly number[] };

/** A version change that the policy only records starts nothing; triage finds it in the ledger all the same. */
function recordVersions(waiting: readonly WaitingTrigger[], plan: TriggerPlan, fates: Fates): void {
  if (plan.policy.versionChange !== 'record') return;
  for (const trigger of waiting) {
    if (trigger.cause !== 'version-change') continue;
    fates.give(trigger, {
      state: 'suppressed',
      reason: 'Recorded: `triggers.versionChange` is `record`, so it starts no run.',
    });
  }
}

/** A champion promoted since the claim came has learned from the claim's window already. */
function dropAnswered(waiting: readonly WaitingTrigger[], { champion }: TriggerFacts, fates: Fates): void {
  if (champion === null) return;
  const sinceMs = Date.parse(champion.since);
  const throughMs = Date.parse(champion.trainedThrough);
  const reason = `Champion v${champion.version} was trained through ${champion.trainedThrough}, after this claim's window.`;
  for (const trigger of waiting) {
    if (trigger.claim === null || fates.has(trigger)) continue;
    if (trigger.cause !== 'drift' && trigger.cause !== 'performance') continue;
    if (Date.parse(trigger.createdAt) >= sinceMs || Date.parse(trigger.claim.window.end) > throughMs) continue;
    fates.give(trigger, { state: 'suppressed', reason });
  }
}

/** No run is open and nobody has paused: the oldest clock first; one run at most, which the others wait for. */
function judgeFree(waiting: readonly WaitingTrigger[], context: SlowContext): Free {
  const { facts, plan, fates } = context;
  dropUncounted(waiting, { plan, fates });
  dropAnswered(waiting, facts, fates);
  const wakesMs: number[] = [];
  const countLabels: Judgement['countLabels'][number][] = [];
  for (const group of byRun(waiting)) {
    const urgent = judgeUrgent(group, context);
    if (urgent !== null) return { open: urgent, countLabels: [], wakesMs: [] };
    const slow = judgeSlow(group, context);
    if (slow.open !== null) return { open: slow.open, countLabels: [], wakesMs: [] };
    wakesMs.push(...slow.wakesMs);
    countLabels.push(...slow.countLabels);
  }
  return { open: null, countLabels, wakesMs };
}

/** What has no fate yet waits for the run that opens. */
function holdBehind(waiting: readonly WaitingTrigger[], fates: Fates): void {
  for (const trigger of waiting) {
    if (trigger.state !== 'pending' || fates.has(trigger)) continue;
    fates.give(trigger, { state: 'held', reason: 'A run opens for others first; judged again when it ends.' });
  }
}

function soonest(wakesMs: readonly number[]): string | null {
  const ms = wakesMs.reduce((least, wake) => Math.min(least, wake), Number.POSITIVE_INFINITY);
  return Number.isFinite(ms) ? iso(ms) : null;
}

/** Pure; `facts.waiting` in any order. */
export function judge(facts: TriggerFacts, policy: TriggerPolicy): Judgement {
  const plan = planOf(policy);
  const fates = new Fates();
  const waiting = [...facts.waiting].sort((a, b) => a.seq - b.seq);
  const expected = judgeExpectations(facts, policy);
  refuseMuteNotices(waiting, fates);
  recordVersions(waiting, plan, fates);
  holdUnderIncidents(waiting, facts, fates);
  const passLabels = facts.openRun === null ? null : passOn(waiting, facts.openRun.runNo, { plan, fates });
  let free: Free = { open: null, countLabels: [], wakesMs: [] };
  if (facts.pause !== null) holdForPause(waiting, facts.pause, fates);
  else if (facts.openRun !== null) holdForRun(waiting, facts.openRun, { plan, fates });
  else {
    const series = new ScoreSeries(facts.histories);
    free = judgeFree(waiting, { facts, plan, fates, series, nowMs: Date.parse(facts.now) });
  }
  if (free.open !== null) holdBehind(waiting, fates);
  return {
    open: free.open,
    changes: fates.changes(),
    passLabels,
    countLabels: free.countLabels,
    missingReports: expected.missing,
    wakeAt: soonest([...free.wakesMs, ...expected.wakesMs]),
  };
}
