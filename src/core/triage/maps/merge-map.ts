/**
 * A category that is gone while another known one has gained its share: reported under that name. It cannot be undone, so the reference's
 * rows are merged instead and have to be spread as the window's are then. Never exact: one may have closed and the other taken over.
 */
import { absence, isDwindling, longestAbsence } from '../../quality/category-absence.js';
import type { ColumnMap } from '../facts.js';
import { type CategoryDays, distanceOf, mapBack, usualOf } from './category-days.js';
import { type DaySpan, FEWEST_ROWS, instantsOf, isWithin, lengthOf } from './day-span.js';
import { gainingDays, pooled, rowsOf, shareMissed, usualDistance } from './days-between.js';

/** Of the reference's rows. */
const LEAST_GONE = 0.015;
/** That a category without rows is there after all: small, since any of them may be without on any days of a long window. */
const CHANCE = 1e-8;
const FEWEST_DAYS = 2;
const LEAST_DISTANCE = 0.04;
/** Of the share that is gone, that the gaining one may always miss it by, and at most whatever days or chance do. */
const LEAST_MISSED = 0.2;
const MOST_MISSED = 0.5;
/** Standard errors that it gained by at least, so that no other category has by chance, and no large one by what the others lost. */
const LEAST_ERRORS = 4;

interface Gone {
  readonly level: number;
  readonly share: number;
  readonly span: DaySpan;
  /** Counts of its days. */
  readonly rest: Float64Array;
}

/** On the days without any of its rows, where it is no matter of chance, nor of days that it always stays away on. */
function goneDays(of: CategoryDays, level: number): Gone | null {
  const all = rowsOf(of.before);
  const span = gainingDays(of.current.map((day) => (day[level]! > 0 ? Number.NEGATIVE_INFINITY : rowsOf(day))));
  if (span === null) return null;
  const rest = pooled(of.current, isWithin(span));
  const rows = rowsOf(rest);
  const count = of.before[level]!;
  const days = of.current.filter((day, at) => isWithin(span)(at) && rowsOf(day) > 0).length;
  const [own, past] = [of.reference.map((day) => day[level]!), of.reference.map(rowsOf)];
  const isAbsent = absence(count, all, rows) < CHANCE && days > longestAbsence(own, past);
  const isGone = isAbsent && !isDwindling(own, past);
  return isGone && rows >= FEWEST_ROWS && days >= FEWEST_DAYS ? { level, share: count / all, span, rest } : null;
}

/** It has gained what the other one had, and more than it ever differs by. */
function hasGained(of: CategoryDays, { level, share, span, rest }: Gone, to: number): boolean {
  const all = rowsOf(of.before);
  const rows = rowsOf(rest);
  const expected = share + of.before[to]! / all;
  const own = rest[to]! / rows;
  // Of the rows that are left, each has the same part more where the others are only lost: all of them where no others are.
  const left = all - of.before[level]!;
  const remaining = of.before[to]! / left;
  const error = Math.sqrt(remaining * (1 - remaining) * (1 / rows + 1 / all));
  if (of.before[to] === left || Math.abs(own - expected) > MOST_MISSED * share) return false;
  if (own - remaining < LEAST_ERRORS * error) return false;
  const varying = usualDistance(of.reference.length, lengthOf(span), (isIn) => {
    const inside = pooled(of.reference, isIn);
    const past = rowsOf(inside);
    return past === 0 ? 0 : Math.abs((inside[level]! + inside[to]!) / past - expected);
  });
  return Math.abs(own - expected) <= shareMissed(expected, { varying, least: LEAST_MISSED * share, rows: [all, rows] });
}

function judge(of: CategoryDays, gone: Gone, given: { column: string; days: readonly string[] }): ColumnMap | null {
  const { level, share, span, rest } = gone;
  const distanceBefore = distanceOf(of.before, rest);
  const usual = Math.max(LEAST_DISTANCE, 1.5 * usualOf(of.reference, lengthOf(span)));
  const merged = of.levels.flatMap((_, to) => {
    if (to === level || !(of.before[to]! > 0) || !hasGained(of, gone, to)) return [];
    const targets = of.levels.map((__, at) => (at === level ? to : at));
    return [{ to, distance: distanceOf(mapBack(of.before, targets), rest) }];
  });
  const [best] = merged.toSorted((a, b) => a.distance - b.distance);
  if (best === undefined || !(best.distance <= usual && best.distance <= distanceBefore / 3)) return null;
  const [name, other] = [of.levels[level]!, of.levels[best.to]!];
  return {
    column: given.column,
    kind: 'merge',
    text: `${given.column} “${name}” (${(share * 100).toFixed(1)} % of the rows before) under the name “${other}”`,
    share: null,
    gone: name,
    distanceBefore,
    distanceAfter: best.distance,
    ...instantsOf(span, given.days),
  };
}

export function mergeMap(of: CategoryDays, column: string, days: readonly string[]): ColumnMap | null {
  const all = rowsOf(of.before);
  if (all < FEWEST_ROWS || of.others.reference + of.others.current > 0) return null;
  const found = of.levels.flatMap((_, level): ColumnMap[] => {
    const gone = of.before[level]! / all >= LEAST_GONE ? goneDays(of, level) : null;
    const map = gone === null ? null : judge(of, gone, { column, days });
    return map === null ? [] : [map];
  });
  return found.toSorted((a, b) => a.distanceAfter - b.distanceAfter)[0] ?? null;
}
