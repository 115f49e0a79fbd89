/** A trigger policy with its durations in milliseconds: read once a judgement, not once a claim. */
import { durationMs } from '../../spec/duration.js';
import type { TriggerCondition, TriggerPolicy } from '../../spec/trigger-schema.js';

export interface ConditionPlan extends TriggerCondition {
  readonly withinMs: number;
  /** How far back a threshold that compares with earlier scores looks; null for the others. */
  readonly historyMs: number | null;
}

export interface TriggerPlan {
  readonly policy: TriggerPolicy;
  readonly quietMs: number;
  readonly maxWaitMs: number;
  readonly coolDownMs: number;
  readonly conditions: readonly ConditionPlan[];
  /** How many conditions have to be met together. */
  readonly needed: number;
}

function neededOf({ policy, conditions }: TriggerPolicy): number {
  if (policy === 'any') return 1;
  if (policy === 'all') return conditions.length;
  if (policy === 'majority') return Math.floor(conditions.length / 2) + 1;
  return policy.atLeast;
}

function historyMsOf({ when }: TriggerCondition): number | null {
  if (typeof when === 'string') return null;
  if ('quantile' in when) return durationMs(when.over);
  return 'rollingAverage' in when ? durationMs(when.rollingAverage) : null;
}

export function planOf(policy: TriggerPolicy): TriggerPlan {
  return {
    policy,
    quietMs: durationMs(policy.debounce.quiet),
    maxWaitMs: durationMs(policy.debounce.maxWait),
    coolDownMs: durationMs(policy.coolDown),
    conditions: policy.conditions.map((condition) => ({
      ...condition,
      withinMs: durationMs(condition.within),
      historyMs: historyMsOf(condition),
    })),
    needed: neededOf(policy),
  };
}

/** e.g. `any 1 of 1 condition`, for the reasons. */
export function neededText({ needed, conditions }: TriggerPlan): string {
  return `${needed} of ${conditions.length} condition${conditions.length === 1 ? '' : 's'}`;
}
