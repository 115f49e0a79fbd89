/** Drift, performance and labels of one clock: cool-down, debounce, then the composition of their conditions. */

import { iso, shortInstant } from '../../instant.js';
import { budgetSpent } from './budget.js';
import { type Composition, compose } from './compose.js';
import { type CoolDown, coolDownOf } from './cool-down.js';
import { debounceUntilMs } from './debounce.js';
import type { Judgement, WaitingTrigger } from './facts.js';
import { countOf, type LabelCount, throughMs } from './label-notices.js';
import { neededText } from './plan.js';
import { type ClaimReading, namesOf, readClaim, whyNoneMet } from './read-claim.js';
import type { ScoreSeries } from './score-series.js';
import { type GroupContext, isSlow, openWith } from './urgent.js';

/** Should the count that was asked for not come, it is asked for again. */
const COUNT_AGAIN_MS = 60_000;

export interface SlowContext extends GroupContext {
  readonly series: ScoreSeries;
  readonly nowMs: number;
}

export interface SlowAnswer {
  readonly open: Judgement['open'];
  readonly countLabels: Judgement['countLabels'];
  readonly wakesMs: readonly number[];
}

interface Read {
  readonly trigger: WaitingTrigger;
  readonly reading: ClaimReading;
}

const answer = (more: Partial<SlowAnswer>): SlowAnswer => ({ open: null, countLabels: [], wakesMs: [], ...more });
const isFresh = ({ state }: WaitingTrigger): boolean => state !== 'escalated';
const isCritical = ({ claim }: WaitingTrigger): boolean => claim?.severity === 'critical';
const isEvidence = ({ reading }: Read): boolean => reading.met.length > 0;

function hold(triggers: readonly WaitingTrigger[], coolDown: CoolDown, { fates }: SlowContext): SlowAnswer {
  const state = coolDown.isPassing ? 'held' : 'suppressed';
  for (const trigger of triggers) fates.give(trigger, { state, reason: coolDown.reason });
  return answer({ wakesMs: coolDown.isPassing ? [coolDown.untilMs] : [] });
}

/** @returns when it is to be judged again; null when it is settled */
function settle({ trigger, reading }: Read, composed: Composition, context: SlowContext): number | null {
  const { plan, fates, nowMs } = context;
  if (reading.isUndecidable) {
    const reason =
      'Nothing in it can be judged: no verdict, and score, threshold or direction unknown. A person is asked.';
    fates.give(trigger, { state: 'escalated', reason });
    return null;
  }
  if (!isEvidence({ trigger, reading })) {
    fates.give(trigger, { state: 'suppressed', reason: whyNoneMet(reading, plan) });
    return null;
  }
  const withinMs = Math.max(...reading.met.map((index) => plan.conditions[index]!.withinMs));
  const untilMs = Date.parse(trigger.createdAt) + withinMs;
  const lacking = plan.conditions.flatMap((_, index) => (composed.best.includes(index) ? [] : [index]));
  const meets = `Meets ${namesOf(reading.met, plan)}; the policy wants ${neededText(plan)} together`;
  if (trigger.clock.mode === 'wall' && nowMs < untilMs) {
    const reason = `${meets}. It waits for ${namesOf(lacking, plan)} until ${shortInstant(iso(untilMs))}.`;
    fates.give(trigger, { state: 'held', reason });
    return untilMs;
  }
  fates.give(trigger, { state: 'suppressed', reason: `${meets}, and ${namesOf(lacking, plan)} was not met in time.` });
  return null;
}

function judgeNotices(notices: readonly WaitingTrigger[], counted: LabelCount, context: SlowContext): SlowAnswer {
  const { plan, fates, nowMs } = context;
  if (counted.kind === 'none') return answer({});
  if (counted.kind === 'uncounted') {
    const { notice } = counted;
    const through = iso(throughMs(notice) ?? 0);
    return answer({
      countLabels: [{ triggerId: notice.triggerId, through }],
      wakesMs: [nowMs + COUNT_AGAIN_MS],
    });
  }
  const reason = `${counted.count} labels are new since the champion's training data; ${plan.policy.labels?.atLeast} are wanted.`;
  for (const notice of notices) fates.give(notice, { state: 'suppressed', reason });
  return answer({});
}

