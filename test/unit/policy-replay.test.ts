/** Policy replay on made-up pasts whose truth is known: shifts, answers, useless retrains, cadences, and malformed files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCli } from '#dist/cli/program.js';
import { advise } from '#dist/core/policy/replay/advise.js';
import { adviseFromLooks } from '#dist/core/policy/replay/advise-from-looks.js';
import { comparePolicies, spanOf } from '#dist/core/policy/replay/compare-policies.js';
import { type Contender, scheduleTicks } from '#dist/core/policy/replay/contender.js';
import { parseQualityGrid } from '#dist/core/policy/replay/quality-grid.js';
import { onceEach, type RecordedClaim } from '#dist/core/policy/replay/recorded.js';
import { replay } from '#dist/core/policy/replay/replay.js';
import { trueShifts } from '#dist/core/policy/replay/true-shifts.js';
import { createRng } from '#dist/core/rng.js';
import { specSchema } from '#dist/core/spec/schema.js';
import { triggers } from '#dist/core/spec/trigger-schema.js';
import { claim, DAY, finding } from './triggers-fixtures.js';

const START = Date.parse('2001-01-01T00:00:00.000Z');
const iso = (day: number): string => new Date(START + day * DAY).toISOString();
const DAYS = 140;

/** Weekly cutoffs; days are noisy, the same noise for every model, so that differences show; `loss` says what age costs. */
function gridOf(loss: (trainedDay: number, day: number) => number, { noise = 0.002 } = {}) {
  const rng = createRng(7);
  const weather = Array.from({ length: DAYS }, () => 0.7 + 0.02 * (rng() - 0.5));
  return parseQualityGrid({
    metric: 'AUC',
    days: weather.map((_, day) => iso(day)),
    rows: weather.map(() => 1000),
    cutoffs: Array.from({ length: DAYS / 7 }, (_, week) => ({
      trainedThrough: iso(week * 7),
      trainingMinutes: 2,
      scoresByDay: weather.map((score, day) =>
        day < week * 7 ? null : score - loss(week * 7, day) + noise * (rng() - 0.5),
      ),
    })),
  });
}

/** The world changes on day 56: whoever has not seen it loses .03. */
const oneShift = gridOf((trained, day) => (day >= 56 && trained < 63 ? 0.03 : 0));
const steady = gridOf(() => 0);
const decaying = gridOf((trained, day) => (day - trained) * 0.001);

const alarm = (day: number, over: object = {}): RecordedClaim => ({
  id: `alarm-${day}-${JSON.stringify(over)}`,
  cause: 'drift',
  arrivedMs: START + day * DAY,
  claim: claim({ window: { start: iso(day - 7), end: iso(day) }, ...over }),
});
const weeklyAlarms = Array.from({ length: 19 }, (_, week) => alarm((week + 1) * 7));
const contender = (raw: object, more: Partial<Contender> = {}): Contender => ({
  name: 'mine',
  policy: triggers.parse(raw),
  ticksMs: [],
  hearsClaims: true,
  labelDelayMs: DAY,
  incidents: [],
  ...more,
});
const runsOf = (raw: object, claims: readonly RecordedClaim[], grid = steady) =>
  replay(contender(raw), { grid, claims, span: spanOf(grid) }).runs.map(({ openedMs }) => (openedMs - START) / DAY);

describe('an incident that was recorded', () => {
  const incident = { incidentId: 1, name: 'Incident 1 (broken feed)', mode: 'wall' as const, since: iso(48) };
  const known = (closedMs: number | null) => [{ incident, openedMs: START + 50 * DAY, closedMs }];
  const days = (more: Partial<Contender>) =>
    replay(contender({ coolDown: 'P1D' }, more), {
      grid: steady,
      claims: weeklyAlarms,
      span: spanOf(steady),
    }).runs.map(({ openedMs }) => Math.floor((openedMs - START) / DAY));

  it('holds the alarms on data since its onset until it is closed, then lets them be judged at once', () => {
    const all = days({});
    expect(all).toEqual(weeklyAlarms.map((_, week) => (week + 1) * 7));
    const held = days({ incidents: known(START + 80 * DAY) });
    expect(held).toEqual([...all.filter((day) => day < 50), 80, ...all.filter((day) => day > 80)]);
  });

  it('that is open to this day holds them to the end, and no tick of the calendar', () => {
    const { fates, runs } = replay(contender({}, { incidents: known(null), ticksMs: [START + 90 * DAY] }), {
      grid: steady,
      claims: weeklyAlarms,
      span: spanOf(steady),
    });
    expect(runs.at(-1)).toMatchObject({ cause: 'schedule', openedMs: START + 90 * DAY });
    expect(fates.held).toBe(weeklyAlarms.filter(({ arrivedMs }) => arrivedMs >= START + 50 * DAY).length);
  });
});

