/**
 * What is kept of a numeric column so that drift of later rows never needs the old ones again: bins at even steps of
 * probability, and how many values lie exactly on an edge. Continuous columns are known to 1 / steps between two edges,
 * columns of few values (an hour, a count) exactly.
 */

/** Edges at steps of 1 / 256, and both extremes: a bin error of at most .004 + .004, at 4 KB a column. */
const STEPS = 256;

export interface NumericHistogram {
  /** Strictly ascending. */
  readonly edges: readonly number[];
  /** counts[i] = values in (edges[i − 1], edges[i]]; one more than edges, the last being above all. */
  readonly counts: readonly number[];
  /** atEdge[i] = values equal to edges[i]; null where the profile does not know: then nothing is assumed. */
  readonly atEdge: readonly number[] | null;
}

/**
 * @param sorted a sample of the column's values, ascending, finite, without nulls (ascending-values.ts)
 * @param options.steps probability steps, 256 unless given
 * @returns edges: the distinct quantiles (the smallest value at or above each share) and the extremes; empty for an empty sample
 */
export function numericHistogram(
  sorted: Float64Array,
  options: { readonly steps?: number } = {},
): NumericHistogram & { readonly atEdge: readonly number[] } {
  const steps = options.steps ?? STEPS;
  const rows = sorted.length;
  if (rows === 0) return { edges: [], counts: [0], atEdge: [] };
  const edges: number[] = [];
  const counts: number[] = [];
  const atEdge: number[] = [];
  let at = 0;
  for (let step = 0; step <= steps; step += 1) {
    const edge = sorted[Math.max(0, Math.ceil((step / steps) * rows) - 1)]!;
    if (edges.length > 0 && edge === edges[edges.length - 1]) continue;
    const start = at;
    while (at < rows && sorted[at]! < edge) at += 1;
    const below = at;
    while (at < rows && sorted[at] === edge) at += 1;
    edges.push(edge);
    counts.push(at - start);
    atEdge.push(at - below);
  }
  return { edges, counts: [...counts, rows - at], atEdge };
}
