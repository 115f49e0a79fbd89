/** Isotonic regression: from a model's scores to probabilities that were right on labelled rows, whatever the scores' scale. */

export interface IsotonicFit {
  /** Strictly ascending: the ends of the blocks. */
  readonly scores: readonly number[];
  /** Not descending, in [0, 1]. */
  readonly probabilities: readonly number[];
}

/**
 * Definition: the non-descending function of the score with the least squared error against the labels (pool adjacent violators).
 * Inputs: scores ascending, no NaN; labels 0 or 1, aligned.
 * Conventions: rows of one score count as one; a block of equal values is kept by its two ends.
 * Output: as IsotonicFit; no points for no rows.
 * Edge cases: one class gives a constant 0 or 1.
 * Reference: Barlow et al. 1972; oracle sklearn.isotonic.IsotonicRegression (test/golden/monitor.json).
 * Example: scores .1 .2 .3 .4 with labels 0 1 0 1 give 0, .5, .5, 1.
 */
export function isotonicFit(scores: ArrayLike<number>, labels: ArrayLike<number>): IsotonicFit {
  const first: number[] = [];
  const last: number[] = [];
  const sums: number[] = [];
  const counts: number[] = [];
  for (let row = 0; row < scores.length; ) {
    const score = scores[row]!;
    let [sum, count] = [0, 0];
    for (; row < scores.length && scores[row] === score; row += 1) {
      sum += labels[row]!;
      count += 1;
    }
    let start = score;
    while (sums.length > 0 && sums.at(-1)! * count >= sum * counts.at(-1)!) {
      sum += sums.pop()!;
      count += counts.pop()!;
      start = first.pop()!;
      last.pop();
    }
    first.push(start);
    last.push(score);
    sums.push(sum);
    counts.push(count);
  }
  const fit = { scores: [] as number[], probabilities: [] as number[] };
  for (const [at, sum] of sums.entries()) {
    const value = sum / counts[at]!;
    for (const end of first[at] === last[at] ? [first[at]!] : [first[at]!, last[at]!]) {
      fit.scores.push(end);
      fit.probabilities.push(value);
    }
  }
  return fit;
}

/** Straight between two points, constant outside of all; NaN without a point. @param scores any order */
export function applyIsotonic(fit: IsotonicFit, scores: ArrayLike<number>): Float64Array {
  const { scores: xs, probabilities: ys } = fit;
  const most = xs.length - 1;
  return Float64Array.from(scores, (score) => {
    if (most < 0 || Number.isNaN(score)) return Number.NaN;
    if (score <= xs[0]!) return ys[0]!;
    if (score >= xs[most]!) return ys[most]!;
    let [low, high] = [0, most];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (xs[middle]! <= score) low = middle;
      else high = middle;
    }
    return ys[low]! + ((ys[high]! - ys[low]!) * (score - xs[low]!)) / (xs[high]! - xs[low]!);
  });
}
