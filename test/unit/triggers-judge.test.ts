/** The trigger policy: who opens a run, who waits for what, and what is said to those who start nothing. */

import { describe, expect, it } from 'vitest';
import { shortInstant } from '#dist/core/instant.js';
import { judge } from '#dist/core/policy/triggers/judge.js';
import {
  at,
  claim,
  DAY,
  facts,
  fateOf,
  finding,
  HOUR,
  judged,
  MINUTE,
  NOW,
  openRun,
  policy,
  quietClaim,
  reasonOf,
  WALL,
  waiting,
} from './triggers-fixtures.js';

const lastRun = (over: object = {}) => ({
  mode: 'wall' as const,
  runNo: 6,
  endedAt: at(-HOUR),
  outcome: 'promoted' as const,
  ...over,
});
const undecidable = () =>
  waiting({ claim: claim({ findings: [finding({ alert: null, lowerIsDrift: null, method: 'unheard of' })] }) });

describe('a claim on its own', () => {
  it('opens a run once the debounce is over, with the monitor named', () => {
    const one = waiting();
    const { open, wakeAt } = judged({ waiting: [one] });
    expect(open).toMatchObject({ triggerIds: [one.triggerId], cause: 'drift', requestedBy: 'evidently', clock: WALL });
    expect(open?.reason).toBe('"alert" met: 1 of 1 condition wanted, 1 claim(s) as evidence.');
    expect(wakeAt).toBeNull();
  });

  it('is suppressed with the reason when nothing in it alerts', () => {
    const one = waiting({ claim: quietClaim() });
    const judgement = judged({ waiting: [one] });
    expect(fateOf(judgement, one)).toBe('suppressed');
    expect(reasonOf(judgement, one)).toBe('No condition is met: "alert" is met by 0 of 1 findings, 1 wanted.');
  });

  it('asks a person when nothing in it can be judged, and guesses no direction', () => {
    const one = undecidable();
    const judgement = judged({ waiting: [one] });
    expect(fateOf(judgement, one)).toBe('escalated');
    expect(reasonOf(judgement, one)).toMatch(/A person is asked/);
  });

  it('is judged by what could be judged when part of it could not', () => {
    const one = waiting({
      claim: claim({ findings: [finding({ alert: null, threshold: null }), finding({ alert: false })] }),
    });
    const judgement = judged({ waiting: [one] });
    expect(fateOf(judgement, one)).toBe('suppressed');
    expect(reasonOf(judgement, one)).toContain('1 could not be judged');
  });

  it('counts score, threshold and direction where the monitor gave no verdict', () => {
    const said = { alert: null, score: 0.2, threshold: 0.1 };
    expect(
      judged({ waiting: [waiting({ claim: claim({ findings: [finding({ ...said, lowerIsDrift: false })] }) })] }).open,
    ).not.toBeNull();
    expect(
      judged({ waiting: [waiting({ claim: claim({ findings: [finding({ ...said, lowerIsDrift: true })] }) })] }).open,
    ).toBeNull();
  });

  it('counts an absence as an alert', () => {
    const absent = [{ what: 'column' as const, name: 'distance', why: 'No result for distance.' }];
    expect(judged({ waiting: [waiting({ claim: claim({ findings: [], absent }) })] }).open).not.toBeNull();
  });

  it('takes the word of whoever sends drift straight through Temporal, unless a condition asks for more', () => {
    const word = () => waiting({ claim: null });
    expect(judged({ waiting: [word()] }).open).not.toBeNull();
    expect(judged({ waiting: [word()] }, { conditions: [{ name: 'a', scope: 'column' }] }).open).toBeNull();
  });

  it('is answered by a champion that was promoted since and trained beyond its window', () => {
    const one = waiting({ state: 'held' });
    const champion = { version: 4, trainedThrough: '2001-04-09T00:00:00.000Z', since: at(-MINUTE) };
    const judgement = judged({ waiting: [one], champion });
    expect(reasonOf(judgement, one)).toBe(
      "Champion v4 was trained through 2001-04-09T00:00:00.000Z, after this claim's window.",
    );
    expect(judged({ waiting: [one], champion: { ...champion, since: at(-DAY) } }).open).not.toBeNull();
    expect(
      judged({ waiting: [one], champion: { ...champion, trainedThrough: '2001-04-05T00:00:00.000Z' } }).open,
    ).not.toBeNull();
  });
});

