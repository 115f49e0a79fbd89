/**
 * Categories that are exchanged: the same names, or new ones for all of them, with the frequencies of before. Told by rank alone, and so
 * never exact; a real shift changes how unequal the frequencies are, and has no such rank for most of its rows.
 */
import type { ColumnMap } from '../facts.js';
import { type CategoryDays, daysApart, distanceOf, distancesOf, mapBack, usualOf } from './category-days.js';
import { type DaySpan, FEWEST_ROWS, instantsOf, isWithin, lengthOf, partsOf } from './day-span.js';
import { gainingDays, pooled, rowsOf } from './days-between.js';

/** An exchange changes a column at once and far; anything nearer may be a shift. */
const LEAST_BEFORE = 0.35;
const LEAST_DISTANCE = 0.04;
/** Share of its days that have to fit by themselves. */
const LEAST_DAYS = 0.8;
/** Of the earlier rows: with more in categories that are gone it is no exchange of the same ones. */
const MOST_GONE = 0.02;
/** New names for all: at most this share of rows has a known one. */
const MOST_KNOWN = 0.05;
const NAMES_SHOWN = 3;

function ranks(counts: Float64Array): number[] {
  return [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b);
}

/** By level, the level of the reference that has its rank. */
function byRank(before: Float64Array, now: Float64Array): number[] {
  const own = ranks(before);
  const to = new Array<number>(before.length);
  for (const [rank, level] of ranks(now).entries()) to[level] = own[rank]!;
  return to;
}

export function permutationMap(of: CategoryDays, column: string, days: readonly string[]): ColumnMap | null {
  if (of.before.filter((count) => count > 0).length < 2 || of.others.reference + of.others.current > 0) return null;
  const distances = distancesOf(of.before, of.current);
  const found = partsOf(of.current.length, daysApart(of, distances)).flatMap((part): ColumnMap[] => {
    const judged = judge(of, { part, distances, column, days });
    return judged === null ? [] : [judged];
  });
  return found.sort((a, b) => a.distanceAfter - b.distanceAfter)[0] ?? null;
}

interface Exchange {
  readonly to: readonly number[];
  readonly gains: readonly number[];
  readonly span: DaySpan;
}

/** As the ranks of a part tell it, and the days that it gains on; null too where the part lies too near to be mostly exchanged. */
function exchangeOf(of: CategoryDays, part: DaySpan, distances: readonly number[]): Exchange | null {
  const counts = pooled(of.current, isWithin(part));
  if (!(distanceOf(of.before, counts) >= LEAST_BEFORE / 2)) return null;
  const to = byRank(of.before, counts);
  const gains = of.current.map((day, at) => {
    const rows = rowsOf(day);
    return rows === 0 ? 0 : (distances[at]! - distanceOf(of.before, mapBack(day, to))) * rows;
  });
  const span = gainingDays(gains);
  return span === null ? null : { to, gains, span };
}

function judge(
  of: CategoryDays,
  given: { part: DaySpan; distances: readonly number[]; column: string; days: readonly string[] },
): ColumnMap | null {
  const { column, days } = given;
  const exchange = exchangeOf(of, given.part, given.distances);
  if (exchange === null) return null;
  const { to, gains, span } = exchange;
  const rest = pooled(of.current, isWithin(span));
  if (rowsOf(rest) < FEWEST_ROWS) return null;
  const distanceBefore = distanceOf(of.before, rest);
  const distanceAfter = distanceOf(of.before, mapBack(rest, to));
  const usual = Math.max(LEAST_DISTANCE, 1.5 * usualOf(of.reference, lengthOf(span)));
  const fits = gains.filter((gain, day) => isWithin(span)(day) && gain > 0).length / lengthOf(span);
  const isExplained = distanceAfter <= usual && distanceAfter <= distanceBefore / 6;
  const isFar = distanceBefore >= Math.max(LEAST_BEFORE, 2 * usual);
  if (!isFar || !isExplained || fits < LEAST_DAYS) return null;
  const known = rowsOf(rest.filter((_, at) => of.before[at]! > 0)) / rowsOf(rest);
  // Names that only partly are new are neither the same ones nor others for all.
  if (known > MOST_KNOWN && known < 1 - MOST_KNOWN) return null;
  const isNew = known <= MOST_KNOWN;
  const gone = rowsOf(of.before.filter((_, at) => rest[at] === 0)) / rowsOf(of.before);
  if (!isNew && gone > MOST_GONE) return null;
  const examples = ranks(rest)
    .filter((at) => to[at] !== at && rest[at]! > 0)
    .slice(0, NAMES_SHOWN)
    .map((at) => `“${of.levels[at]}” for “${of.levels[to[at]!]}”`);
  return {
    column,
    kind: isNew ? 'rename' : 'permute',
    text: `${column} ${isNew ? 'under other names' : 'with categories exchanged'}, by their frequencies: ${examples.join(', ')}`,
    share: null,
    distanceBefore,
    distanceAfter,
    ...instantsOf(span, days),
  };
}
