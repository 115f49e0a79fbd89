/** From the gain's interval to a word: win, loss, tie, or the honest fourth. */
import type { Comparison, Interval } from '../types.js';

/** Below this many days the jackknife's interval is not trusted with a decision. */
export const MIN_BLOCKS = 14;
/** From this many days on its coverage is steady. */
export const RECOMMENDED_BLOCKS = 28;
/** A time range that was looked at this often has to move on. */
export const MAX_LOOKS = 5;

interface GainFacts {
  /** Of the gain (positive: the candidate is better), at the look's confidence; null: it could not be computed. */
  readonly interval: Interval | null;
  readonly blocks: number;
  readonly look: number;
  readonly margin: number;
  readonly equivalence: number;
}

/**
 * The first that holds, in this order: `win` (lower bound above the margin), `loss` (upper bound below zero), `tie`
 * (interval inside ± the equivalence margin). So a small gain that is shown is a win, and a small loss that is shown is a
 * loss, although each is a tie too; whoever finds such a gain too small raises the margin.
 * Too few days, too many looks or an interval that is missing or not finite: `not-enough-data`.
 */
export function compareGain({ interval, blocks, look, margin, equivalence }: GainFacts): Comparison {
  if (!isUsable(interval)) return 'not-enough-data';
  if (blocks < MIN_BLOCKS || look > MAX_LOOKS) return 'not-enough-data';
  if (interval.lower > margin) return 'win';
  if (interval.upper < 0) return 'loss';
  if (interval.lower > -equivalence && interval.upper < equivalence) return 'tie';
  return 'not-enough-data';
}

/** Only an interval with two finite ends may decide anything. */
export function isUsable(interval: Interval | null): interval is Interval {
  return interval !== null && Number.isFinite(interval.lower) && Number.isFinite(interval.upper);
}
