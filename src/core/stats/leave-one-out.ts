/**
 * A statistic together with its values when one block at a time is left out: all that the block jackknife needs, for
 * the statistic itself and for any function of two of them on the same rows.
 */

export interface LeaveOneOut {
  /** On all blocks; NaN where the statistic is not defined (no positive row, say). */
  readonly value: number;
  /** [blocks]: on all blocks but this one; NaN where not defined. */
  readonly without: Float64Array;
}

/**
 * Applies `combine` to two statistics of the same rows, with the same block left out of both.
 * Example: `combineLeaveOneOut(a, b, (x, y) => x - y)` is the difference, ready for the jackknife.
 */
export function combineLeaveOneOut(
  first: LeaveOneOut,
  second: LeaveOneOut,
  combine: (first: number, second: number) => number,
): LeaveOneOut {
  return {
    value: combine(first.value, second.value),
    without: first.without.map((value, block) => combine(value, second.without[block]!)),
  };
}
