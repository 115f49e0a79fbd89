/** What the trigger policy promises whatever waits: one fate each, nothing forgotten, no chance in it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promotionOf } from '#dist/core/policy/triggers/clocks.js';
import type { Judgement, OpenIncident, TriggerFacts, WaitingTrigger } from '#dist/core/policy/triggers/facts.js';
import { judge } from '#dist/core/policy/triggers/judge.js';
import { type TriggerPolicy, triggers } from '#dist/core/spec/trigger-schema.js';

const NOW_MS = Date.parse('2001-04-10T12:00:00.000Z');
const HOUR = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();
/** Few distinct values, so that things coincide. */
const earlier = fc
  .constantFrom(0, 1, 60_000, 119_999, 120_000, 600_000, HOUR, 30 * HOUR, 200 * HOUR)
  .map((ms) => iso(NOW_MS - ms));
const clock = fc.oneof(
  { arbitrary: fc.constant({ mode: 'wall' as const }), weight: 4 },
  fc
    .constantFrom('2001-03-01T00:00:00.000Z', '2001-03-02T00:00:00.000Z')
    .map((now) => ({ mode: 'replay' as const, now })),
);
const finding = fc.record({
  scope: fc.constantFrom('column' as const, 'prediction' as const, 'performance' as const),
  column: fc.constantFrom(null, 'a', 'b'),
  method: fc.constantFrom('psi', 'ks'),
  family: fc.constant(null),
  lowerIsDrift: fc.constantFrom(null, true, false),
  score: fc.constantFrom(null, 0.01, 0.2, 0.9, Number.NaN),
  threshold: fc.constantFrom(null, 0.1),
  alert: fc.constantFrom(null, true, false),
});
const claim = fc.record({
  source: fc.constant('s'),
  monitor: fc.constantFrom('evidently', 'nannyml'),
  severity: fc.constantFrom('info' as const, 'warning' as const, 'critical' as const),
  window: fc
    .constantFrom('2001-03-20', '2001-04-09')
    .map((end) => ({ start: '2001-03-01T00:00:00.000Z', end: `${end}T00:00:00.000Z` })),
  nReference: fc.constant(null),
  nCurrent: fc.constant(null),
  findings: fc.array(finding, { maxLength: 3 }),
  absent: fc.constantFrom([], [{ what: 'column' as const, name: 'a', why: 'none' }]),
});
const promotion = fc.constantFrom('by-policy' as const, 'by-policy' as const, 'off' as const);
const unnumbered = fc
  .record({
    state: fc.constantFrom('pending' as const, 'pending' as const, 'held' as const, 'escalated' as const),
    cause: fc.constantFrom(
      'drift' as const,
      'drift' as const,
      'performance' as const,
      'labels' as const,
      'schedule' as const,
      'version-change' as const,
      'manual' as const,
    ),
    clock,
    asked: promotion,
    createdAt: earlier,
    claim: fc.option(claim, { freq: 8 }),
    through: fc.constantFrom('2001-04-09T00:00:00.000Z', '2001-04-10T00:00:00.000Z', 'soon'),
    // 5 is closed meanwhile.
    under: fc.constantFrom(null, null, 5, 7),
  })
  .map(({ through, claim: said, asked, under, ...rest }) => ({
    ...rest,
    incidentId: rest.state === 'held' ? under : null,
    requestedBy: 'someone',
    body: rest.cause === 'labels' ? { through } : { promotion: asked },
    claim: rest.cause === 'drift' || rest.cause === 'performance' ? said : null,
  }));
const waiting = (maxLength: number): fc.Arbitrary<WaitingTrigger[]> =>
  fc
    .array(unnumbered, { maxLength })
    .map((list) => list.map((one, index) => ({ ...one, triggerId: `t${index}`, seq: index + 1 })));

