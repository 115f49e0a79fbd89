/** Which pairs of columns go together in the reference, and on which days of the window they do so no more. */
import { mean } from '../../stats/mean.js';
import { meanDifference } from '../../stats/welch.js';
import type { DaySpan } from '../maps/day-span.js';
import { gainingDays } from '../maps/days-between.js';
import type { PairDays } from './pair-days.js';

/** Mean strength in the reference, from which on columns go together. */
export const LEAST_STRENGTH = 0.1;
/** Of the usual strength: where less is left, it is lost. A pair that has less on any block of the reference itself tells nothing. */
const LEFT = 0.5;
/** Blocks of a side without which nothing is told. */
export const LEAST_REFERENCE = 5;
export const LEAST_CURRENT = 3;
/** Of the blocks of a span, those that are below by themselves. */
const MOST_OF_SPAN = 0.75;
/** Of the reference's blocks, those whose strength has to be known. */
const KNOWN = 0.8;
const LEVEL = 0.01;

export interface Partners extends PairDays {
  /** Mean strength in the reference. */
  readonly usual: number;
  /** Blocks of the window on which it is lost; null: none. */
  readonly broken: DaySpan | null;
}

const isKnown = (value: number): boolean => !Number.isNaN(value);
const within = <T>(list: readonly T[], { first, last }: DaySpan): readonly T[] => list.slice(first, last + 1);

function areTogether({ reference }: PairDays): boolean {
  const known = reference.filter(isKnown);
  if (known.length < Math.max(LEAST_REFERENCE, KNOWN * reference.length)) return false;
  const usual = mean(known);
  return usual >= LEAST_STRENGTH && known.every((value) => value >= LEFT * usual);
}

/**
 * Consecutive blocks on which the strength is under half of the reference's mean, and of what the window's margins leave of it, and
 * under the reference's least; three at least, three quarters of them by themselves, and beyond chance with days as units.
 * @param pairs that are tested: the level is divided by them (Bonferroni)
 */
function brokenSpan(pair: PairDays, usual: number, pairs: number): DaySpan | null {
  const known = pair.reference.filter(isKnown);
  const least = Math.min(...known);
  const limits = pair.kept.map((kept) => Math.min(LEFT * usual * (isKnown(kept) ? kept : 0), least));
  const gains = pair.current.map((value, block) => (isKnown(value) ? limits[block]! - value : 0));
  const span = gainingDays(gains);
  if (span === null) return null;
  const values = within(pair.current, span).filter(isKnown);
  const below = within(gains, span).filter((gain) => gain > 0).length;
  if (values.length < LEAST_CURRENT || below < MOST_OF_SPAN * values.length) return null;
  const change = meanDifference(values, known, 1 - LEVEL / pairs);
  return change !== null && change.interval.upper < 0 ? span : null;
}

/** @returns the pairs that go together in the reference */
export function partnersOf(pairs: readonly PairDays[]): Partners[] {
  const together = pairs.filter(areTogether);
  return together.map((pair) => {
    const usual = mean(pair.reference.filter(isKnown));
    return { ...pair, usual, broken: brokenSpan(pair, usual, together.length) };
  });
}
