/** Which fault belongs to which incident, what a closed one answers, and when a fault is over. */
import { describe, expect, it } from 'vitest';
import type { Assessment } from '#dist/core/triage/assessment.js';
import {
  type ClosedIncident,
  type Fault,
  faultOf,
  incidentName,
  isAnsweredBy,
  isRecovery,
  isSameFault,
} from '#dist/core/triage/incident.js';
import { CAUSES, type CauseFinding } from '#dist/core/triage/verdict.js';

const day = (date: number): string => new Date(Date.UTC(2001, 2, date)).toISOString();
const window = (from: number, to: number) => ({ start: day(from), end: day(to) });

const fault = (change: Partial<Fault> = {}): Fault => ({
  cause: 'broken-feed',
  kind: 'feed',
  certainty: 'confirmed',
  columns: ['distance'],
  onset: day(5),
  window: window(1, 8),
  inputsAsOf: day(8),
  mode: 'wall',
  reasons: ['half is null'],
  ...change,
});

const closed = (change: Partial<ClosedIncident> = {}): ClosedIncident => ({
  kind: 'feed',
  mode: 'wall',
  columns: ['distance'],
  onset: day(5),
  seen: window(1, 8),
  isRepaired: false,
  how: 'person',
  seenThrough: day(8),
  ...change,
});

function assessed(
  found: ReturnType<typeof window>,
  states: Partial<Record<CauseFinding['cause'], CauseFinding['state']>>,
): Assessment {
  const causes = CAUSES.map((cause) => ({
    cause,
    state: states[cause] ?? ('excluded' as const),
    columns: [],
    onset: null,
    supports: [],
    against: [],
    unchecked: [],
  }));
  const triage = { verdict: 'no-shift', certainty: null, action: 'stop', causes, columns: [], onset: null } as const;
  return {
    verdict: 'no-shift',
    inputsAsOf: found.end,
    window: found,
    checks: [],
    reasons: [],
    triage: { ...triage, reasons: [], next: '' },
  };
}

describe('a fault', () => {
  it('is what an assessment with a fault verdict found, whole days of columns and all', () => {
    const base = assessed(window(1, 8), {});
    const verdict = 'label-fault';
    const triage = {
      ...base.triage!,
      columns: ['hour', 'distance', 'hour'],
      onset: day(3),
      certainty: 'suspected' as const,
    };
    const many = Array.from({ length: 9 }, (_, at) => `${at} ${'x'.repeat(600)}`);
    const found = faultOf({ ...base, verdict, triage, reasons: many }, 'replay');
    expect(found).toMatchObject({
      kind: 'label',
      certainty: 'suspected',
      columns: ['distance', 'hour'],
      onset: day(3),
    });
    expect(found).toMatchObject({ mode: 'replay', window: window(1, 8) });
    expect(found?.reasons.map((reason) => reason.length)).toEqual([500, 500, 500, 500, 500]);
    for (const none of ['clear', 'unclear', 'no-shift', 'pending-labels', 'concept-shift'] as const)
      expect(faultOf({ ...base, verdict: none }, 'wall'), none).toBeNull();
  });

  it('without what triage concluded, as earlier builds recorded it, is certain and of no single column', () => {
    const { triage: _triage, ...base } = assessed(window(1, 8), {});
    expect(faultOf({ ...base, verdict: 'broken-feed', reasons: ['r'] }, 'wall')).toMatchObject({
      certainty: 'confirmed',
      columns: [],
      onset: null,
    });
  });

  it('of an earlier build names the columns of its failed checks, unless one of them is no matter of a column', () => {
    const { triage: _triage, ...base } = assessed(window(1, 8), {});
    const check = (column: string | null, passed = false) =>
      ({ check: 'null-share', column, severity: 'error', passed, value: 1, threshold: 0, text: '' }) as const;
    const columnsOf = (...checks: Assessment['checks']) =>
      faultOf({ ...base, verdict: 'broken-feed', checks }, 'wall')?.columns;
    expect(columnsOf(check('hour'), check('distance'), check('hour'), check('origin', true))).toEqual([
      'distance',
      'hour',
    ]);
    expect(columnsOf(check('hour'), check(null))).toEqual([]);
  });

  it('belongs to an incident of its kind, its clock and columns that overlap; without columns to any of them', () => {
    expect(isSameFault(closed(), fault({ columns: ['distance', 'hour'] }))).toBe(true);
    expect(isSameFault(closed(), fault({ columns: [] }))).toBe(true);
    expect(isSameFault(closed({ columns: [] }), fault())).toBe(true);
    expect(isSameFault(closed(), fault({ columns: ['hour'] }))).toBe(false);
    expect(isSameFault(closed(), fault({ kind: 'logging' }))).toBe(false);
    expect(isSameFault(closed(), fault({ mode: 'replay' }))).toBe(false);
  });
});