/** Some claims' windows reach past the onset of one, of both, of none; the replayed past has its own. */
const INCIDENTS: readonly OpenIncident[] = [
  { incidentId: 7, name: 'Incident 7 (broken feed)', mode: 'wall', since: '2001-04-01T00:00:00.000Z' },
  { incidentId: 8, name: 'Incident 8 (label fault)', mode: 'wall', since: '2001-03-10T00:00:00.000Z' },
  { incidentId: 9, name: 'Incident 9 (broken feed)', mode: 'replay', since: '2001-03-01T12:00:00.000Z' },
];
const run = { runNo: 3, outcome: 'promoted' as const };
const factsWith = (list: fc.Arbitrary<WaitingTrigger[]>): fc.Arbitrary<TriggerFacts> =>
  fc
    .record({
      waiting: list,
      pause: fc.option(fc.constant({ by: 'operator', reason: 'moving.', since: iso(NOW_MS - HOUR) }), { freq: 8 }),
      openRun: fc
        .option(
          fc.record({
            runNo: fc.constant(4),
            openedAt: earlier,
            clock,
            promotion,
            stage: fc.constantFrom('assess' as const, 'train' as const),
          }),
          { freq: 5, nil: null },
        )
        .map((open) => open),
      lastRuns: fc.constantFrom(
        [],
        [{ ...run, mode: 'wall' as const, endedAt: iso(NOW_MS - HOUR) }],
        [
          {
            ...run,
            mode: 'replay' as const,
            openedAt: '2001-02-28T00:00:00.000Z',
            endedAt: '2001-03-01T06:00:00.000Z',
          },
        ],
      ),
      spent: fc.record({ runs: fc.constantFrom(0, 2), trainingMinutes: fc.constantFrom(0, 100) }),
      champion: fc.option(
        fc.constant({ version: 2, trainedThrough: '2001-04-01T00:00:00.000Z', since: iso(NOW_MS - HOUR / 2) }),
        { freq: 3 },
      ),
      openIncidents: fc.option(fc.subarray([...INCIDENTS]), { freq: 3, nil: [] }),
      lastReports: fc.constantFrom([], [{ monitor: 'evidently', at: iso(NOW_MS - 30 * HOUR) }]),
      counts: fc.array(fc.nat({ max: 20 }), { maxLength: 4 }),
    })
    .map(({ counts, ...rest }) => ({
      ...rest,
      modelId: 'm',
      now: iso(NOW_MS),
      histories: [],
      newLabels: counts.map((count, index) => ({ triggerId: `t${index}`, count })),
    }));

const policy: fc.Arbitrary<TriggerPolicy> = fc
  .record(
    {
      coolDown: fc.constantFrom('PT0S', 'P1D'),
      criticalCutsCoolDown: fc.boolean(),
      budget: fc.constantFrom({ runs: 2 }, { trainingMinutes: 50 }),
      labels: fc.constant({ atLeast: 10 }),
      versionChange: fc.constantFrom('retrain', 'record'),
      expect: fc.constant([{ monitor: 'evidently', every: 'P1D' }]),
      conditions: fc.constantFrom(
        [{ name: 'alert' }],
        [
          { name: 'columns', scope: 'column' },
          { name: 'scores', scope: 'prediction', when: { above: 0.5 } },
        ],
        [
          { name: 'a', columns: ['a'] },
          { name: 'b', columns: ['b'], within: 'PT2H' },
          { name: 'c', monitor: 'nannyml', minFindings: 2 },
        ],
      ),
      policy: fc.constantFrom('any', 'all', 'majority'),
    },
    { requiredKeys: [] },
  )
  .map((raw) => triggers.parse(raw));

/** Every new state that a judgement gives, with how often. */
function fates({ open, changes }: Judgement): Map<string, string[]> {
  const given = new Map<string, string[]>();
  const give = (id: string, fate: string) => given.set(id, [...(given.get(id) ?? []), fate]);
  for (const id of open?.triggerIds ?? []) give(id, 'run');
  for (const change of changes) for (const id of change.triggerIds) give(id, `${change.state}: ${change.reason}`);
  return given;
}

/** The facts of the next moment, as the registry would hold them. */
function applied(facts: TriggerFacts, judgement: Judgement): TriggerFacts {
  const taken = new Set(judgement.open?.triggerIds);
  const states = new Map(
    judgement.changes.flatMap(({ triggerIds, ...change }) => triggerIds.map((id) => [id, change] as const)),
  );
  const left = facts.waiting.flatMap((trigger) => {
    const { state, incidentId = null } = states.get(trigger.triggerId) ?? trigger;
    if (taken.has(trigger.triggerId) || (state !== 'pending' && state !== 'held' && state !== 'escalated')) return [];
    return [{ ...trigger, state, incidentId }];
  });
  const { open } = judgement;
  const opener = facts.waiting.find(({ triggerId }) => triggerId === open?.triggerIds[0]);
  const openRun =
    open === null || opener === undefined
      ? facts.openRun
      : {
          runNo: 5,
          openedAt: facts.now,
          clock: open.clock,
          promotion: promotionOf(opener),
          stage: 'assess' as const,
        };
  return { ...facts, waiting: left, openRun };
}

const isOpen = ({ openIncidents }: TriggerFacts, id: number | null): boolean =>
  openIncidents.some(({ incidentId }) => incidentId === id);

const SETTINGS = { seed: 20010410, numRuns: 2000 };

