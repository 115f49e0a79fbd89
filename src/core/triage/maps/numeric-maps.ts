/**
 * Unit, scale, shift and affine maps of a numeric column. Candidates are the known units and whatever the quantiles and the most
 * frequent values of the two windows suggest; each is judged on the rows from the day on that it fits best.
 * A real shift of a smooth column looks like a map too: so without values that tell (a grid that only the right map hits), only a large
 * change that a map explains almost to nothing is called one.
 */
import type { ColumnMap } from '../facts.js';
import type { NumericInputs } from '../input-measures.js';
import { firstGainingDay, usualDistance } from './days-between.js';
import { dayPoints, mappedKs, modes, type Points, poolPoints, quantileOf } from './distribution.js';
import { type LinearMap, UNIT_MAPS, type UnitMap, unitText } from './unit-factors.js';
import { gridOf, shareOnGrid, stepWithin, type ValueGrid } from './value-grid.js';

interface Candidate extends LinearMap {
  readonly kind: 'unit' | 'scale' | 'shift' | 'affine';
  readonly unit: UnitMap | null;
}

interface Judged extends Candidate {
  readonly share: number | null;
  readonly distanceBefore: number;
  readonly distanceAfter: number;
  readonly first: number;
}

const IDENTITY: LinearMap = { factor: 1, added: 0 };
/** Fewer rows show no map. */
const FEWEST_ROWS = 50;
/** A distance that days usually have, or this: nothing to explain below, and nothing left to explain. */
const LEAST_DISTANCE = 0.02;
/** Of a sketch's steps. */
const SKETCH_ERROR = 0.02;
/** A share counts where wrong maps would show: where they reach less. */
const MOST_BY_CHANCE = 0.5;
const WRONG = [1.0371, 0.9643];
const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** By a map's free numbers: through fewer different values one always goes, as from the year 2000 to the year 2001. */
const FEWEST_VALUES = { unit: 2, scale: 3, shift: 3, affine: 4 } as const;
/** Candidates that are not known units need a change this large where values do not tell; known ones half of it. */
const LARGE = 0.3;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function suggested(before: Points, after: Points): Candidate[] {
  const pairs = SHARES.map((share) => [quantileOf(before, share), quantileOf(after, share)] as const);
  const candidates: LinearMap[] = [
    { factor: median(pairs.map(([own, other]) => other / own)), added: 0 },
    { factor: 1, added: median(pairs.map(([own, other]) => other - own)) },
  ];
  const line = (one: readonly [number, number], two: readonly [number, number]): LinearMap => {
    const factor = (two[1] - one[1]) / (two[0] - one[0]);
    return { factor, added: one[1] - factor * one[0] };
  };
  candidates.push(line(pairs[1]!, pairs[7]!), line(pairs[0]!, pairs[8]!));
  const [own, other] = [modes(before, 4), modes(after, 4)];
  for (const [i, x] of own.slice(0, 3).entries()) {
    for (const y of other.slice(0, 3)) candidates.push({ factor: y / x, added: 0 }, { factor: 1, added: y - x });
    for (const [j, later] of own.entries()) {
      if (j > i && other[j] !== undefined) candidates.push(line([x, other[i]!], [later, other[j]]));
    }
  }
  return candidates
    .filter(({ factor, added }) => Number.isFinite(factor) && Number.isFinite(added) && factor > 0)
    .filter(({ factor, added }) => Math.abs(factor - 1) > 1e-6 || Math.abs(added) > 0)
    .map(({ factor, added }): Candidate => {
      const kind = added === 0 ? 'scale' : Math.abs(factor - 1) <= 1e-6 ? 'shift' : 'affine';
      return { kind, unit: null, factor: kind === 'shift' ? 1 : factor, added };
    });
}

function judge(
  candidate: Candidate,
  { reference, days, before }: { reference: Points; days: readonly Points[]; before: readonly number[] },
): Judged | null {
  const gains = days.map((day, at) =>
    day.rows === 0 ? 0 : (before[at]! - mappedKs(reference, day, candidate)) * day.rows,
  );
  const first = firstGainingDay(gains);
  if (first === null) return null;
  const rest = poolPoints(days.slice(first));
  return {
    ...candidate,
    share: null,
    distanceBefore: mappedKs(reference, rest, IDENTITY),
    distanceAfter: mappedKs(reference, rest, candidate),
    first,
  };
}

const distinctOf = ({ weights }: Points): number => weights.reduce((sum, weight) => sum + (weight > 0 ? 1 : 0), 0);

/**
 * Of the rows from the first day on; null where other maps, or none, would reach about as much. Moved by whole steps, a value of a grid
 * stays on it, so that only values that were there before tell: ages and ratings have none that tell, lengths of routes have.
 */
