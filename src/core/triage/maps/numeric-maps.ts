/**
 * Unit, scale, shift and affine maps of a numeric column. Candidates are the known units and whatever the quantiles and the most
 * frequent values of the two windows suggest; each is judged on the rows of the consecutive days that it fits best.
 * A real shift of a smooth column looks like a map too: so without values that tell (a grid that only the right map hits), only a large
 * change that a map explains almost to nothing is called one.
 */
import type { ColumnMap } from '../facts.js';
import { type ComparedNumbers, distinctOf, LEAST_DISTANCE, MOST_BY_CHANCE, ofSpan, WRONG } from './compared-numbers.js';
import { type DaySpan, instantsOf, isEnough, isWithin, lengthOf, partsOf } from './day-span.js';
import { gainingDays } from './days-between.js';
import { mappedKs, type Points, spreadOf } from './distribution.js';
import { type Candidate, KNOWN, suggested } from './linear-candidates.js';
import { linearText } from './linear-text.js';
import { IDENTITY, type LinearMap } from './unit-factors.js';
import { shareOnGrid, stepWithin, type ValueGrid } from './value-grid.js';

interface Judged extends Candidate {
  readonly share: number | null;
  readonly distanceBefore: number;
  readonly distanceAfter: number;
  readonly span: DaySpan;
  /** Of its days, weighted by their rows. */
  readonly gain: number;
}

/** By a map's free numbers: through fewer different values one always goes, as from the year 2000 to the year 2001. */
const FEWEST_VALUES = { unit: 2, scale: 3, shift: 3, affine: 4 } as const;
/** Candidates that are not known units need a change this large where values do not tell; known ones half of it. */
const LARGE = 0.3;
/** What a part of the window suggests has to bring that part nearer by this, or is not tried on every day. */
const MOST_LEFT = 0.8;
/** Of the distance between the quartiles: prices that no longer end in .99 are no fault, and less than a model sees. */
const LEAST_SHIFT = 0.01;
/** Maps that gain less than this of what the best one gains hold on fewer days, or worse. */
const LEAST_GAIN = 0.9;

function judge(candidate: Candidate, compared: ComparedNumbers): Judged | null {
  const { reference, days, before, grid } = compared;
  if (candidate.kind === 'shift' && Math.abs(candidate.added) < LEAST_SHIFT * spreadOf(reference)) return null;
  const gains = days.map((day, at) =>
    day.rows === 0 ? 0 : (before[at]! - mappedKs(reference, day, candidate)) * day.rows,
  );
  const span = gainingDays(gains);
  if (span === null) return null;
  const rest = ofSpan(days, span);
  const distanceBefore = mappedKs(reference, rest, IDENTITY);
  const distanceAfter = mappedKs(reference, rest, candidate);
  if (!(distanceAfter <= distanceBefore / 2)) return null;
  if (Math.min(distinctOf(reference), distinctOf(rest)) < FEWEST_VALUES[candidate.kind]) return null;
  const share = compared.isCountable ? tellingShare(grid, rest, candidate) : null;
  if (share === null && !isEnough(span, rest.rows)) return null;
  const gain = gains.filter((_, day) => isWithin(span)(day)).reduce((sum, one) => sum + one, 0);
  return { ...candidate, share, distanceBefore, distanceAfter, span, gain };
}

/**
 * Of the rows of its days; null where other maps, or none, would reach about as much. Moved by whole steps, a value of a grid
 * stays on it, as a whole number does times two, so that only values that were there before tell: ages, ratings and counts have none that
 * tell, lengths of routes have.
 */
function tellingShare(grid: ValueGrid, rest: Points, map: LinearMap): number | null {
  const step = stepWithin(grid, rest, map);
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
  const most = Math.max(...found.map(({ gain }) => gain));
  const held = found.filter(({ gain }) => gain >= LEAST_GAIN * most);
  const best = Math.min(...held.map(({ distanceAfter }) => distanceAfter));
  const good = held.filter(({ distanceAfter }) => distanceAfter <= best + LEAST_DISTANCE / 2);
  const rank = (one: Judged): number => ORDER[one.kind] - (one.share ?? 0);
  return [...good].sort((a, b) => rank(a) - rank(b) || a.distanceAfter - b.distanceAfter)[0] ?? null;
}

const keyOf = ({ factor, added }: LinearMap): string => `${factor} ${added}`;

/** The known ones, and what those parts of the window that differ suggest; none where no part does. */
function candidatesFor({ reference, days, before, usual }: ComparedNumbers): Candidate[] {
  const ordinary = usual(1);
  const apart = gainingDays(days.map(({ rows }, at) => (rows === 0 ? 0 : (before[at]! - ordinary) * rows)));
  const differing = partsOf(days.length, apart).flatMap((part) => {
    const points = ofSpan(days, part);
    const distance = mappedKs(reference, points, IDENTITY);
    return distance >= 2 * usual(lengthOf(part)) ? [{ points, distance }] : [];
  });
  if (differing.length === 0) return [];
  const candidates = [...KNOWN];
  const tried = new Set(KNOWN.map(keyOf));
  for (const { points, distance } of differing) {
    for (const one of suggested(reference, points)) {
      if (tried.has(keyOf(one)) || !(mappedKs(reference, points, one) <= MOST_LEFT * distance)) continue;
      tried.add(keyOf(one));
      candidates.push(one);
    }
  }
  return candidates;
}

export function numericMap(compared: ComparedNumbers, column: string, days: readonly string[]): ColumnMap | null {
  const found = candidatesFor(compared).flatMap((candidate) => {
    const judged = judge(candidate, compared);
    return judged !== null && explains(judged, compared.usual(lengthOf(judged.span))) ? [judged] : [];
  });
  const best = simplest(found);
  if (best === null) return null;
  return {
    column,
    kind: best.kind,
    text: linearText(column, best),
    share: best.share,
    distanceBefore: best.distanceBefore,
    distanceAfter: best.distanceAfter,
    ...instantsOf(best.span, days),
  };
}
