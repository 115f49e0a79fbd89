/** L-infinity distance of two samples' categories: the largest change of one category's share. What NannyML and TFDV claim in. */

export interface LInfinity {
  readonly distance: number;
  /** Place of the category that changed most, the first of equals; null when nothing changed or a sample is empty. */
  readonly at: number | null;
}

/**
 * Definition: max over categories of |p − q|, the shares of the two samples.
 * Inputs: two aligned lists of counts. Conventions: shares of each sample's own total.
 * Output: [0, 1], 0 for equal shares; symmetric. Edge cases: NaN when a sample has no rows.
 * Reference: NannyML `l_infinity`, TFDV `infinity_norm`; oracle scipy.spatial.distance.chebyshev (test/golden/drift.json).
 * Example: [20, 30, 50] and [30, 30, 40] give .1 at 0.
 */
export function lInfinity(first: ArrayLike<number>, second: ArrayLike<number>): LInfinity {
  let [n, m] = [0, 0];
  for (let at = 0; at < first.length; at += 1) {
    n += first[at]!;
    m += second[at]!;
  }
  if (n === 0 || m === 0) return { distance: Number.NaN, at: null };
  let distance = 0;
  let place: number | null = null;
  for (let at = 0; at < first.length; at += 1) {
    const change = Math.abs(first[at]! / n - second[at]! / m);
    if (change > distance) {
      distance = change;
      place = at;
    }
  }
  return { distance, at: place };
}
