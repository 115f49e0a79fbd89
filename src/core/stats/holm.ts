/** Holm's step-down adjustment: the chance of any false alarm in a family stays below the level. Used by `each:` gates. */

/**
 * Definition: the i-th smallest of m p-values times (m − i + 1), made monotone from below, at most 1.
 * Inputs: p-values in [0, 1], no NaN, any order. Output: adjusted values in the order given.
 * Edge cases: an empty list gives an empty list.
 * Reference: Holm 1979; oracle statsmodels multipletests(method='holm') (test/golden/tests.json).
 * Example: [.001, .02, .03, .04] gives [.004, .06, .06, .06].
 */
export function holm(pValues: readonly number[]): number[] {
  const ascending = pValues.map((_, at) => at).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let floor = 0;
  for (const [rank, at] of ascending.entries()) {
    floor = Math.max(floor, Math.min(1, (pValues.length - rank) * pValues[at]!));
    adjusted[at] = floor;
  }
  return adjusted;
}
