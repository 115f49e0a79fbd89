/** Reports that should have come and did not: each due time once, and when to look next. */

import { iso } from '../../instant.js';
import { durationMs } from '../../spec/duration.js';
import type { TriggerPolicy } from '../../spec/trigger-schema.js';
import type { Judgement, TriggerFacts } from './facts.js';

/**
 * A due time is `every` after the last report, and then each `every` on. Of several that passed unseen (nobody was there to
 * judge) only the newest is told: one silence, not a storm about it.
 */
export function judgeExpectations(
  facts: Pick<TriggerFacts, 'now' | 'lastReports'>,
  policy: TriggerPolicy,
): { missing: Judgement['missingReports']; wakesMs: number[] } {
  const nowMs = Date.parse(facts.now);
  const missing: Judgement['missingReports'][number][] = [];
  const wakesMs: number[] = [];
  for (const { monitor, every, lateness } of policy.expect) {
    const last = facts.lastReports.find((report) => report.monitor === monitor);
    if (last === undefined) continue;
    const everyMs = durationMs(every);
    const lateMs = durationMs(lateness);
    const lastMs = Date.parse(last.at);
    const passed = Math.max(0, Math.floor((nowMs - lastMs - lateMs) / everyMs));
    if (passed > 0) {
      const dueMs = lastMs + passed * everyMs;
      missing.push({ monitor, dueAt: iso(dueMs), window: { start: iso(dueMs - everyMs), end: iso(dueMs) } });
    }
    wakesMs.push(lastMs + (passed + 1) * everyMs + lateMs);
  }
  return { missing, wakesMs };
}