describe('true shifts', () => {
  it('are where a refitted model would have beaten the one before, and nowhere else', () => {
    const [shift, ...more] = trueShifts(oneShift, 0.005);
    expect(shift?.at).toBe(iso(63));
    expect(shift?.gain.value).toBeCloseTo(0.03, 2);
    expect(more).toEqual([]);
    expect(trueShifts(steady, 0.005)).toEqual([]);
  });

  it('are none within the margin, and none where too few days follow', () => {
    expect(trueShifts(oneShift, 0.04)).toEqual([]);
    expect(
      trueShifts(
        gridOf((trained, day) => (day >= 130 && trained < 133 ? 0.1 : 0)),
        0.005,
      ),
    ).toEqual([]);
  });
});

describe('a comparison', () => {
  const { policies, shifts, claims } = comparePolicies([contender({ coolDown: 'P28D' })], {
    grid: oneShift,
    claims: weeklyAlarms,
    equivalence: 0.005,
  });
  const by = (name: string) => policies.find((policy) => policy.name === name)!;

  it('always has the yardsticks first', () => {
    expect(policies.map(({ name }) => name)).toEqual(['never', 'weekly', 'monthly', 'each drift alarm', 'mine']);
    expect([shifts.length, claims]).toEqual([1, 19]);
  });

  it('counts retrains, minutes, delays, missed and useless', () => {
    expect(by('never')).toMatchObject({ runs: [], trainingMinutes: 0, missed: 1, useless: 0 });
    expect(by('weekly').runs).toHaveLength(19);
    expect(by('weekly').trainingMinutes).toBe(38);
    expect(by('weekly').answers[0]?.delayDays).toBeLessThan(0.01);
    // One of 19 answers the shift; the last two have fewer than 14 days to be judged on.
    expect(by('weekly')).toMatchObject({ missed: 0, useless: 16, unjudged: 2 });
    expect(by('monthly').answers[0]?.delayDays).toBeCloseTo(90 - 63, 1);
  });

  it('shows what was gained over never, days being the sample', () => {
    expect(by('never').overNever.value).toBe(0);
    expect(by('weekly').overNever.interval?.lower).toBeGreaterThan(0.005);
    expect(by('weekly').quality!).toBeGreaterThan(by('never').quality!);
  });

  it('lets the policy hold its claims by the same judgement as in earnest', () => {
    const mine = by('mine');
    expect(mine.runs.length).toBeLessThan(6);
    expect(mine.runs[0]?.reason).toMatch(/"alert" met/);
    const total = Object.values(mine.fates).reduce((sum, count) => sum + count, 0);
    expect(total).toBe(19);
  });
});

describe('the replayed world', () => {
  it('waits for debounce, cool-down and budget in simulated time', () => {
    expect(runsOf({ debounce: { quiet: 'PT1H', maxWait: 'PT2H' } }, [alarm(10)])).toEqual([10 + 1 / 24]);
    const close = [alarm(10), alarm(11), alarm(12)];
    const atOnce = { debounce: { quiet: 'PT0S', maxWait: 'PT0S' } };
    const [first, second, ...more] = runsOf(
      { ...atOnce, coolDown: 'P7D' },
      close,
      gridOf(() => 0),
    );
    expect([first, more]).toEqual([10, []]);
    // The claims that waited speak of windows that no model has been trained on since.
    expect(second).toBeCloseTo(17, 1);
    expect(
      runsOf({ ...atOnce, coolDown: 'PT0S', budget: { runs: 2, period: 'P28D' } }, weeklyAlarms).slice(0, 4),
    ).toEqual([7, 14, 35, 42]);
  });

  it('counts label notices by the rows of the days, and retrains when enough are new', () => {
    expect(runsOf({ labels: { atLeast: 30_000 }, debounce: { quiet: 'PT0S', maxWait: 'PT0S' } }, [])[0]).toBe(31);
  });

  it('makes a claim of a report that does not come', () => {
    const runs = runsOf({ expect: [{ monitor: 'evidently', every: 'P7D', lateness: 'P1D' }], coolDown: 'P365D' }, [
      alarm(7, { findings: [] }),
    ]);
    expect(runs).toHaveLength(1);
    expect(runs[0]).toBeCloseTo(15, 1);
  });

  it('compares scores with those that came before', () => {
    const scored = (day: number, score: number) => alarm(day, { findings: [finding({ score, alert: false })] });
    const past = Array.from({ length: 10 }, (_, week) => scored(7 * (week + 1), week === 8 ? 5 : 1));
    const runs = runsOf({ conditions: [{ name: 'c', when: { rollingAverage: 'P28D', factor: 2 } }] }, past);
    expect(runs.map(Math.floor)).toEqual([63]);
  });

  it('gives the same whatever the order of the file', () => {
    const options = { grid: oneShift, equivalence: 0.005 };
    const forward = comparePolicies([contender({})], { ...options, claims: weeklyAlarms });
    expect(comparePolicies([contender({})], { ...options, claims: [...weeklyAlarms].reverse() })).toEqual(forward);
  });
});

