/**
 * Instants that have not come yet. One rule for gateway, client and coordinator: nothing is looked at from the future, and news
 * lies at most a day ahead, as a source may stamp a whole day with its end.
 */
import { shortInstant } from './instant.js';
import type { Instant } from './types.js';

const DAY_MS = 86_400_000;

export const FUTURE = 'lies in the future';
export const AHEAD = 'lies more than a day in the future';

export const isFuture = (at: Instant, nowMs: number): boolean => Date.parse(at) > nowMs;
export const isAhead = (at: Instant, nowMs: number): boolean => Date.parse(at) > nowMs + DAY_MS;

/** Of what a run or a look is made from; null when nothing is wrong. */
export const futureFault = (at: Instant, nowMs: number): string | null =>
  isFuture(at, nowMs) ? `${shortInstant(at)} ${FUTURE}: name an instant of the past.` : null;

/** Of news; null when nothing is wrong. */
export const aheadFault = (name: string, at: Instant, nowMs: number): string | null =>
  isAhead(at, nowMs) ? `${name} ${AHEAD} (${shortInstant(at)}).` : null;
