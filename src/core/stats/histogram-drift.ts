/** KS test of new rows against a stored histogram: drift of a numeric column without reading the old rows again. */
import type { BinCounts } from './bin-counts.js';
import { ksMethod, ksPValue } from './ks-two-sample.js';
import type { NumericHistogram } from './numeric-summary.js';

export interface HistogramDrift {
  /** Largest distance of the two distribution functions where both are known: at edges, and just below them. */
  readonly statistic: number;
  /** The distance between edges is at most statistic + binError. 0 when both samples lie on the edges alone. */
  readonly binError: number;
  readonly pValue: number;
  readonly method: 'exact' | 'asymptotic';
  /** The edge at which the statistic is reached first; null when it is 0. */
  readonly at: number | null;
  readonly nReference: number;
  readonly nCurrent: number;
}

/**
 * Definition: D over the edges e of |F(e) − G(e)| and, where the profile knows how many values lie on an edge, |F(e−) − G(e−)|.
 * Inputs: the stored histogram (counts of a sample of the reference), counts of the new rows into the same edges.
 * Conventions: p-value as of a KS statistic of the sizes of both samples. Bins can only hide distance, never add to it, so D and
 * with it the test err towards "nothing changed"; `binError` says by how much at most, so that "not moved" can be judged by
 * statistic + binError.
 * Output: D in [0, 1], binError in [0, 1 − D], p in [0, 1].
 * Edge cases: NaN for D, error and p when either sample is empty.
 * Reference: bounds of a distribution function between two known points; oracle scipy.stats.ks_2samp on the rows themselves
 * (test/golden/drift.json): D(bins) ≤ D(rows) ≤ D(bins) + error.
 * Example: edges [1, 2, 3], stored counts [1, 1, 2, 0] all on edges, new counts [2, 2, 0, 0] all on edges: D .5 at 2, error 0.
 */
export function histogramDrift(reference: NumericHistogram, current: BinCounts): HistogramDrift {
  const n = reference.counts.reduce((sum, one) => sum + one, 0);
  const m = current.rows;
  const method = ksMethod(n, m);
  const sizes = { method, nReference: n, nCurrent: m };
  if (n === 0 || m === 0)
    return { ...sizes, statistic: Number.NaN, binError: Number.NaN, pValue: Number.NaN, at: null };
  let [f, g, gap, reach] = [0, 0, 0, 0];
  let at: number | null = null;
  const look = (first: number, second: number, edge: number): void => {
    const lead = Math.abs(first * m - second * n);
    if (lead > gap) {
      gap = lead;
      at = edge;
    }
  };
  for (let bin = 0; bin < reference.counts.length; bin += 1) {
    const edge = reference.edges[bin];
    const own = reference.counts[bin]!;
    const theirs = current.counts[bin]!;
    // Where the profile does not say what lies on the edge, all of the bin may lie inside.
    const isKnown = reference.atEdge !== null && edge !== undefined;
    const inside = isKnown ? own - reference.atEdge[bin]! : own;
    const insideCurrent = isKnown ? theirs - current.atEdge[bin]! : theirs;
    reach = Math.max(reach, (f + inside) * m - g * n, (g + insideCurrent) * n - f * m);
    if (isKnown) look(f + inside, g + insideCurrent, edge);
    f += own;
    g += theirs;
    if (edge !== undefined) look(f, g, edge);
  }
  const pValue = ksPValue({ n, m, gap, method, tieEnds: null });
  return { ...sizes, statistic: gap / (n * m), binError: Math.max(0, reach - gap) / (n * m), pValue, at };
}
