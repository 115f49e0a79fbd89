/** Log loss of a row. */

/** 2^-23, the spacing of float32 at 1: a float32 score cannot say more certainty than this near 1. */
const EPSILON = 2 ** -23;

/**
 * Definition: −ln(score) for a positive row, −ln(1 − score) for a negative one; the metric is its mean.
 * Inputs: score in [0, 1], label 0 or 1; no NaN.
 * Conventions: natural log; scores are clipped to [2^-23, 1 − 2^-23], as scikit-learn does for float32.
 * Output: [0, 15.95], lower is better; ln 2 = .693 is what a constant .5 gives.
 * Edge cases: none; defined for a single class too.
 * Reference: oracle sklearn.metrics.log_loss on the clipped scores in double precision (test/golden/metrics.json).
 * Example: rowLogLoss(0.8, 1) = .22314355….
 */
export function rowLogLoss(score: number, label: number): number {
  const clipped = Math.min(Math.max(score, EPSILON), 1 - EPSILON);
  return -Math.log(label === 1 ? clipped : 1 - clipped);
}
