/** A value of NannyML beside its bounds: which of them judged it, and what that says where no verdict was written. */
import type { Finding } from './drift-claim.js';

interface Bounded {
  readonly score: number | null;
  readonly upper: number | null;
  readonly lower: number | null;
  /** Of the method; null: both sides may be. */
  readonly lowerIsDrift: boolean | null;
  /** NannyML's own verdict. */
  readonly alert: boolean | null;
}

/** The bound that was crossed; of a value between both, the one on the side of drift, else the nearer one. */
function thresholdOf({ score, upper, lower, lowerIsDrift }: Bounded): number | null {
  if (score === null || upper === null || lower === null) return upper ?? lower;
  if (score < lower) return lower;
  if (score > upper) return upper;
  return (lowerIsDrift ?? score - lower < upper - score) ? lower : upper;
}

/** A value within both bounds is quiet even where its verdict cannot be read; beyond one the verdict stays open. */
export function judgedBy(bounded: Bounded): Pick<Finding, 'threshold' | 'alert'> {
  const { score, upper, lower, alert } = bounded;
  const isWithin = score !== null && upper !== null && lower !== null && score >= lower && score <= upper;
  return { threshold: thresholdOf(bounded), alert: alert ?? (isWithin ? false : null) };
}