describe('a past with more than one cutoff before its first day', () => {
  // The newest of them serves; those before it never do.
  const early = {
    ...oneShift,
    cutoffs: [
      { trainedThrough: iso(-14), trainingMinutes: 2, scoresByDay: oneShift.days.map(() => 0.2) },
      ...oneShift.cutoffs,
    ],
  };
  const options = { claims: weeklyAlarms, equivalence: 0.005 };

  it('begins with the newest of them, for shifts, qualities and advice alike', () => {
    expect(trueShifts(early, 0.005)).toEqual(trueShifts(oneShift, 0.005));
    expect(comparePolicies([contender({})], { ...options, grid: early })).toEqual(
      comparePolicies([contender({})], { ...options, grid: oneShift }),
    );
    expect(advise(early, 0.005).cadences[0]?.overNever).toEqual(advise(oneShift, 0.005).cadences[0]?.overNever);
  });
});

describe('recorded claims', () => {
  it('count once, when they first came, whichever file they stand in', () => {
    const [first, again] = [alarm(10), { ...alarm(10), arrivedMs: START + 30 * DAY }];
    expect(onceEach([again, alarm(12), first])).toEqual([first, alarm(12)]);
  });

  it('outside the span are counted', () => {
    const { claims, claimsOutside } = comparePolicies([], {
      grid: steady,
      claims: [alarm(-1), alarm(3), alarm(DAYS)],
      equivalence: 0.005,
    });
    expect([claims, claimsOutside]).toEqual([1, 2]);
  });
});

describe('advice on the cadence', () => {
  it('finds the fastest that is shown to gain when models decay by the day', () => {
    const { cadences, sentence } = advise(decaying, 0.0005);
    expect(cadences.map(({ everyDays, pays }) => [everyDays, pays])).toEqual([
      [56, true],
      [28, true],
      [14, true],
      [7, true],
    ]);
    expect(sentence).toBe('Every 7 days pays: it gains over the next slower cadence, interval and all.');
    expect(cadences.map(({ trainingMinutesPer28Days }) => trainingMinutesPer28Days)).toEqual([1, 2, 4, 8]);
  });

  it('says plainly when it cannot tell', () => {
    const noisy = gridOf(() => 0, { noise: 0.2 });
    expect(advise(noisy, 0.0005).sentence).toMatch(/^It cannot be told/);
    expect(advise({ ...decaying, cutoffs: decaying.cutoffs.slice(0, 1) }, 0.0005).sentence).toContain('week by week');
    const short = { ...decaying, days: decaying.days.slice(0, 60), rows: [] };
    expect(advise(short, 0.0005)).toMatchObject({ from: null, cadences: [] });
  });

  it('ends where fresh starts end, so that old models do not pass for a fast cadence', () => {
    const cut = { ...decaying, cutoffs: decaying.cutoffs.slice(0, 10) };
    const { from, to, days, cadences } = advise(cut, 0.0005);
    expect([from, to, days]).toEqual([iso(49), iso(70), 21]);
    expect(cadences.map(({ pays }) => pays)).toEqual([true, true, true, true]);
    const ages = cadences.map(({ quality }) => cadences[3]!.quality - quality);
    // Served by the day: half a cadence of age, and a thousandth a day.
    for (const [index, age] of [24.5, 10.5, 3.5, 0].entries()) expect(ages[index]).toBeCloseTo(age * 0.001, 3);
  });

  it('compares all cadences on the days that every one of them has a score of', () => {
    const blind = decaying.cutoffs.map((cutoff, at) => ({
      ...cutoff,
      // Only starts that are old enough for the slowest cadence alone lack these days.
      scoresByDay: cutoff.scoresByDay.map((score, day) => (day < 80 && day - at * 7 >= 28 ? null : score)),
    }));
    const { days, cadences } = advise({ ...decaying, cutoffs: blind }, 0.0005);
    expect(days).toBeLessThanOrEqual(60);
    expect(cadences.map(({ overSlower }) => overSlower.days)).toEqual([days, days, days, days]);
  });
});

