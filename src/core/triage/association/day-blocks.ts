/** The units of association: days, or so many of them in a row that a table of their rows says something. */

import type { Window } from '../../types.js';
import { isWholeDayOf, rowsByDay } from '../scored-days.js';

/** Fewer rows than this in a table of some hundred cells are chance. */
export const LEAST_ROWS = 500;

export interface DayBlock {
  /** UTC days since 1970-01-01, inclusive. */
  readonly first: number;
  readonly last: number;
  /** Places of its rows in the table. */
  readonly rows: Uint32Array;
}

/** Whole days of the window with rows, oldest first; those with fewer than 500 are taken together with the next ones. */
export function dayBlocks(day: Int32Array, window: Window): DayBlock[] {
  const isWhole = isWholeDayOf(window);
  const days = [...rowsByDay(day)].filter(([one]) => isWhole({ day: one })).sort(([a], [b]) => a - b);
  const blocks: { first: number; last: number; rows: number[] }[] = [];
  for (const [one, rows] of days) {
    const open = blocks.at(-1);
    if (open !== undefined && open.rows.length < LEAST_ROWS) {
      open.rows = open.rows.concat(rows);
      open.last = one;
    } else blocks.push({ first: one, last: one, rows });
  }
  // What is left at the end belongs to the block before it.
  const rest = blocks.at(-1);
  if (rest !== undefined && rest.rows.length < LEAST_ROWS) {
    blocks.pop();
    const before = blocks.at(-1);
    if (before !== undefined) [before.rows, before.last] = [before.rows.concat(rest.rows), rest.last];
  }
  return blocks.map(({ first, last, rows }) => ({ first, last, rows: Uint32Array.from(rows) }));
}
