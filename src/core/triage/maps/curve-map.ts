/**
 * A column that is a known curve of what it was: a logarithm, a root, a square, an exponential. Judged by bending the window's values
 * back; a value that the curve cannot have given fits nowhere. A real shift that stretches a column looks like a curve as well: so
 * without values that tell, only a large change is one, which the curve explains almost to nothing and no straight line does.
 */
import type { ColumnMap } from '../facts.js';
import { type ComparedNumbers, distinctOf, MOST_BY_CHANCE, ofSpan, WRONG } from './compared-numbers.js';
import { type DaySpan, instantsOf, isEnough, lengthOf } from './day-span.js';
import { gainingDays } from './days-between.js';
import { mappedKs, type Points } from './distribution.js';
import { suggested } from './linear-candidates.js';
import { IDENTITY } from './unit-factors.js';
import { isOnGrid, shareOnGrid } from './value-grid.js';

interface Curve {
  readonly text: (column: string) => string;
  /** Its inverse, ascending; NaN for what it never gives, all of which lies below what it gives. */
  readonly back: (value: number) => number;
}

/** Plain ones first: where two explain as much, the first does. */
const CURVES: readonly Curve[] = [
  { text: (column) => `natural logarithm of ${column}`, back: Math.exp },
  { text: (column) => `logarithm to base 10 of ${column}`, back: (value) => 10 ** value },
  { text: (column) => `logarithm to base 2 of ${column}`, back: (value) => 2 ** value },
  { text: (column) => `natural logarithm of one plus ${column}`, back: Math.expm1 },
  { text: (column) => `square root of ${column}`, back: (value) => (value < 0 ? Number.NaN : value ** 2) },
  { text: (column) => `square of ${column}`, back: Math.sqrt },
  { text: (column) => `exponential of ${column}`, back: Math.log },
  { text: (column) => `exponential of ${column}, less one`, back: Math.log1p },
];

/** Where values do not tell, a change has to be this large. */
const LARGE = 0.3;
const LEAST_SHARE = 0.95;
/** A curve has nothing to choose, but two values are also what other pairs are. */
const FEWEST_VALUES = 3;
const MOST = Number.MAX_VALUE;

/** Ascending still: what the curve cannot have given lies below everything, and what overflows above it. */
function bentBack({ values, weights, rows }: Points, { back }: Curve): Points {
  const bent = values.map((value) => {
    const own = back(value);
    return Number.isNaN(own) ? -MOST : Math.min(MOST, Math.max(-MOST, own));
  });
  return { values: bent, weights, rows };
}

const moved = ({ values, weights, rows }: Points, by: (value: number) => number): Points => ({
  values: values.map(by),
  weights,
  rows,
});

/** Of the rows of its days; null where values moved a little, or left as they are, would be known ones about as often. */
function tellingShare({ grid, isCountable }: ComparedNumbers, rest: Points, curve: Curve): number | null {
  if (!isCountable) return null;
  const shareOf = (points: Points): number => shareOnGrid(grid, points, IDENTITY);
  const wrong = WRONG.map((by) => moved(rest, (value) => value * by));
  // Whole numbers squared are whole numbers: a curve that keeps a grid on itself tells nothing.
  if (grid.decimals !== null) {
    const { decimals } = grid;
    const isKept = rest.values.every((value, at) => rest.weights[at] === 0 || isOnGrid(value, decimals));
    const step = 10 ** -decimals;
    if (isKept) wrong.push(...[-step, step].map((by) => moved(rest, (value) => value + by)));
  }
  const byChance = Math.max(shareOf(rest), ...wrong.map((one) => shareOf(bentBack(one, curve))));
  return byChance > MOST_BY_CHANCE ? null : shareOf(bentBack(rest, curve));
}

interface Judged {
  readonly curve: Curve;
  readonly span: DaySpan;
  readonly share: number | null;
  /** Of the rows, those with a value that the reference had: of two curves that lead onto its grid it tells the right one. */
  readonly known: number;
  readonly distanceBefore: number;
  readonly distanceAfter: number;
}

function judge(curve: Curve, compared: ComparedNumbers): Judged | null {
  const { reference, days, before } = compared;
  const gains = days.map((day, at) =>
    day.rows === 0 ? 0 : (before[at]! - mappedKs(reference, bentBack(day, curve), IDENTITY)) * day.rows,
  );
  const span = gainingDays(gains);
  if (span === null) return null;
  const rest = ofSpan(days, span);
  if (!isEnough(span, rest.rows) || Math.min(distinctOf(reference), distinctOf(rest)) < FEWEST_VALUES) return null;
  const distanceBefore = mappedKs(reference, rest, IDENTITY);
  const distanceAfter = mappedKs(reference, bentBack(rest, curve), IDENTITY);
  const usual = compared.usual(lengthOf(span));
  if (!(distanceBefore >= 2 * usual && distanceAfter <= distanceBefore / 2)) return null;
  const share = tellingShare(compared, rest, curve);
  const known = shareOnGrid({ ...compared.grid, decimals: null }, bentBack(rest, curve), IDENTITY);
  const judged = { curve, span, share, known, distanceBefore, distanceAfter };
  if (share !== null && share >= LEAST_SHARE) return judged;
  // Off the grid of all earlier values they are others; on no grid they need not come again.
  if (share !== null && compared.grid.decimals !== null) return null;
  const isTold = distanceBefore >= LARGE && distanceAfter <= Math.min(usual, distanceBefore / 6);
  const straight = isTold ? suggested(reference, rest).map((line) => mappedKs(reference, rest, line)) : [];
  return isTold && Math.min(1, ...straight) >= Math.max(2 * distanceAfter, usual) ? { ...judged, share: null } : null;
}

export function curveMap(compared: ComparedNumbers, column: string, days: readonly string[]): ColumnMap | null {
  const found = CURVES.flatMap((curve) => judge(curve, compared) ?? []);
  const knownOf = ({ share, known }: Judged): number => (share === null ? 0 : known);
  const [best] = found.toSorted((a, b) => knownOf(b) - knownOf(a) || a.distanceAfter - b.distanceAfter);
  if (best === undefined) return null;
  const { curve, span, share, distanceBefore, distanceAfter } = best;
  return {
    column,
    kind: 'curve',
    text: curve.text(column),
    share,
    distanceBefore,
    distanceAfter,
    ...instantsOf(span, days),
  };
}