describe('a judgement, whatever waits', () => {
  it('gives each trigger one fate at most, and only to those that wait', () => {
    fc.assert(
      fc.property(factsWith(waiting(12)), policy, (facts, rules) => {
        const known = new Set(facts.waiting.map(({ triggerId }) => triggerId));
        for (const [id, list] of fates(judge(facts, rules))) {
          expect(known.has(id)).toBe(true);
          expect(list).toHaveLength(1);
        }
      }),
      SETTINGS,
    );
  });

  it('leaves nothing waiting that nothing wakes', () => {
    fc.assert(
      fc.property(factsWith(waiting(12)), policy, (facts, rules) => {
        const judgement = judge(facts, rules);
        const next = applied(facts, judgement);
        if (judgement.wakeAt !== null) expect(Date.parse(judgement.wakeAt)).toBeGreaterThan(NOW_MS);
        const still = next.waiting.filter(({ state }) => state !== 'escalated');
        const unexplained = still.filter(({ incidentId }) => !isOpen(facts, incidentId ?? null));
        if (unexplained.length > 0 && next.openRun === null && next.pause === null)
          expect(judgement.wakeAt).not.toBeNull();
        if (next.openRun !== null || next.pause !== null)
          expect(still.filter(({ state }) => state === 'pending')).toEqual([]);
      }),
      SETTINGS,
    );
  });

  it('changes nothing when it is judged again', () => {
    fc.assert(
      fc.property(factsWith(waiting(12)), policy, (facts, rules) => {
        const again = judge(applied(facts, judge(facts, rules)), rules);
        expect(again).toMatchObject({ open: null, changes: [], passLabels: null });
      }),
      SETTINGS,
    );
  });

  it('does not depend on the order of the list, nor of claims that came at the same time', () => {
    const list = waiting(8).chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    const both = list.chain(([all, shuffled]) =>
      fc.tuple(factsWith(fc.constant(all)), fc.constant(shuffled), fc.constant(swapped(all))),
    );
    fc.assert(
      fc.property(both, policy, ([facts, shuffled, renumbered], rules) => {
        expect(judge({ ...facts, waiting: shuffled }, rules)).toEqual(judge(facts, rules));
        const sets = (judgement: Judgement) => ({
          run: [...(judgement.open?.triggerIds ?? [])].sort(),
          fates: [...fates(judgement)].filter(([, [fate]]) => fate !== 'run').sort(([a], [b]) => (a < b ? -1 : 1)),
          wakeAt: judgement.wakeAt,
        });
        const waitsFor = ({ open }: Judgement) =>
          open === null ? 'nobody' : open.clock.mode === 'wall' ? 'wall' : open.clock.now;
        const [one, other] = [judge(facts, rules), judge({ ...facts, waiting: renumbered }, rules)];
        // Which clock goes first is decided by the oldest number alone; everything else must be the same.
        if (waitsFor(one) === waitsFor(other)) expect(sets(other)).toEqual(sets(one));
      }),
      SETTINGS,
    );
  });

  it('holds what monitors say of data since the onset of an open incident, and nothing else, under that incident', () => {
    fc.assert(
      fc.property(factsWith(waiting(12)), policy, (facts, rules) => {
        const judgement = judge(facts, rules);
        const next = new Map(applied(facts, judgement).waiting.map((one) => [one.triggerId, one]));
        for (const trigger of facts.waiting) {
          const reach =
            trigger.claim?.window.end ?? (trigger.clock.mode === 'wall' ? trigger.createdAt : trigger.clock.now);
          const explains = facts.openIncidents.find(({ mode, since }) => mode === trigger.clock.mode && reach > since);
          const isClaim = trigger.cause === 'drift' || trigger.cause === 'performance';
          const after = next.get(trigger.triggerId);
          if (isClaim && explains !== undefined && trigger.state !== 'escalated')
            expect(after).toMatchObject({ state: 'held', incidentId: explains.incidentId });
          else if (after !== undefined && after.state !== trigger.state) expect(after.incidentId ?? null).toBeNull();
        }
      }),
      SETTINGS,
    );
  });

  it('opens no run while one is open or the model is paused, and past the budget only for a person', () => {
    fc.assert(
      fc.property(factsWith(waiting(12)), policy, (facts, rules) => {
        const { open } = judge(facts, rules);
        if (facts.openRun !== null || facts.pause !== null) expect(open).toBeNull();
        const { budget } = rules;
        const isSpent =
          facts.spent.runs >= (budget?.runs ?? Infinity) ||
          facts.spent.trainingMinutes >= (budget?.trainingMinutes ?? Infinity);
        if (open?.clock.mode === 'wall' && isSpent) expect(open.cause).toBe('manual');
      }),
      SETTINGS,
    );
  });
});

/** The same triggers with the numbers of drift and performance claims of one clock and one instant exchanged. */
function swapped(all: readonly WaitingTrigger[]): WaitingTrigger[] {
  const key = (one: WaitingTrigger) => JSON.stringify([one.createdAt, one.clock, one.claim !== null]);
  const numbers = new Map<string, number[]>();
  for (const one of all) numbers.set(key(one), [...(numbers.get(key(one)) ?? []), one.seq]);
  return all.map((one) => (one.claim === null ? one : { ...one, seq: numbers.get(key(one))?.pop() ?? one.seq }));
}
