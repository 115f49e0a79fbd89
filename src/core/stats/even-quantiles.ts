/** Bin edges from values that are already counted: what quantiles of the rows themselves would give. */

/**
 * Definition: for each share p = 0, 1/steps, … 1 the smallest value whose cumulated count reaches p of all rows.
 * Inputs: values ascending, counts a day (outer) and a value (inner).
 * Output: ascending, without repeats; empty without rows.
 * Reference: inverse of the empirical distribution function (Hyndman & Fan 1996, type 1); oracle numpy.quantile(method='inverted_cdf').
 * Example: values 1, 2, 3 counted 2, 1, 1 in 2 steps give 1, 3.
 */
export function evenQuantiles(
  of: { readonly values: readonly number[]; readonly counts: readonly (readonly number[])[] },
  steps: number,
): number[] {
  const totals = of.values.map((_, at) => of.counts.reduce((sum, day) => sum + day[at]!, 0));
  const rows = totals.reduce((sum, count) => sum + count, 0);
  const edges: number[] = [];
  let [at, reached] = [-1, 0];
  for (let step = 0; step <= steps && rows > 0; step += 1) {
    const wanted = Math.max(1, Math.ceil((step / steps) * rows));
    while (reached < wanted) {
      at += 1;
      reached += totals[at]!;
    }
    if (edges[edges.length - 1] !== of.values[at]) edges.push(of.values[at]!);
  }
  return edges;
}
