/**
 * Holdout governance: how often a time range was looked at, and how sure each further look has to be.
 * Looks are counted by overlap in time, because the digest of a holdout changes with every run.
 */
import { assertInvariant } from '../errors.js';
import type { Window } from '../types.js';

/** One-sided chance of a false win that all looks at a range share. */
const ALPHA = 0.025;
/** Sums of shares are rounded up; a sum that is a whole number up to this is that number. */
const ROUNDING = 1e-9;

/**
 * @returns 1 + the shares of `window` that earlier looks covered, rounded up: 1 for a range never looked at, 2 after any
 * overlap with one. @throws INVARIANT_BROKEN for an empty or unreadable window
 */
export function lookNumber(window: Window, earlier: readonly Window[]): number {
  const [start, end] = millisecondsOf(window);
  let shares = 0;
  for (const other of earlier) {
    const [otherStart, otherEnd] = millisecondsOf(other);
    shares += Math.max(0, Math.min(end, otherEnd) - Math.max(start, otherStart)) / (end - start);
  }
  return 1 + Math.ceil(shares - ROUNDING);
}

/** Two-sided confidence 1 − 2α/(k(k+1)) of look k: .975, .99167, .99583, … Over all looks the levels add up to 2α. */
export function gatingConfidence(look: number): number {
  assertInvariant(Number.isInteger(look) && look >= 1, `A look is a whole number from 1 on, not ${look}.`);
  return 1 - (2 * ALPHA) / (look * (look + 1));
}

function millisecondsOf(window: Window): [number, number] {
  const start = Date.parse(window.start);
  const end = Date.parse(window.end);
  assertInvariant(end > start, `Window [${window.start}, ${window.end}) is empty or not two instants.`);
  return [start, end];
}
