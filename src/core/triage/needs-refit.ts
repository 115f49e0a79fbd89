/** Whether the refit probe has anything to settle, and on which days it is to be run. */
import { DAY_MS } from '../spec/duration.js';
import { isAlarm } from './decide.js';
import { areInputsUnmoved, hasFallen } from './fact-words.js';
import type { PerformanceFacts, TriageFacts } from './facts.js';
import type { ComparedDays } from './performance-days.js';
import { LEAST_TEST_DAYS } from './refit-facts.js';
import type { TriageRule } from './triage-rule.js';
import { FAULT_VERDICTS, type TriageResult } from './verdict.js';

/**
 * An alarm, a champion that got worse, inputs that did not move, and no fault: then a changed concept is what is left, and only a refit
 * can tell.
 */
export function needsRefit(facts: TriageFacts, { result, rule }: { result: TriageResult; rule: TriageRule }): boolean {
  const isFaulty = result.causes.some(
    ({ cause, state }) =>
      FAULT_VERDICTS.some((fault) => fault === cause) && (state === 'confirmed' || state === 'suspected'),
  );
  return isAlarm(facts.cause) && hasFallen(facts.performance, rule) && areInputsUnmoved(facts) && !isFaulty;
}

/** From the onset on, against the days before it; the whole window where so few days are left that they could not be split. */
export function refitDays(
  compared: ComparedDays,
  { onset }: Pick<PerformanceFacts, 'onset'>,
): { readonly recent: readonly number[]; readonly reference: readonly number[] } {
  const days = (list: ComparedDays['current']): number[] => list.map(({ day }) => day);
  const [all, before] = [days(compared.current), days(compared.reference)];
  if (onset === null) return { recent: all, reference: before };
  const from = Date.parse(onset) / DAY_MS;
  const since = all.filter((day) => day >= from);
  const isEnough = since.length >= 2 * LEAST_TEST_DAYS;
  return { recent: isEnough ? since : all, reference: before.filter((day) => day < from) };
}
