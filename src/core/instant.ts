/** From epoch milliseconds, in which instants are calculated with, to the text in which they are kept. */
import type { Instant } from './types.js';

/** @throws RangeError outside the range of dates */
export const iso = (ms: number): Instant => new Date(ms).toISOString();