function tellingShare(grid: ValueGrid, rest: Points, map: LinearMap): number | null {
  const step = stepWithin(grid, map);
  const wrong = [IDENTITY, ...WRONG.map((by) => ({ factor: map.factor * by, added: map.added * by }))];
  if (step !== null) wrong.push(...[-step, step].map((by) => ({ ...map, added: map.added + by })));
  const known = step === null ? grid : { ...grid, decimals: null };
  const byChance = Math.max(...wrong.map((one) => shareOnGrid(known, rest, one)));
  return byChance > MOST_BY_CHANCE ? null : shareOnGrid(known, rest, map);
}

function explains(judged: Judged, usual: number): boolean {
  const { distanceBefore, distanceAfter, share, kind } = judged;
  if (!(distanceBefore >= 2 * usual && distanceAfter <= distanceBefore / 2)) return false;
  if (share !== null && share >= 0.95) return true;
  const least = kind === 'unit' ? LARGE / 2 : LARGE;
  return distanceBefore >= least && distanceAfter <= usual && distanceAfter <= distanceBefore / 6;
}

const ORDER = { unit: 0, scale: 1, shift: 1, affine: 2 } as const;

/** The simplest of those that explain about as much as the best one. */
function simplest(found: readonly Judged[]): Judged | null {
  const best = Math.min(...found.map(({ distanceAfter }) => distanceAfter));
  const good = found.filter(({ distanceAfter }) => distanceAfter <= best + LEAST_DISTANCE / 2);
  const rank = (one: Judged): number => ORDER[one.kind] - (one.share ?? 0);
  return [...good].sort((a, b) => rank(a) - rank(b) || a.distanceAfter - b.distanceAfter)[0] ?? null;
}

const shown = (value: number): string => String(Number(value.toPrecision(7)));

function textOf(column: string, { kind, unit, factor, added }: Judged): string {
  const isShrunk = factor < 1 && kind !== 'affine';
  const times = factor === 1 ? '' : isShrunk ? ` ÷ ${shown(1 / factor)}` : ` × ${shown(factor)}`;
  const plus = added === 0 ? '' : added > 0 ? ` + ${shown(added)}` : ` − ${shown(-added)}`;
  return `${column}${times}${plus}${kind === 'unit' && unit !== null ? ` (${unitText(unit)})` : ''}`;
}

export function numericMap(before: NumericInputs, after: NumericInputs, days: readonly string[]): ColumnMap | null {
  const past = before.numbers.counts.map((_, day) => dayPoints(before.numbers, day));
  const current = after.numbers.counts.map((_, day) => dayPoints(after.numbers, day));
  const reference = poolPoints(past);
  const rows = current.reduce((sum, day) => sum + day.rows, 0);
  if (reference.rows < FEWEST_ROWS || rows < FEWEST_ROWS) return null;
  const distances = current.map((day) => mappedKs(reference, day, IDENTITY));
  const between = usualDistance(past.length, current.length, (isIn) =>
    mappedKs(poolPoints(past.filter((_, day) => isIn(day))), poolPoints(past.filter((_, day) => !isIn(day))), IDENTITY),
  );
  const isSketched = before.numbers.kind === 'bins' || after.numbers.kind === 'bins';
  const usual = Math.max(LEAST_DISTANCE, 1.5 * between) + (isSketched ? SKETCH_ERROR : 0);
  // Most of what follows is for nothing where no part of the window differs.
  const parts = [1, 2, 4].map((part) => poolPoints(current.slice(Math.floor((current.length * (part - 1)) / part))));
  if (parts.every((part) => !(mappedKs(reference, part, IDENTITY) >= 2 * usual))) return null;
  const units = UNIT_MAPS.map((unit): Candidate => ({ kind: 'unit', unit, factor: unit.factor, added: unit.added }));
  const candidates = [...units, ...parts.flatMap((part) => (part.rows === 0 ? [] : suggested(reference, part)))];
  const grid = gridOf(reference);
  // Of a sample of many values that lie on no grid, no value has to come again.
  const isCountable = grid.decimals !== null || before.numbers.kind === 'values';
  const found = candidates.flatMap((candidate) => {
    const judged = judge(candidate, { reference, days: current, before: distances });
    if (judged === null || !(judged.distanceAfter <= judged.distanceBefore / 2)) return [];
    const rest = poolPoints(current.slice(judged.first));
    if (Math.min(distinctOf(reference), distinctOf(rest)) < FEWEST_VALUES[candidate.kind]) return [];
    const share = isCountable ? tellingShare(grid, rest, candidate) : null;
    const whole = { ...judged, share };
    return explains(whole, usual) ? [whole] : [];
  });
  const best = simplest(found);
  if (best === null) return null;
  return {
    column: after.column,
    kind: best.kind,
    text: textOf(after.column, best),
    share: best.share,
    distanceBefore: best.distanceBefore,
    distanceAfter: best.distanceAfter,
    onset: `${days[best.first]}T00:00:00.000Z`,
  };
}
