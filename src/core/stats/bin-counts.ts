/**
 * Values counted into a stored profile's bins, in one pass and without a sort: what drift against a profile reads of the new
 * rows. A table of equal cells over the edges' range says where to look, so that a value costs a few comparisons whatever
 * the scale; edges that share a cell are told apart by halving.
 */

const CELLS = 4096;

export interface BinCounts {
  /** counts[i] = values in (edges[i − 1], edges[i]]; the first bin is open below, the last (one more than edges) above. */
  readonly counts: Float64Array;
  /** atEdge[i] = values equal to edges[i]: what a discrete column consists of. Part of counts[i]. */
  readonly atEdge: Float64Array;
  /** Values without nulls. */
  readonly rows: number;
  readonly nulls: number;
}

/**
 * @param values any order; NaN stands for null
 * @param edges strictly ascending, finite
 */
export function countIntoBins(values: Float64Array, edges: Float64Array): BinCounts {
  const last = edges.length;
  const counts = new Float64Array(last + 1);
  const atEdge = new Float64Array(last);
  const lowest = last === 0 ? 0 : edges[0]!;
  const scale = last < 2 ? 0 : CELLS / (edges[last - 1]! - lowest);
  const firstOf = firstEdgeOfCells(edges, { lowest, scale });
  let nulls = 0;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (Number.isNaN(value)) {
      nulls += 1;
      continue;
    }
    const cell = (value - lowest) * scale;
    const at = cell >= CELLS ? CELLS : cell > 0 ? cell | 0 : 0;
    let bin = firstOf[at]!;
    let end = firstOf[at + 1]!;
    // The edge wanted is the first that is not below the value: in this cell, or the first of the next one.
    while (end - bin > 4) {
      const middle = (bin + end) >> 1;
      if (edges[middle]! < value) bin = middle + 1;
      else end = middle;
    }
    while (bin < last && edges[bin]! < value) bin += 1;
    counts[bin]! += 1;
    if (bin < last && edges[bin] === value) atEdge[bin]! += 1;
  }
  return { counts, atEdge, rows: values.length - nulls, nulls };
}

/** Per cell the first edge that lies in it or above; one more entry for what lies above all. */
function firstEdgeOfCells(edges: Float64Array, by: { lowest: number; scale: number }): Int32Array {
  const first = new Int32Array(CELLS + 2).fill(edges.length);
  for (let edge = edges.length - 1; edge >= 0; edge -= 1) {
    // The same arithmetic as for values, so that equal numbers come to the same cell.
    const cell = (edges[edge]! - by.lowest) * by.scale;
    first[cell >= CELLS ? CELLS : cell > 0 ? cell | 0 : 0] = edge;
  }
  for (let cell = CELLS; cell >= 0; cell -= 1) first[cell] = Math.min(first[cell]!, first[cell + 1]!);
  return first;
}