describe('the debounce', () => {
  it('waits for quiet after the newest, and names when', () => {
    const two = [waiting({ createdAt: at(-5 * MINUTE) }), waiting({ createdAt: at(-MINUTE) })];
    expect(judged({ waiting: two })).toMatchObject({ open: null, changes: [], wakeAt: at(MINUTE) });
  });

  it('waits at most so long after the first', () => {
    const many = [14.5, 12, 6, 1].map((minutes) => waiting({ createdAt: at(-minutes * MINUTE) }));
    expect(judged({ waiting: many }).wakeAt).toBe(at(MINUTE / 2));
    const longer = [waiting({ createdAt: at(-15 * MINUTE) }), ...many];
    expect(judged({ waiting: longer }).open?.triggerIds).toHaveLength(5);
  });

  it('is not waited for by a critical claim, which takes the others along', () => {
    const critical = waiting({ createdAt: NOW, claim: claim({ severity: 'critical' }) });
    const other = waiting({ createdAt: NOW });
    expect([...(judged({ waiting: [other, critical] }).open?.triggerIds ?? [])].sort()).toEqual(
      [other.triggerId, critical.triggerId].sort(),
    );
    expect(judged({ waiting: [waiting({ createdAt: NOW, claim: quietClaim({ severity: 'critical' }) })] }).wakeAt).toBe(
      at(2 * MINUTE),
    );
  });

  it('is wall time for a replayed claim too', () => {
    const clock = { mode: 'replay', now: '1999-01-01T00:00:00.000Z' } as const;
    expect(judged({ waiting: [waiting({ clock, createdAt: at(-MINUTE) })] }).wakeAt).toBe(at(MINUTE));
    expect(judged({ waiting: [waiting({ clock })] }).open?.clock).toEqual(clock);
  });
});

describe('an urgent cause', () => {
  it.each(['schedule', 'version-change', 'manual'] as const)(
    '%s opens at once and takes all of its clock along',
    (cause) => {
      const early = waiting({ createdAt: NOW });
      const held = waiting({ state: 'held', claim: quietClaim() });
      const escalated = { ...undecidable(), state: 'escalated' as const };
      const elsewhere = waiting({ clock: { mode: 'replay', now: '2001-03-01T00:00:00.000Z' } });
      const urgent = waiting({ cause, createdAt: NOW, body: { reason: 'because' } });
      const judgement = judged({ waiting: [early, held, escalated, urgent, elsewhere], lastRuns: [lastRun()] });
      expect(judgement.open?.triggerIds[0]).toBe(urgent.triggerId);
      expect(judgement.open?.cause).toBe(cause);
      for (const one of [early, held, escalated]) expect(fateOf(judgement, one)).toBe('run');
      expect(fateOf(judgement, elsewhere)).toBe('held');
      expect(reasonOf(judgement, elsewhere)).toMatch(/opens for others first/);
    },
  );

  it('waits for the run of an older clock that is ready', () => {
    const old = waiting({ clock: { mode: 'replay', now: '2001-03-01T00:00:00.000Z' } });
    const urgent = waiting({ cause: 'schedule' });
    const judgement = judged({ waiting: [urgent, old].sort((a, b) => b.seq - a.seq) });
    expect(judgement.open?.triggerIds).toEqual([old.triggerId]);
    expect(fateOf(judgement, urgent)).toBe('held');
  });

  it('is only written down when versions are to be recorded', () => {
    const one = waiting({ cause: 'version-change' });
    const judgement = judged({ waiting: [one] }, { versionChange: 'record' });
    expect(fateOf(judgement, one)).toBe('suppressed');
    expect(reasonOf(judgement, one)).toMatch(/^Recorded:/);
  });
});

