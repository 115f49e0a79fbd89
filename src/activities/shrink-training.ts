/**
 * Label wait, outcome `shrink`: moves the training end back by whole days until the labels suffice. Coverage rises with
 * age, so a binary search finds the latest such end in a handful of measurements; the end it returns was measured enough.
 */
import type { Window } from '../core/types.js';
import { shiftInstant } from './instants.js';

const DAY_MS = 24 * 3_600_000;

export async function shrinkToCoverage(
  window: Window,
  options: { shortestMs: number; isEnough: (window: Window) => Promise<boolean> },
): Promise<Window | null> {
  const lengthMs = Date.parse(window.end) - Date.parse(window.start);
  const cut = (days: number): Window => ({ start: window.start, end: shiftInstant(window.end, -days * DAY_MS) });
  let tooFew = 0;
  let enough = Math.floor((lengthMs - options.shortestMs) / DAY_MS);
  if (enough < 1 || !(await options.isEnough(cut(enough)))) return null;
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (await options.isEnough(cut(middle))) enough = middle;
    else tooFew = middle;
  }
  return cut(enough);
}
