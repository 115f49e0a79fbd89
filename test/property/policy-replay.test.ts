/** A replayed policy keeps its own promises whatever was recorded: one run at a time, cool-down, budget, every trigger accounted for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQualityGrid } from '#dist/core/policy/replay/quality-grid.js';
import type { RecordedClaim } from '#dist/core/policy/replay/recorded.js';
import { replay } from '#dist/core/policy/replay/replay.js';
import { durationMs } from '#dist/core/spec/duration.js';
import { triggers } from '#dist/core/spec/trigger-schema.js';

const START = Date.parse('2001-01-01T00:00:00.000Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const iso = (ms: number): string => new Date(ms).toISOString();
const DAYS = 60;
const span = { fromMs: START, toMs: START + DAYS * DAY };

const grid = parseQualityGrid({
  metric: 'AUC',
  days: Array.from({ length: DAYS }, (_, day) => iso(START + day * DAY)),
  rows: Array.from({ length: DAYS }, () => 100),
  cutoffs: [0, 7, 14, 21, 28, 35, 42, 49, 56].map((day) => ({
    trainedThrough: iso(START + day * DAY),
    trainingMinutes: 30,
    scoresByDay: Array.from({ length: DAYS }, (_, at) => (at < day ? null : 0.6)),
  })),
});

const recorded: fc.Arbitrary<RecordedClaim[]> = fc
  .array(
    fc.record({
      hour: fc.integer({ min: 0, max: DAYS * 24 - 1 }),
      severity: fc.constantFrom('warning' as const, 'warning' as const, 'critical' as const),
      alert: fc.constantFrom(true, true, false, null),
      scope: fc.constantFrom('column' as const, 'prediction' as const),
    }),
    { maxLength: 40 },
  )
  .map((list) =>
    list.map(({ hour, severity, alert, scope }, at) => ({
      id: `c${at}`,
      cause: 'drift' as const,
      arrivedMs: START + hour * HOUR,
      claim: {
        source: 's',
        monitor: 'm',
        severity,
        window: { start: iso(START + hour * HOUR - DAY), end: iso(START + hour * HOUR) },
        nReference: null,
        nCurrent: null,
        findings: [
          { scope, column: null, method: 'x', family: null, lowerIsDrift: null, score: 1, threshold: null, alert },
        ],
        absent: [],
      },
    })),
  );

const policies = fc
  .record(
    {
      coolDown: fc.constantFrom('PT0S', 'P1D', 'P5D'),
      criticalCutsCoolDown: fc.boolean(),
      budget: fc.constantFrom({ runs: 2, period: 'P14D' }, { trainingMinutes: 90, period: 'P21D' }),
      debounce: fc.constantFrom({ quiet: 'PT0S', maxWait: 'PT0S' }, { quiet: 'PT2H', maxWait: 'PT6H' }),
      labels: fc.constant({ atLeast: 1500 }),
      conditions: fc.constantFrom(
        [{ name: 'alert' }],
        [
          { name: 'columns', scope: 'column', within: 'P3D' },
          { name: 'scores', scope: 'prediction', within: 'P3D' },
        ],
      ),
      policy: fc.constantFrom('any', 'all'),
    },
    { requiredKeys: [] },
  )
  .map((raw) => triggers.parse(raw));

const ticks = fc
  .uniqueArray(fc.integer({ min: 0, max: DAYS - 1 }), { maxLength: 5 })
  .map((days) => days.map((day) => START + day * DAY));

const incidents = fc.array(
  fc
    .record({ opens: fc.integer({ min: 0, max: DAYS - 1 }), lasts: fc.option(fc.integer({ min: 1, max: 5 })) })
    .map(({ opens, lasts }) => ({
      incident: { incidentId: opens + 1, name: 'an incident', mode: 'wall' as const, since: iso(START + opens * DAY) },
      openedMs: START + opens * DAY,
      closedMs: lasts === null ? null : START + (opens + lasts) * DAY,
    })),
  { maxLength: 2 },
);

describe('a replay, whatever was recorded', () => {
  it('opens one run at a time, keeps cool-down and budget, and loses no trigger', () => {
    fc.assert(
      fc.property(recorded, policies, fc.record({ ticksMs: ticks, incidents }), (claims, policy, past) => {
        const { ticksMs } = past;
        const contender = { name: 'any', policy, hearsClaims: true, labelDelayMs: DAY, ...past };
        const { runs, fates } = replay(contender, { grid, claims, span });
        runs.forEach((run, at) => {
          const before = runs[at - 1];
          expect(run.openedMs).toBeGreaterThanOrEqual(before?.endedMs ?? 0);
          const isCut = policy.criticalCutsCoolDown && claims.some(({ claim }) => claim.severity === 'critical');
          if (before !== undefined && run.cause !== 'schedule' && !isCut) {
            expect(run.openedMs).toBeGreaterThanOrEqual(before.endedMs + durationMs(policy.coolDown));
          }
          const { budget } = policy;
          if (budget === undefined) return;
          const recent = runs
            .slice(0, at)
            .filter(({ openedMs }) => openedMs > run.openedMs - durationMs(budget.period));
          expect(recent.length).toBeLessThan(budget.runs ?? Number.POSITIVE_INFINITY);
          expect(recent.length * 30).toBeLessThan(budget.trainingMinutes ?? Number.POSITIVE_INFINITY);
        });
        // A notice for each day whose labels come before the end.
        const notices = policy.labels === undefined ? 0 : DAYS - 2;
        const total = Object.values(fates).reduce((sum, count) => sum + count, 0);
        expect(total).toBe(claims.length + ticksMs.length + notices);
        expect(fates.started ?? 0).toBe(runs.length);
      }),
      { seed: 20010101, numRuns: 150 },
    );
  });
});