describe('while a run is open', () => {
  it('everything that comes is held and judged again when it ends', () => {
    const all = (['schedule', 'drift', 'manual', 'version-change'] as const).map((cause) => waiting({ cause }));
    const judgement = judged({ waiting: all, openRun: openRun() });
    expect(judgement.open).toBeNull();
    for (const one of all) expect(fateOf(judgement, one)).toBe('held');
    expect(judgement.changes[0]?.reason).toBe('Run 7 is open; judged again when it ends.');
  });

  it('the calendar and a monitor in the same moment are one run, while it is assessing', () => {
    const assessing = openRun({ stage: 'assess' as const });
    const one = waiting({ createdAt: NOW });
    const judgement = judged({ waiting: [one], openRun: assessing });
    expect(judgement.changes).toEqual([
      {
        triggerIds: [one.triggerId],
        state: 'merged',
        runNo: 7,
        incidentId: null,
        reason: 'Asks for what run 7 has just begun to answer.',
      },
    ]);
    const late = { ...assessing, openedAt: at(-16 * MINUTE) };
    expect(fateOf(judged({ waiting: [one], openRun: late }), one)).toBe('held');
    const replayed = waiting({ clock: { mode: 'replay', now: '2001-03-01T00:00:00.000Z' } });
    expect(fateOf(judged({ waiting: [replayed], openRun: assessing }), replayed)).toBe('held');
    const version = waiting({ cause: 'version-change' });
    expect(fateOf(judged({ waiting: [version], openRun: assessing }), version)).toBe('held');
  });
});

describe('promotion', () => {
  const clock = { mode: 'replay', now: '2001-03-01T00:00:00.000Z' } as const;
  const off = (over: object = {}) => waiting({ cause: 'schedule', clock, body: { promotion: 'off' }, ...over });

  it('parts what asks for the same instant: what is off takes nothing along that is not, nor the other way round', () => {
    for (const first of [off(), off({ cause: 'manual' })]) {
      const [same, other] = [off(), off({ body: {} })];
      const judgement = judged({ waiting: [first, same, other] });
      expect(judgement.open?.triggerIds).toEqual([first.triggerId, same.triggerId]);
      expect(fateOf(judgement, other)).toBe('held');
    }
    const [tick, backfilled] = [off({ body: { promotion: 'by-policy' } }), off()];
    const judgement = judged({ waiting: [tick, backfilled] });
    expect(judgement.open?.triggerIds).toEqual([tick.triggerId]);
    expect(fateOf(judgement, backfilled)).toBe('held');
  });

  it('is only what a person or the calendar asks for: a claim that holds the word is judged like any other', () => {
    const [said, silent] = [waiting({ body: { promotion: 'off' } }), waiting()];
    expect(judged({ waiting: [said, silent] }).open?.triggerIds).toHaveLength(2);
  });

  it('of a run that is assessing has to be the one asked for, or the trigger waits for a run of its own', () => {
    const fate = (promotion: 'off' | 'by-policy', one: ReturnType<typeof waiting>) =>
      fateOf(judged({ waiting: [one], openRun: openRun({ stage: 'assess', clock, promotion }) }), one);
    expect(fate('by-policy', off())).toBe('held');
    expect(fate('off', off({ body: {} }))).toBe('held');
    expect(fate('off', waiting({ clock, body: { promotion: 'off' } }))).toBe('held');
    expect(fate('off', off())).toBe('merged');
    expect(fate('by-policy', off({ body: {} }))).toBe('merged');
  });
});

