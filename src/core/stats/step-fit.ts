/** Where a series of days jumps, and whether a jump says more than a slow drift. */

export interface StepFit {
  /** First place after the jump. */
  readonly at: number;
  readonly before: number;
  readonly after: number;
  /** Sum of squares that is left by the two means, and by a straight line through the series. */
  readonly stepResidual: number;
  readonly lineResidual: number;
}

/**
 * Definition: least squares of two means with one place of change, against least squares of a line.
 * Inputs: values in the order of days, no NaN; the first and last place at which the change may stand.
 * Conventions: the first of equally good places. Output: sums of squares ≥ 0 in the values' unit squared.
 * Edge cases: null where no place is allowed (at least one value must stand on each side).
 * Reference: Hinkley 1970; oracle: every place tried in numpy (test/golden/labels.json).
 * Example: 0, 0, 1, 1 jumps at 2 with residual 0; the line leaves .2.
 */
export function stepFit(
  values: ArrayLike<number>,
  places: { readonly first: number; readonly last: number },
): StepFit | null {
  const n = values.length;
  let [sum, squares, alongTime] = [0, 0, 0];
  for (let at = 0; at < n; at += 1) {
    sum += values[at]!;
    squares += values[at]! ** 2;
    alongTime += values[at]! * (at - (n - 1) / 2);
  }
  const total = squares - sum ** 2 / n;
  const timeSquares = (n * (n * n - 1)) / 12;
  const lineResidual = Math.max(0, total - (timeSquares === 0 ? 0 : alongTime ** 2 / timeSquares));
  let best: StepFit | null = null;
  let low = 0;
  for (let at = 1; at < n; at += 1) {
    low += values[at - 1]!;
    if (at < places.first || at > places.last) continue;
    const [before, after] = [low / at, (sum - low) / (n - at)];
    const stepResidual = Math.max(0, squares - at * before ** 2 - (n - at) * after ** 2);
    if (best === null || stepResidual < best.stepResidual) best = { at, before, after, stepResidual, lineResidual };
  }
  return best;
}
