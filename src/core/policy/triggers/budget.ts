/** Runs and training minutes that may start by themselves in a period; beyond them a person decides. Wall clock only. */
import type { RunClock } from '../../types.js';
import type { TriggerFacts } from './facts.js';
import type { TriggerPlan } from './plan.js';

/** Why no further run may start by itself now; null when one may. */
export function budgetSpent(clock: RunClock, facts: TriggerFacts, { policy }: TriggerPlan): string | null {
  const { budget } = policy;
  if (budget === undefined || clock.mode !== 'wall') return null;
  const { runs, trainingMinutes } = facts.spent;
  const spent = [
    budget.runs !== undefined && runs >= budget.runs ? `${runs} of ${budget.runs} runs` : '',
    budget.trainingMinutes !== undefined && trainingMinutes >= budget.trainingMinutes
      ? `${Math.round(trainingMinutes * 10) / 10} of ${budget.trainingMinutes} training minutes`
      : '',
  ].filter((part) => part !== '');
  if (spent.length === 0) return null;
  return `The budget is spent: ${spent.join(' and ')} in ${budget.period}. A person decides: \`perennial retrain ${facts.modelId}\`.`;
}
