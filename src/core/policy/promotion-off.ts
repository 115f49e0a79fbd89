/** What a run whose promotion is off says at its end: what would have become of its candidate. */
import type { RunPlan } from '../spec/run-plan.js';
import type { EvaluationSummary } from '../types.js';

export function promotionOff(
  { verdict }: Pick<EvaluationSummary, 'verdict'>,
  { approval: { policy } }: Pick<RunPlan, 'approval'>,
): string {
  const asks = verdict === 'needs-approval' ? policy !== 'never' : verdict === 'promote' && policy === 'always';
  const fate = asks ? 'put to a person' : verdict === 'promote' ? 'promoted' : 'rejected';
  return `promotion is off for this backfill; by its gates it would have been ${fate} (verdict ${verdict}).`;
}
