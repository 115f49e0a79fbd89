/** The stretch of a poll before a far deadline: a wait must end before the history does. */
import { describe, expect, it } from 'vitest';
import { pollInterval } from '#dist/core/policy/poll-interval.js';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Looks of a wait of so many milliseconds, after `looks` others. */
function looksOf(wait: { pollMs: number; leftMs: number; looks?: number }): number {
  let { leftMs, looks = 0 } = wait;
  const before = looks;
  while (leftMs > 0) {
    leftMs -= pollInterval({ pollMs: wait.pollMs, leftMs, looks });
    looks += 1;
  }
  return looks - before;
}

describe('the interval of looks', () => {
  it('is what the pipeline says where the deadline is near enough', () => {
    expect(pollInterval({ pollMs: HOUR_MS, leftMs: 14 * DAY_MS, looks: 0 })).toBe(HOUR_MS);
    expect(looksOf({ pollMs: HOUR_MS, leftMs: 14 * DAY_MS })).toBe(14 * 24);
    expect(pollInterval({ pollMs: SECOND_MS, leftMs: 0, looks: 0 })).toBe(SECOND_MS);
  });

  it.each([SECOND_MS, 60 * SECOND_MS, HOUR_MS])('keeps a poll of %d ms below 1,500 looks in 400 days', (pollMs) => {
    expect(looksOf({ pollMs, leftMs: 400 * DAY_MS })).toBeLessThan(1_500);
  });

  it('leaves a look or more for a deadline that is extended when all looks are used up, and few', () => {
    const more = looksOf({ pollMs: SECOND_MS, leftMs: 400 * DAY_MS, looks: 1_500 });
    expect(more).toBeGreaterThan(5);
    expect(more).toBeLessThan(200);
  });
});