describe('the cool-down', () => {
  it('holds drift, performance and labels until it ends, and is named', () => {
    const all = (['drift', 'performance'] as const).map((cause) => waiting({ cause }));
    const notice = waiting({ cause: 'labels', body: { through: NOW } });
    const judgement = judged({ waiting: [...all, notice], lastRuns: [lastRun()] }, { labels: { atLeast: 10 } });
    for (const one of [...all, notice]) expect(fateOf(judgement, one)).toBe('held');
    expect(judgement.wakeAt).toBe(at(23 * HOUR));
    expect(judgement.changes[0]?.reason).toBe(
      `Run 6 ended at ${shortInstant(at(-HOUR))} (promoted); in the cool-down of P1D until ${shortInstant(at(23 * HOUR))}, then judged again.`,
    );
  });

  it('lets held claims be judged when it ends, however long they waited', () => {
    const held = waiting({ state: 'held', createdAt: at(-20 * DAY) });
    expect(judged({ waiting: [held], lastRuns: [lastRun({ endedAt: at(-DAY) })] }).open?.triggerIds).toEqual([
      held.triggerId,
    ]);
  });

  it('is cut by a critical claim that meets a condition, unless the policy says otherwise', () => {
    const critical = waiting({ createdAt: NOW, claim: claim({ severity: 'critical' }) });
    const held = waiting({ state: 'held' });
    const over = { waiting: [held, critical], lastRuns: [lastRun()] };
    expect(judged(over).open?.triggerIds).toHaveLength(2);
    expect(judged(over, { criticalCutsCoolDown: false }).open).toBeNull();
    const quiet = waiting({ claim: quietClaim({ severity: 'critical' }) });
    expect(judged({ ...over, waiting: [held, quiet] }).open).toBeNull();
  });

  it('of a replayed run holds up no present, and the present none of the past', () => {
    const replayed = {
      mode: 'replay' as const,
      runNo: 6,
      openedAt: '2001-03-01T00:00:00.000Z',
      endedAt: '2001-03-03T00:00:00.000Z',
      outcome: 'promoted' as const,
    };
    expect(judged({ waiting: [waiting()], lastRuns: [replayed] }).open).not.toBeNull();
    const past = (now: string) => waiting({ clock: { mode: 'replay', now } });
    expect(judged({ waiting: [past('2001-03-02T00:00:00.000Z')], lastRuns: [lastRun()] }).open).not.toBeNull();
    const inside = past('2001-03-03T12:00:00.000Z');
    expect(reasonOf(judged({ waiting: [inside], lastRuns: [replayed] }), inside)).toMatch(/does not pass by waiting/);
    expect(judged({ waiting: [past('2001-02-01T00:00:00.000Z')], lastRuns: [replayed] }).open).not.toBeNull();
    expect(judged({ waiting: [past('2001-03-04T00:00:00.000Z')], lastRuns: [replayed] }).open).not.toBeNull();
  });
});

describe('the budget', () => {
  const raw = { budget: { runs: 2, trainingMinutes: 60 } };
  const spent = { runs: 2, trainingMinutes: 12.34 };

  it('spent, escalates what would have started, with the figures and the command', () => {
    const all = [waiting(), waiting({ cause: 'schedule' })];
    const judgement = judged({ waiting: all, spent }, raw);
    expect(judgement.open).toBeNull();
    for (const one of all) expect(fateOf(judgement, one)).toBe('escalated');
    expect(judgement.changes[0]?.reason).toBe(
      'The budget is spent: 2 of 2 runs in P7D. A person decides: `perennial retrain flights`.',
    );
    expect(judged({ waiting: all, spent: { runs: 1, trainingMinutes: 60 } }, raw).open).toBeNull();
  });

  it('never stops a person, who takes the escalated ones along', () => {
    const escalated = waiting({ state: 'escalated' });
    const asked = waiting({ cause: 'manual' });
    const tick = waiting({ cause: 'schedule' });
    expect(judged({ waiting: [escalated, tick, asked], spent }, raw).open?.triggerIds).toEqual([
      asked.triggerId,
      escalated.triggerId,
      tick.triggerId,
    ]);
  });

  it('free again, starts nothing from the escalated ones alone; a new claim takes them along', () => {
    const escalated = waiting({ state: 'escalated' });
    expect(judged({ waiting: [escalated] }, raw)).toMatchObject({ open: null, changes: [], wakeAt: null });
    const fresh = waiting();
    expect(judged({ waiting: [escalated, fresh] }, raw).open?.triggerIds).toEqual([
      fresh.triggerId,
      escalated.triggerId,
    ]);
  });

  it('free again, takes along whatever a person was asked about with the same clock and promotion, and nothing else', () => {
    const inPast = { mode: 'replay', now: '2001-03-01T00:00:00.000Z' } as const;
    const state = 'escalated' as const;
    const alike = [
      { ...undecidable(), state },
      waiting({ state, cause: 'schedule' }),
      waiting({ state, claim: quietClaim() }),
    ];
    const others = [
      waiting({ state, clock: inPast }),
      waiting({ state, cause: 'schedule', body: { promotion: 'off' } }),
    ];
    const fresh = waiting();
    const judgement = judged({ waiting: [...alike, ...others, fresh] }, raw);
    expect(judgement.open?.triggerIds).toEqual([fresh, ...alike].map(({ triggerId }) => triggerId));
    expect(judgement.changes).toEqual([]);
  });
});

