/** Brier score of a row. */

/**
 * Definition: (score − label)²; the metric is its mean.
 * Inputs: score in [0, 1], label 0 or 1; no NaN.
 * Conventions: the two-class form in [0, 1], not the sum over classes.
 * Output: [0, 1], lower is better; .25 is what a constant .5 gives.
 * Edge cases: none; defined for a single class too.
 * Reference: Brier 1950; oracle sklearn.metrics.brier_score_loss (test/golden/metrics.json).
 * Example: rowBrier(0.8, 1) = .04.
 */
export function rowBrier(score: number, label: number): number {
  return (score - label) ** 2;
}
