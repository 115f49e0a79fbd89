// Binomial tails: whether a count can be chance under a nominal share.
import { incompleteBeta } from '../../dist/core/stats/incomplete-beta.js';

/** P(X ≥ count) for X ~ Binomial(trials, share). */
export function atLeast(count, trials, share) {
  if (count <= 0) return 1;
  return incompleteBeta({ a: count, b: trials - count + 1, x: share, rest: 1 - share });
}

/** P(X ≤ count) for X ~ Binomial(trials, share). */
export function atMost(count, trials, share) {
  return count >= trials ? 1 : 1 - atLeast(count + 1, trials, share);
}