describe('a pause', () => {
  const pause = { by: 'operator', reason: 'the feed is being moved.', since: at(-DAY) };

  it('holds everything with who and why, and refuses a person', () => {
    const all = (['drift', 'schedule', 'labels'] as const).map((cause) => waiting({ cause, body: { through: NOW } }));
    const asked = waiting({ cause: 'manual' });
    const judgement = judged({ waiting: [...all, asked], pause });
    for (const one of all) expect(fateOf(judgement, one)).toBe('held');
    const since = shortInstant(at(-DAY));
    expect(reasonOf(judgement, all[0]!)).toBe(
      `Paused by operator since ${since}: the feed is being moved. Judged again when it is resumed.`,
    );
    expect(fateOf(judgement, asked)).toBe('refused');
    const unended = judged({ waiting: [asked], pause: { ...pause, reason: 'stock-taking' } });
    expect(reasonOf(unended, asked)).toBe(
      `Paused by operator since ${since}: stock-taking. Resume the model first, then ask again.`,
    );
    expect(judgement.wakeAt).toBeNull();
  });
});

describe('labels', () => {
  const notice = (over: object = {}) =>
    waiting({ cause: 'labels', body: { through: '2001-04-09T00:00:00.000Z' }, ...over });

  it('are passed on to the open run, the furthest of them, and start nothing by themselves', () => {
    const two = [notice(), notice({ body: { through: '2001-04-10T00:00:00Z' } })];
    const judgement = judged({ waiting: two, openRun: openRun() });
    expect(judgement.passLabels).toEqual({ eventId: two[1]?.triggerId, through: '2001-04-10T00:00:00.000Z' });
    for (const one of two) expect(reasonOf(judgement, one)).toMatch(/Run 7 was told/);
    const alone = notice();
    expect(fateOf(judged({ waiting: [alone] }), alone)).toBe('suppressed');
  });

  it('that name no instant are refused', () => {
    const mute = notice({ body: { through: 'soon' } });
    expect(fateOf(judged({ waiting: [mute] }), mute)).toBe('refused');
  });

  it('are counted where the policy counts them, the furthest for all, and start a run once enough are new', () => {
    const raw = { labels: { atLeast: 1000 } };
    const two = [notice(), notice({ body: { through: '2001-04-10T00:00:00Z' } })];
    const asked = judged({ waiting: two }, raw);
    expect(asked.countLabels).toEqual([{ triggerId: two[1]?.triggerId, through: '2001-04-10T00:00:00.000Z' }]);
    expect(asked.wakeAt).not.toBeNull();
    const few = judged({ waiting: two, newLabels: [{ triggerId: two[1]!.triggerId, count: 999 }] }, raw);
    expect(reasonOf(few, two[0]!)).toBe("999 labels are new since the champion's training data; 1000 are wanted.");
    const enough = judged({ waiting: two, newLabels: [{ triggerId: two[1]!.triggerId, count: 1000 }] }, raw);
    expect(enough.open).toMatchObject({ cause: 'labels', triggerIds: two.map(({ triggerId }) => triggerId) });
    const held = judged({ waiting: two, openRun: openRun() }, raw);
    expect(held.passLabels).not.toBeNull();
    expect(fateOf(held, two[0]!)).toBe('held');
  });
});

describe('an expected report', () => {
  const raw = { expect: [{ monitor: 'evidently', every: 'P1D', lateness: 'PT6H' }] };
  const lastReports = [{ monitor: 'evidently', at: '2001-04-08T00:00:00.000Z' }];

  it('that does not come is missing once its lateness has passed, and the next due time wakes', () => {
    const early = judged({ lastReports, now: '2001-04-09T05:59:59.999Z' }, raw);
    expect(early).toMatchObject({ missingReports: [], wakeAt: '2001-04-09T06:00:00.000Z' });
    const late = judged({ lastReports, now: '2001-04-09T06:00:00.000Z' }, raw);
    expect(late.missingReports).toEqual([
      {
        monitor: 'evidently',
        dueAt: '2001-04-09T00:00:00.000Z',
        window: { start: '2001-04-08T00:00:00.000Z', end: '2001-04-09T00:00:00.000Z' },
      },
    ]);
    expect(late.wakeAt).toBe('2001-04-10T06:00:00.000Z');
  });

  it('is told once for a long silence that nobody saw', () => {
    expect(judged({ lastReports }, raw).missingReports.map(({ dueAt }) => dueAt)).toEqual(['2001-04-10T00:00:00.000Z']);
  });
});

