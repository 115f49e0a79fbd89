/** A category that was leaving already: what is gone after that was not lost, it had ended. */
import { upperIncompleteGamma } from '../stats/incomplete-gamma.js';

const WEEK = 7;
/** Of what the week would have had: a smaller loss is a week like others. */
const MOST_LEFT = 0.5;
const CHANCE = 1e-3;

const sumOf = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0);

/**
 * Whether the last week had under half of its share of the category's rows, and fewer than chance gives: of λ expected, at most k come
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
