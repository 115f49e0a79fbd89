/** One finding against one condition: yes, no, or the two ways of not being able to say. */
import type { Finding } from '../../signals/drift-claim.js';
import type { ClaimFacts } from './facts.js';
import type { ConditionPlan } from './plan.js';
import { quantileOf, type ScoreSeries } from './score-series.js';

/**
 * `unknown`: the finding itself does not tell (no verdict, no score, no direction): a person is asked, nobody guesses.
 * `short`: too few earlier scores to compare with, which passes with time.
 */
export type FindingVerdict = 'yes' | 'no' | 'unknown' | 'short';

/** Fewer earlier scores than these and their quantile or mean says little: the condition is not met. */
const LEAST_FOR_QUANTILE = 8;
const LEAST_FOR_AVERAGE = 3;

type FindingFacts = ClaimFacts['findings'][number];

const hasScore = (score: number | null): score is number => score !== null && Number.isFinite(score);
const verdict = (isMet: boolean): FindingVerdict => (isMet ? 'yes' : 'no');

/** The monitor's own verdict, or what its score, threshold and direction say together. */
export function alertOf({ alert, score, threshold, lowerIsDrift }: FindingFacts): FindingVerdict {
  if (alert !== null) return verdict(alert);
  if (!hasScore(score) || !hasScore(threshold) || lowerIsDrift === null) return 'unknown';
  return verdict(lowerIsDrift ? score < threshold : score > threshold);
}

/** What a claim's findings are read against; made once for all of them. */
export interface FindingContext {
  readonly condition: ConditionPlan;
  /** Its monitor names the series, its window's end the scores that were there before. */
  readonly claim: ClaimFacts;
  readonly series: ScoreSeries;
}

export function readFinding(finding: FindingFacts, { condition, claim, series }: FindingContext): FindingVerdict {
  const { when, historyMs } = condition;
  if (when === 'alert') return alertOf(finding);
  const { score } = finding;
  if (!hasScore(score)) return 'unknown';
  if ('above' in when) return verdict(score > when.above);
  if ('below' in when) return verdict(score < when.below);
  const endMs = Date.parse(claim.window.end);
  const past = series.before({ monitor: claim.monitor, finding, endMs, spanMs: historyMs ?? 0 });
  if (past.n < ('quantile' in when ? LEAST_FOR_QUANTILE : LEAST_FOR_AVERAGE)) return 'short';
  const bound = 'quantile' in when ? quantileOf(past.sorted, when.quantile) : past.mean * when.factor;
  return verdict(when.side === 'above' ? score > bound : score < bound);
}

/** Does the condition speak of this finding at all? Its claim's monitor and severity are asked elsewhere. */
export function concerns(condition: ConditionPlan, finding: Pick<Finding, 'scope' | 'column' | 'method'>): boolean {
  if (condition.scope !== undefined && condition.scope !== finding.scope) return false;
  if (condition.columns !== undefined && !condition.columns.includes(finding.column ?? '')) return false;
  return condition.methods === undefined || condition.methods.includes(finding.method);
}
