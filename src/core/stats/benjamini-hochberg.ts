/** Benjamini–Hochberg adjustment: the expected share of false alarms among alarms stays below the level. For many columns. */

/**
 * Definition: the i-th smallest of m p-values times m / i, made monotone from above, at most 1.
 * Inputs: p-values in [0, 1], no NaN, any order. Output: adjusted values in the order given.
 * Edge cases: an empty list gives an empty list.
 * Reference: Benjamini & Hochberg 1995; oracle statsmodels multipletests(method='fdr_bh') (test/golden/tests.json).
 * Example: [.001, .02, .03, .04] gives [.004, .04, .04, .04].
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const count = pValues.length;
  const descending = pValues.map((_, at) => at).sort((a, b) => pValues[b]! - pValues[a]!);
  const adjusted = new Array<number>(count);
  let ceiling = 1;
  for (const [fromTop, at] of descending.entries()) {
    ceiling = Math.min(ceiling, (count / (count - fromTop)) * pValues[at]!);
    adjusted[at] = ceiling;
  }
  return adjusted;
}
