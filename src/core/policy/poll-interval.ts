/**
 * How often a run that waits for labels looks by itself. Every look leaves some ten events in a history that ends at 51,200,
 * so a short poll before a far deadline is stretched after a while; a deadline that is extended does not start the count again.
 */

/** Looks at the pipeline's own pace: days at a poll of minutes, a month at the default of an hour. */
const FREE_LOOKS = 700;
/** Looks that a whole wait may take; some more only when a person extends the deadline again. */
const LOOKS = 1_400;
/** Looks planned for the rest of a wait when all are used up. */
const LEAST_LOOKS = 10;

/**
 * Milliseconds to the next look: `pollMs`, or longer once the free looks are used up and those left would not reach over
 * `leftMs` to the deadline. Half of what is left is planned for, so that something remains for a deadline that moves.
 */
export function pollInterval(wait: { pollMs: number; leftMs: number; looks: number }): number {
  if (wait.looks < FREE_LOOKS) return wait.pollMs;
  const planned = Math.max(LEAST_LOOKS, (LOOKS - wait.looks) / 2);
  return Math.max(wait.pollMs, Math.ceil(wait.leftMs / planned));
}