describe('advice from the runs', () => {
  const look = (runNo: number, fresherDays: number, [lower, upper]: [number, number]) => ({
    runNo,
    fresherDays,
    trainingMinutes: 2,
    metric: 'auc',
    gain: { days: 30, value: (lower + upper) / 2, interval: { lower, upper, confidence: 0.95 } },
  });

  it('names the fastest refit that gained in every run that tried it', () => {
    const looks = [
      look(2, 31, [0.02, 0.03]),
      look(3, 28, [0.01, 0.02]),
      look(4, 8, [-0.01, 0.02]),
      look(5, 400, [0.1, 0.2]),
    ];
    const { cadences, sentence } = adviseFromLooks({ looks, otherRecipes: 0 }, 0.005);
    expect(cadences.map(({ everyDays, pays, looks: own }) => [everyDays, pays, own.length])).toEqual([
      [56, null, 0],
      [28, true, 2],
      [14, null, 0],
      [7, null, 1],
    ]);
    expect(sentence).toMatch(/^Refitting after about 28 days was shown to gain in each of the 2 runs/);
    expect(cadences[1]?.trainingMinutesPer28Days).toBe(2);
  });

  it('says plainly when it cannot tell', () => {
    const of = (...looks: ReturnType<typeof look>[]) => adviseFromLooks({ looks, otherRecipes: 0 }, 0.005);
    expect(of().sentence).toMatch(/no run has compared .* yet\.$/);
    expect(of(look(2, 28, [-0.01, 0.02])).sentence).toContain('no cadence gained');
    expect(of(look(2, 28, [-0.01, 0.004])).cadences[1]?.pays).toBe(false);
  });

  it('says how many comparisons a change of recipe cost', () => {
    expect(adviseFromLooks({ looks: [], otherRecipes: 2 }, 0.005).sentence).toMatch(/Left out: 2 evaluation\(s\)/);
    const looks = [look(2, 28, [0.01, 0.02])];
    expect(adviseFromLooks({ looks, otherRecipes: 1 }, 0.005).sentence).toMatch(/Left out: 1 evaluation\(s\)/);
  });
});

describe('the times of a schedule', () => {
  const times = (schedule: object) => {
    const spec = { model: 'm', schedule: specSchema.shape.schedule.unwrap().parse(schedule) };
    return scheduleTicks(spec, { fromMs: START, toMs: START + 90 * DAY }).map((ms) =>
      new Date(ms).toISOString().slice(0, 16),
    );
  };

  it.each([
    [{ cron: '0 6 1 * *' }, ['2001-01-01T06:00', '2001-02-01T06:00', '2001-03-01T06:00']],
    [{ cron: '30 2 15 jan-feb *' }, ['2001-01-15T02:30', '2001-02-15T02:30']],
    [{ cron: '@monthly', timeZone: 'Europe/Berlin' }, ['2001-01-31T23:00', '2001-02-28T23:00', '2001-03-31T22:00']],
    [{ cron: '0 0 12 * 1 2001' }, ['2001-02-12T00:00', '2001-03-12T00:00']],
    [{ cron: '0 0 * * 7' }, 12],
    [{ cron: '*/20 0 1 1 *' }, ['2001-01-01T00:00', '2001-01-01T00:20', '2001-01-01T00:40']],
    [{ every: 'P30D' }, 3],
    [{ every: 'P30D', paused: true }, []],
  ])('%j', (schedule, expected) => {
    const found = times(schedule);
    if (typeof expected === 'number') expect(found).toHaveLength(expected);
    else expect(found.slice(0, expected.length + 1)).toEqual(expected);
  });
});