describe('a closed incident', () => {
  it('of a person answers what it has seen, not newer data, and nothing once the rows were repaired', () => {
    expect(isAnsweredBy(closed(), fault())).toBe(true);
    expect(isAnsweredBy(closed(), fault({ window: window(4, 7), onset: null }))).toBe(true);
    expect(isAnsweredBy(closed(), fault({ window: window(5, 12) }))).toBe(false);
    expect(isAnsweredBy(closed({ isRepaired: true }), fault())).toBe(false);
    expect(isAnsweredBy(closed(), fault({ columns: ['hour'] }))).toBe(false);
  });

  it('answers nothing in data from before its onset', () => {
    expect(isAnsweredBy(closed(), fault({ window: window(1, 5), onset: null }))).toBe(false);
    expect(isAnsweredBy(closed({ onset: null }), fault({ window: window(1, 5), onset: null }))).toBe(true);
  });

  it('of a recovery answers whatever began before the data were sound again, and a fault that came back is new', () => {
    const recovered = closed({ how: 'recovery', seenThrough: day(15) });
    expect(isAnsweredBy(recovered, fault({ window: window(8, 15), onset: null }))).toBe(true);
    expect(isAnsweredBy(recovered, fault({ window: window(1, 29) }))).toBe(true);
    expect(isAnsweredBy(recovered, fault({ window: window(1, 29), onset: day(20) }))).toBe(false);
    expect(isAnsweredBy(recovered, fault({ window: window(1, 29), onset: null }))).toBe(false);
  });
});

describe('a recovery', () => {
  it('is a newer window in which the cause was looked at and excluded, by the clock of the incident', () => {
    expect(isRecovery(closed(), assessed(window(8, 15), {}), 'wall')).toBe(true);
    expect(isRecovery(closed(), assessed(window(8, 15), {}), 'replay')).toBe(false);
    expect(isRecovery(closed(), assessed(window(1, 8), {}), 'wall')).toBe(false);
    for (const state of ['not-checked', 'suspected', 'confirmed'] as const)
      expect(isRecovery(closed(), assessed(window(8, 15), { 'broken-feed': state }), 'wall'), state).toBe(false);
    expect(isRecovery(closed(), assessed(window(8, 15), { 'label-fault': 'confirmed' }), 'wall')).toBe(true);
    expect(isRecovery(closed({ kind: 'rollback' }), assessed(window(8, 15), {}), 'wall')).toBe(false);
    const { triage: _triage, ...old } = assessed(window(8, 15), {});
    expect(isRecovery(closed(), old, 'wall')).toBe(false);
  });
});

it('is named with what is broken, three columns and since when', () => {
  const base = { incidentId: 12, kind: 'feed', onset: null } as const;
  expect(incidentName({ ...base, columns: [] })).toBe('Incident 12 (broken feed)');
  expect(incidentName({ ...base, columns: ['a', 'b', 'c', 'd', 'e'], onset: day(5) })).toBe(
    `Incident 12 (broken feed, a, b, c, 2 more, since ${day(5).slice(0, 10)})`,
  );
});
