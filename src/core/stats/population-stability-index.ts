/** Population stability index: printed beside the tests, and what some monitors' claims are in. It decides nothing here. */

/** What an empty bin counts as, in shares; Evidently's value. */
const FLOOR = 0.0001;

/**
 * Definition: Σ (q − p) · ln(q / p) over bins, p and q the shares of the first and second sample.
 * Inputs: two aligned lists of counts by bin or category.
 * Conventions: natural log; a share of 0 counts as .0001 unless `floor` says otherwise, without rescaling the others.
 * Output: ≥ 0, 0 for equal shares, no upper bound; symmetric. Customary reading: .1 some, .25 much; but with nothing changed it
 * is about (bins − 1) · (1/n + 1/m), so many bins and few rows exceed both.
 * Edge cases: NaN when a sample has no rows; bins empty in both add 0.
 * Reference: Siddiqi 2006; oracle numpy (test/golden/drift.json).
 * Example: [20, 30, 50] and [30, 30, 40] give .06286….
 */
export function populationStabilityIndex(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: { readonly floor?: number } = {},
): number {
  const floor = options.floor ?? FLOOR;
  let [n, m] = [0, 0];
  for (let at = 0; at < first.length; at += 1) {
    n += first[at]!;
    m += second[at]!;
  }
  if (n === 0 || m === 0) return Number.NaN;
  let sum = 0;
  for (let at = 0; at < first.length; at += 1) {
    const p = first[at] === 0 ? floor : first[at]! / n;
    const q = second[at] === 0 ? floor : second[at]! / m;
    sum += (q - p) * Math.log(q / p);
  }
  return sum;
}