describe('a malformed grid', () => {
  const good = {
    metric: 'AUC',
    days: [iso(0), iso(1)],
    rows: [1, 1],
    cutoffs: [{ trainedThrough: iso(0), trainingMinutes: 1, scoresByDay: [0.5, 0.6] }],
  };

  it.each([
    [{ ...good, days: [iso(0), iso(2)] }, 'is not the day after'],
    [{ ...good, days: [iso(0.5), iso(1.5)] }, 'not the beginning of a UTC day'],
    [{ ...good, rows: [1] }, 'rows for 1'],
    [{ ...good, cutoffs: [{ ...good.cutoffs[0], scoresByDay: [1] }] }, 'scores for 1 of 2'],
    [{ ...good, cutoffs: [{ ...good.cutoffs[0], trainedThrough: iso(1) }] }, 'which it was trained on'],
    [{ ...good, cutoffs: [] }, 'cutoffs'],
    [null, 'the whole file'],
  ])('is refused with the reason (%#)', (raw, message) => {
    expect(() => parseQualityGrid(raw)).toThrow(message);
  });
});

const flights = (path: string) => fileURLToPath(new URL(`../../examples/flights/${path}`, import.meta.url));

describe('perennial policy', () => {
  async function cli(args: string[]): Promise<{ out: string; err: string; exitCode: number }> {
    const seen = { out: '', err: '', exitCode: 0 };
    const io = {
      out: (text: string) => {
        seen.out += text;
      },
      err: (text: string) => {
        seen.err += text;
      },
      width: null,
      hasColour: false,
      ask: async () => null,
      setExitCode: (code: number) => {
        seen.exitCode = code;
      },
    };
    await runCli(args, { io, openClient: () => Promise.reject(new Error('no server is needed')) });
    return seen;
  }
  const REPLAY = ['policy', 'replay', 'flights.yaml', 'policies/composed.yaml', 'policies/unusual.yaml'].map((arg) =>
    arg.endsWith('.yaml') ? flights(arg) : arg,
  );
  const firstReport = (): string => {
    const index: { file: string }[] = JSON.parse(readFileSync(flights('evidently/reports/index.json'), 'utf8'));
    return `evidently/reports/${index.find(({ file }) => file.startsWith('weekly/'))!.file}`;
  };
  const GRID = ['--grid', flights('quality-grid.json')];
  const document = readFileSync(new URL('../../docs/policy-replay.md', import.meta.url), 'utf8');

  it('replays the flights as docs/policy-replay.md shows them', async () => {
    const seen = await cli([
      ...REPLAY,
      ...GRID,
      '--reports',
      flights('evidently/reports/index.json'),
      '--only',
      'weekly/',
    ]);
    expect(seen).toMatchObject({ err: '', exitCode: 0 });
    expect(document).toContain(seen.out);
  });

  it('advises on the flights as docs/policy-replay.md shows it', async () => {
    const seen = await cli(['policy', 'advise', 'flights', ...GRID]);
    expect(seen).toMatchObject({ err: '', exitCode: 0 });
    expect(document).toContain(seen.out);
  });

  it('says that claims which were parsed after the fact came outside the span, and how to hear them', async () => {
    const parsed = await cli([
      ...['signal', 'parse', 'evidently', flights(firstReport()), '--model', 'flights', '--json'],
      ...['--window', '2001-02-05/2001-02-12', '--n-reference', '5000', '--n-current', '5000'],
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'perennial-policy-'));
    try {
      const file = join(folder, 'claims.json');
      expect(parsed.err).toBe('');
      writeFileSync(file, parsed.out);
      const late = await cli([...REPLAY, ...GRID, '--claims', file]);
      expect(late.out).toMatch(/1 of 1 claims came outside the span.*--arrived window-end/);
      const heard = await cli([...REPLAY, ...GRID, '--claims', file, '--arrived', 'window-end']);
      expect(heard.out).toContain('with 1 recorded claim(s)');
      expect(heard.out).not.toContain('outside');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('takes the grid that docs/policy-replay.md shows', () => {
    const [, example] = /```json\n([\s\S]*?)```/.exec(document) ?? [];
    expect(parseQualityGrid(JSON.parse(example ?? '')).cutoffs).toHaveLength(2);
  });

  it('says what is wrong with a file', async () => {
    expect((await cli([...REPLAY, '--grid', flights('flights.yaml')])).err).toContain('is no JSON');
    expect((await cli([...REPLAY, ...GRID, '--claims', flights('quality-grid.json')])).err).toContain('cannot be read');
  });
});