describe('a storm', () => {
  it('of 10,000 claims is judged in less than 50 ms of processor time', () => {
    const findings = Array.from({ length: 6 }, (_, index) => finding({ column: `c${index}`, alert: index % 2 === 0 }));
    const storm = Array.from({ length: 10_000 }, (_, index) =>
      waiting({
        claim: claim({ findings, severity: index % 7 === 0 ? 'critical' : 'warning' }),
        createdAt: at(-HOUR + index),
      }),
    );
    const given = facts({ waiting: storm });
    const rules = policy({
      conditions: [
        { name: 'a', minFindings: 3 },
        { name: 'b', columns: ['c0'] },
      ],
      policy: 'all',
    });
    judge(given, rules);
    const times = Array.from({ length: 10 }, () => {
      const before = process.cpuUsage();
      expect(judge(given, rules).open?.triggerIds).toHaveLength(10_000);
      return process.cpuUsage(before).user / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });
});

describe('while an incident is open', () => {
  const incident = {
    incidentId: 12,
    name: 'Incident 12 (broken feed, distance, since 2001-04-05)',
    mode: 'wall' as const,
    since: '2001-04-05T00:00:00.000Z',
  };
  const openIncidents = [incident];

  it('claims on data since its onset are held under it, critical ones too, those on earlier data are judged', () => {
    const [late, critical, early] = [
      waiting(),
      waiting({ cause: 'performance', claim: claim({ severity: 'critical' }) }),
      waiting({ claim: claim({ window: { start: '2001-03-29T00:00:00.000Z', end: incident.since } }) }),
    ];
    const judgement = judged({ waiting: [late, critical, early], openIncidents });
    expect([late, critical, early].map((one) => fateOf(judgement, one))).toEqual(['held', 'held', 'run']);
    expect(judgement.changes).toEqual([
      {
        triggerIds: [late.triggerId, critical.triggerId],
        state: 'held',
        runNo: null,
        incidentId: 12,
        reason: `${incident.name} is open; judged again when it is closed.`,
      },
    ]);
  });

  it('one without a window speaks of the data of its time', () => {
    const direct = waiting({ claim: null });
    expect(fateOf(judged({ waiting: [direct], openIncidents }), direct)).toBe('held');
    const past = waiting({ claim: null, clock: { mode: 'replay', now: '2001-04-06T00:00:00.000Z' } });
    const replayed = [{ ...incident, mode: 'replay' as const }];
    expect(fateOf(judged({ waiting: [past], openIncidents: replayed }), past)).toBe('held');
    expect(fateOf(judged({ waiting: [past], openIncidents }), past)).toBe('run');
  });

  it.each(['schedule', 'version-change', 'manual'] as const)(
    '%s starts a run, which takes no held claim along',
    (cause) => {
      const [held, urgent] = [waiting(), waiting({ cause })];
      const judgement = judged({ waiting: [held, urgent], openIncidents });
      expect([held, urgent].map((one) => fateOf(judgement, one))).toEqual(['held', 'run']);
    },
  );

  it('a claim comes to wait under it although a run is only just assessing, and says so once', () => {
    const assessing = openRun({ stage: 'assess' as const });
    const fresh = waiting({ createdAt: NOW });
    expect(fateOf(judged({ waiting: [fresh], openRun: assessing, openIncidents }), fresh)).toBe('held');
    const under = waiting({ state: 'held', incidentId: 12 });
    expect(judged({ waiting: [under], openIncidents })).toMatchObject({ changes: [], open: null, wakeAt: null });
    const behindRun = waiting({ state: 'held' });
    expect(reasonOf(judged({ waiting: [behindRun], openIncidents }), behindRun)).toContain('Incident 12');
  });

  it('and closed again, its claims are judged like any other, and wait for another reason under that', () => {
    const under = waiting({ state: 'held', incidentId: 12 });
    expect(fateOf(judged({ waiting: [under] }), under)).toBe('run');
    const last = { mode: 'wall' as const, runNo: 4, endedAt: at(-HOUR), outcome: 'blocked-by-data' as const };
    const cooling = judged({ waiting: [under], lastRuns: [last] });
    expect(cooling.changes).toMatchObject([{ state: 'held', incidentId: null }]);
    expect(reasonOf(cooling, under)).toContain('cool-down');
  });
});