interface Ready {
  readonly reads: readonly Read[];
  readonly notices: readonly WaitingTrigger[];
  /** Whatever else a person was asked about: the run answers that too. */
  readonly escalated: readonly WaitingTrigger[];
}

/** The composition is satisfied or enough labels are new: one run with all its evidence, or a person where the budget is spent. */
function openOrAsk(
  { reads, notices, escalated, reason }: Ready & { readonly reason: string },
  context: SlowContext,
): Judgement['open'] {
  const { facts, plan, fates } = context;
  const evidence = reads.filter(isEvidence).map(({ trigger }) => trigger);
  const fresh = [...notices, ...evidence.filter(isFresh)];
  const [first] = fresh;
  if (first === undefined) return null;
  const spent = budgetSpent(first.clock, facts, plan);
  if (spent === null) return openWith(first, [...fresh, ...escalated], { reason, fates });
  for (const trigger of fresh) fates.give(trigger, { state: 'escalated', reason: spent });
  return null;
}

function judgeReady(
  { reads, notices, escalated }: Ready,
  context: SlowContext & { readonly coolDown: CoolDown | null },
): SlowAnswer {
  const { facts, plan, fates, coolDown } = context;
  const evidence = reads.filter(isEvidence).map(({ trigger, reading }) => ({
    createdMs: Date.parse(trigger.createdAt),
    met: reading.met,
    isFresh: isFresh(trigger),
  }));
  const composed = compose(evidence, plan);
  const counted: LabelCount = coolDown === null ? countOf(notices, facts, plan) : { kind: 'none' };
  const isEnough = counted.kind === 'counted' && counted.isEnough;
  let open: Judgement['open'] = null;
  if (isEnough) {
    const reason = `${counted.count} labels are new since the champion's training data; ${plan.policy.labels?.atLeast} were wanted.`;
    open = openOrAsk({ reads, notices, escalated, reason }, context);
  } else if (composed.isSatisfied) {
    const reason = `${namesOf(composed.best, plan)} met: ${neededText(plan)} wanted, ${evidence.length} claim(s) as evidence.`;
    open = openOrAsk({ reads, notices: [], escalated, reason }, context);
  }
  const wakesMs: number[] = [];
  for (const read of reads) {
    if (!isFresh(read.trigger) || fates.has(read.trigger)) continue;
    if (coolDown !== null && open === null && !isCritical(read.trigger)) {
      wakesMs.push(...hold([read.trigger], coolDown, context).wakesMs);
    } else {
      const untilMs = settle(read, composed, context);
      if (untilMs !== null) wakesMs.push(untilMs);
    }
  }
  const left = notices.filter((notice) => !fates.has(notice));
  // Notices that a critical claim's run leaves behind wait for it like all that comes while a run is open.
  const told =
    open !== null
      ? answer({})
      : coolDown !== null
        ? hold(left, coolDown, context)
        : judgeNotices(left, counted, context);
  return { open, countLabels: told.countLabels, wakesMs: [...wakesMs, ...told.wakesMs] };
}

export function judgeSlow(group: readonly WaitingTrigger[], context: SlowContext): SlowAnswer {
  const { facts, plan, fates, series, nowMs } = context;
  const slow = group.filter((trigger) => isSlow(trigger) && !fates.has(trigger));
  const fresh = slow.filter(isFresh);
  const [first] = fresh;
  if (first === undefined) return answer({});
  const read = (trigger: WaitingTrigger): Read => ({ trigger, reading: readClaim(trigger, plan, series) });
  const claims = slow.filter(({ cause }) => cause !== 'labels');
  const isPressing = claims.some((trigger) => isFresh(trigger) && isCritical(trigger) && isEvidence(read(trigger)));
  const coolDown = coolDownOf(first.clock, facts, plan);
  if (coolDown !== null && !(isPressing && plan.policy.criticalCutsCoolDown)) return hold(fresh, coolDown, context);
  const debounceMs = isPressing ? nowMs : debounceUntilMs(fresh, plan);
  if (nowMs < debounceMs) return answer({ wakesMs: [debounceMs] });
  const notices = fresh.filter(({ cause }) => cause === 'labels');
  const escalated = group.filter((trigger) => !isFresh(trigger) && !fates.has(trigger));
  return judgeReady({ reads: claims.map(read), notices, escalated }, { ...context, coolDown });
}
