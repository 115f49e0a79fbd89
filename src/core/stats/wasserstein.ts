/** Wasserstein-1 distance of two numeric samples: printed beside the tests, and what some monitors' claims are in. */

/**
 * Definition: ∫ |F(x) − G(x)| dx, the mean way that values would have to go to turn one sample into the other.
 * Inputs: two samples ascending, finite, no NaN. Unit: that of the values.
 * Conventions: each sample weighs 1 whatever its size.
 * Output: ≥ 0, 0 for equal distributions; symmetric; a shift of all values by c adds at most |c|.
 * Edge cases: NaN when a sample is empty.
 * Reference: Vallender 1974; oracle scipy.stats.wasserstein_distance (test/golden/drift.json).
 * Example: the samples of ks-statistic.ts give 1.03333….
 */
export function wasserstein(first: Float64Array, second: Float64Array): number {
  const [n, m] = [first.length, second.length];
  if (n === 0 || m === 0) return Number.NaN;
  let [i, j, area] = [0, 0, 0];
  let from = Math.min(first[0]!, second[0]!);
  while (i < n || j < m) {
    const left = i < n ? first[i]! : Infinity;
    const right = j < m ? second[j]! : Infinity;
    const value = Math.min(left, right);
    area += Math.abs(i / n - j / m) * (value - from);
    from = value;
    if (left <= right) i += 1;
    else j += 1;
  }
  return area;
}

/**
 * Definition: Wasserstein-1 over the reference's standard deviation, as Evidently's "Wasserstein distance (normed)".
 * Inputs: as above; the first sample is the reference. Unit: none.
 * Conventions: standard deviation with n, and at least .001, as Evidently has it.
 * Output: ≥ 0; not symmetric. Edge cases: NaN when a sample is empty.
 * Reference: Evidently 0.7 `wasserstein_distance_norm`; oracle scipy and numpy (test/golden/drift.json).
 * Example: the samples of ks-statistic.ts give 1.03563….
 */
export function normedWasserstein(reference: Float64Array, current: Float64Array): number {
  let [count, mean, squares] = [0, 0, 0];
  for (const value of reference) {
    count += 1;
    const step = value - mean;
    mean += step / count;
    squares += step * (value - mean);
  }
  return wasserstein(reference, current) / Math.max(Math.sqrt(squares / count), 0.001);
}
