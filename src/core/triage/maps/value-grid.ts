/** The values that a column could have had: those of the reference, and where all of them have few decimals, any others that have as few. */
import type { Points } from './distribution.js';
import type { LinearMap } from './unit-factors.js';

const MOST_DECIMALS = 3;
const NEAR = 1e-7;

export interface ValueGrid {
  readonly values: Float64Array;
  /** Null: the values lie on no grid. */
  readonly decimals: number | null;
}

export const isOnGrid = (value: number, decimals: number): boolean => {
  const scaled = value * 10 ** decimals;
  return Math.abs(scaled - Math.round(scaled)) <= NEAR * Math.max(1, Math.abs(scaled));
};

export function gridOf({ values, weights }: Points): ValueGrid {
  const own = values.filter((_, at) => weights[at]! > 0);
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals += 1) {
    if (own.every((value) => isOnGrid(value, decimals))) return { values: own, decimals };
  }
  return { values: own, decimals: null };
}

/**
 * The grid's step as the map has it, where mapping back leads from the grid onto it whatever the values are: it moves them by a whole
 * number of steps, or points that lie on the grid are spread to every second, third, ... one of it.
 */
export function stepWithin({ decimals }: ValueGrid, { values, weights }: Points, map: LinearMap): number | null {
  const { factor, added } = map;
  if (decimals === null || !isOnGrid(added / factor, decimals)) return null;
  if (factor === 1) return 10 ** -decimals;
  const isSpread = Math.abs(factor) < 1 && isOnGrid(1 / factor, 0);
  const isKept = isSpread && values.every((value, at) => weights[at] === 0 || isOnGrid(value, decimals));
  return isKept ? 10 ** -decimals * factor : null;
}

/** The one of the ascending values that it equals, up to what floating point loses. */
function knownOf(values: Float64Array, value: number): number | undefined {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return [values[low - 1], values[low]].find(
    (own) => own !== undefined && Math.abs(own - value) <= NEAR * Math.max(Math.abs(own), Math.abs(value)),
  );
}

export const isKnown = (values: Float64Array, value: number): boolean => knownOf(values, value) !== undefined;

/** Without what floating point lost, where it is a value that the column could have had. */
export function nearestOn({ values, decimals }: ValueGrid, value: number): number {
  const known = knownOf(values, value);
  if (known !== undefined || decimals === null || !isOnGrid(value, decimals)) return known ?? value;
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}

/** Share of rows whose value, mapped back, is one that the column could have had. */
export function shareOnGrid(grid: ValueGrid, points: Points, map: LinearMap): number {
  const [least, most] = [grid.values[0] ?? Number.NaN, grid.values[grid.values.length - 1] ?? Number.NaN];
  let rows = 0;
  for (let at = 0; at < points.values.length; at += 1) {
    if (points.weights[at]! === 0) continue;
    const value = (points.values[at]! - map.added) / map.factor;
    const isInside = value >= least - NEAR * Math.abs(least) && value <= most + NEAR * Math.abs(most);
    const fits = grid.decimals !== null && isInside && isOnGrid(value, grid.decimals);
    if (fits || isKnown(grid.values, value)) rows += points.weights[at]!;
  }
  return rows / points.rows;
}
