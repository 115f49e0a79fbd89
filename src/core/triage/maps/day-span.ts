/** Consecutive days of a window: those on which a map is proposed, and those on which it holds. */
import { DAY_MS } from '../../spec/duration.js';
import type { Instant } from '../../types.js';

export interface DaySpan {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

export const lengthOf = ({ first, last }: DaySpan): number => last - first + 1;
export const isWithin =
  ({ first, last }: DaySpan) =>
  (day: number): boolean =>
    day >= first && day <= last;

/** Of a map's facts: since when, and until when where it ended before the window did. */
export function instantsOf(
  { first, last }: DaySpan,
  days: readonly string[],
): { readonly onset: Instant; readonly until: Instant | null } {
  const start = (at: number): number => Date.parse(`${days[at]}T00:00:00.000Z`);
  return {
    onset: new Date(start(first)).toISOString(),
    until: last === days.length - 1 ? null : new Date(start(last) + DAY_MS).toISOString(),
  };
}

/** Days of one span need this many rows, or to be two: what a day of fewer looks like is chance. */
export const FEWEST_ROWS = 50;
export const isEnough = (span: DaySpan, rows: number): boolean => rows >= FEWEST_ROWS || lengthOf(span) >= 2;

const NEWEST = [14, 7, 3];
/** Of a shorter window a third is no part of its own. */
const LEAST_FOR_THIRDS = 6;

/**
 * Where a map is looked for: the whole window, its newer half and quarter, its newest fortnight, week and three days, its thirds, and the
 * days that lie apart.
 */
export function partsOf(days: number, apart: DaySpan | null): DaySpan[] {
  const last = days - 1;
  const parts: DaySpan[] = [1, 2, 4].map((part) => ({ first: Math.floor((days * (part - 1)) / part), last }));
  for (const newest of NEWEST) if (newest < days) parts.push({ first: days - newest, last });
  if (days >= LEAST_FOR_THIRDS) {
    const third = Math.floor(days / 3);
    for (const part of [0, 1, 2]) parts.push({ first: part * third, last: part === 2 ? last : (part + 1) * third - 1 });
  }
  if (apart !== null) parts.push(apart);
  return parts.filter(
    (part, at) => parts.findIndex((one) => one.first === part.first && one.last === part.last) === at,
  );
}
