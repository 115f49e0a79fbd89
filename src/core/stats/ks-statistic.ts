/** The largest distance between two empirical distribution functions: the statistic of the two-sample Kolmogorov–Smirnov test. */

export interface KsStatistic {
  /** D in [0, 1]; 0 for equal distributions, 1 for separated ones. */
  readonly statistic: number;
  /** D · n · m, a whole number: what the exact p-value counts with. */
  readonly gap: number;
  /** The value at which the distance is reached first; null when D is 0. */
  readonly at: number | null;
  /** Whether D is reached with the second sample's function above, i.e. the second sample lies lower there. */
  readonly isSecondLower: boolean;
  /** Whether any value occurs twice in both samples together. */
  readonly hasTies: boolean;
}

/**
 * Definition: D = sup over x of |F(x) − G(x)|, F and G the shares of values ≤ x.
 * Inputs: two samples ascending, no NaN (see ascending-values.ts); infinities are allowed.
 * Conventions: two-sided; taken after the last of equal values, so that ties within and between the samples add nothing.
 * Output: [0, 1], larger is further apart; in whole numbers inside, so it is exact for n · m up to 2^53.
 * Edge cases: NaN for `statistic` and `gap` when a sample is empty.
 * Reference: Smirnov 1939; oracle scipy.stats.ks_2samp(...).statistic (test/golden/drift.json).
 * Example: [.1, .4, .7, 1.3, 2.2, 2.9] and [.3, 1.1, 1.9, 2.4, 3, 3.3, 4.1] give .428571….
 */
export function ksStatistic(first: Float64Array, second: Float64Array): KsStatistic {
  const n = first.length;
  const m = second.length;
  if (n === 0 || m === 0) {
    return { statistic: Number.NaN, gap: Number.NaN, at: null, isSecondLower: false, hasTies: false };
  }
  let i = 0;
  let j = 0;
  // i · m − j · n, kept up by steps.
  let lead = 0;
  let widest = 0;
  let place = Number.NaN;
  let ends = 0;
  while (i < n && j < m) {
    const left = first[i]!;
    const right = second[j]!;
    const value = Math.min(left, right);
    while (i < n && first[i] === value) {
      i += 1;
      lead += m;
    }
    while (j < m && second[j] === value) {
      j += 1;
      lead -= n;
    }
    ends += 1;
    if (Math.abs(lead) > Math.abs(widest)) {
      widest = lead;
      place = value;
    }
  }
  const gap = Math.abs(widest);
  // Beyond the end of one sample the distance only falls; ties there still count.
  const hasTies = ends < i + j || hasEqualNeighbours(first, i) || hasEqualNeighbours(second, j);
  return { statistic: gap / (n * m), gap, at: gap === 0 ? null : place, isSecondLower: widest < 0, hasTies };
}

function hasEqualNeighbours(values: Float64Array, from: number): boolean {
  for (let at = from + 1; at < values.length; at += 1) if (values[at] === values[at - 1]) return true;
  return false;
}
