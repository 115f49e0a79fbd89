/** Arithmetic on instants in their text form (ISO 8601, UTC, milliseconds: ordered as text). */
import type { Instant } from '../core/types.js';

export const shiftInstant = (instant: Instant, byMs: number): Instant =>
  new Date(Date.parse(instant) + byMs).toISOString();
