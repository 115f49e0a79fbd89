/** Whether a category without rows is gone: by chance, by days that it always stays away on, and by whether it was leaving already. */
import { upperIncompleteGamma } from '../stats/incomplete-gamma.js';
import { sumOf } from './input-check.js';

/** Chance that a category with so many of the earlier rows has none of the later ones, its own rate being uncertain. */
export const absence = (count: number, earlier: number, later: number): number =>
  (earlier / (earlier + later)) ** count;

/** Most days in a row, of those with rows, without the category. */
export function longestAbsence(counts: readonly number[], rows: readonly number[]): number {
  let [longest, days] = [0, 0];
  for (const [day, count] of counts.entries()) {
    if (rows[day] === 0) continue;
    days = count > 0 ? 0 : days + 1;
    longest = Math.max(longest, days);
  }
  return longest;
}

const WEEK = 7;
/** Of what the week would have had: a smaller loss is a week like others. */
const MOST_LEFT = 0.5;
const CHANCE = 1e-3;

/**
 * A category that was leaving already is not lost when it is gone, it had ended: whether the last week had under half of its share of the category's rows, and fewer than chance gives: of λ expected, at most k come
 * with probability Q(k + 1, λ) (Poisson).
 * @param counts rows of the category per day, oldest first
 * @param rows all rows per day; days without any tell nothing
 * @returns false where fewer than two weeks have rows
 */
export function isDwindling(counts: readonly number[], rows: readonly number[]): boolean {
  const days = [...rows.keys()].filter((day) => rows[day]! > 0);
  if (days.length < 2 * WEEK) return false;
  const week = days.slice(-WEEK);
  const own = sumOf(week.map((day) => counts[day]!));
  const expected = (sumOf(counts) * sumOf(week.map((day) => rows[day]!))) / sumOf(rows);
  return own <= MOST_LEFT * expected && upperIncompleteGamma(own + 1, expected) < CHANCE;
}
