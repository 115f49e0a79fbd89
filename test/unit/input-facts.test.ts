// Checks of a window's daily counts against its history: each fails on its fault, with the day, and on nothing usual.
import { describe, expect, it } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import { specSchema } from '#dist/core/spec/schema.js';
import { inputFacts } from '#dist/core/triage/input-facts.js';
import type { ColumnInputs, InputMeasures, WindowInputs } from '#dist/core/triage/input-measures.js';
import { categorical, DAY_MS, dayAt, daysOf, drawCounts, numeric, START, windowOf } from './triage-inputs-fixtures.js';

const VALUES = [0, 1, 2, 3, 4, 5];
const NAMES = Array.from({ length: 40 }, (_, at) => `n${at}`);
const SHARES = NAMES.map((_, at) => 100 / (at + 3));
const FLAT = [5, 4, 3, 2, 2, 1];
/** Fewer rows at the weekend. */
const rowsAt = (day: number): number => ([0, 6].includes(new Date(START + day * DAY_MS).getUTCDay()) ? 300 : 600);
const draw = (weights: readonly number[], from: number, days: number, seed: number) =>
  daysOf(days, (rng, day) => drawCounts(weights, rowsAt(from + day), rng), seed);

const columns = (from: number, days: number, seed: number): [ColumnInputs, ColumnInputs] => [
  numeric('x', VALUES, draw(FLAT, from, days, seed)),
  categorical('cat', NAMES, draw(SHARES, from, days, seed + 50)),
];
const reference = windowOf(0, columns(0, 28, 1));
const usual = columns(28, 14, 2);
const current = (change: Partial<WindowInputs> = {}, own: readonly ColumnInputs[] = usual): WindowInputs =>
  windowOf(28, own, change);

const spec = specSchema.parse({
  model: 'm',
  source: { kind: 'parquet', path: 'x.parquet', columns: { label: 'label' } },
  features: [
    { kind: 'numeric', name: 'x' },
    { kind: 'categorical', name: 'cat' },
  ],
  window: { expanding: '2001-01-01' },
  gates: [{ metric: 'auc', min: 0.5 }],
});
const facts = (own: WindowInputs, change: Partial<InputMeasures> = {}, lenient?: ReadonlySet<string>) =>
  inputFacts({
    spec,
    measures: {
      inputsAsOf: own.window.end,
      labelsAsOf: own.window.end,
      current: own,
      reference,
      season: null,
      recomputed: [],
      ...change,
    },
    profile: null,
    permutations: 99,
    rng: createRng(1),
    ...(lenient === undefined ? {} : { lenient }),
  });
const failed = (own: WindowInputs, change?: Partial<InputMeasures>, lenient?: ReadonlySet<string>) =>
  facts(own, change, lenient).checks.filter((check) => !check.passed);
const instant = (at: number): string => `${dayAt(at)}T00:00:00.000Z`;
const BROKEN = { severity: 'error', fault: 'broken-feed', isExact: true };

describe('a window as its history is', () => {
  it('fails no check, has no map, and no column moved', () => {
    const found = facts(current());
    expect(found.checks.filter((check) => !check.passed)).toEqual([]);
    expect(found.maps).toEqual([]);
    expect(found.columns.map(({ isUnchanged }) => isUnchanged)).toEqual([true, true]);
    expect([found.season, found.recomputed, found.notMeasured]).toEqual([null, [], []]);
  });

  it('without earlier rows says so', () => {
    const found = facts(current(), { reference: null });
    expect(found.columns).toEqual([]);
    expect(found.notMeasured[0]).toContain('no earlier rows');
  });
});

describe('rows', () => {
  const thinned = (by: (day: number) => number): WindowInputs => {
    const own = current();
    return { ...own, rows: own.rows.map((rows, day) => Math.round(rows * by(day))) };
  };

  it('that are halved are missing as a fact, since the first such day', () => {
    expect(failed(thinned(() => 0.5))[0]).toMatchObject({ ...BROKEN, check: 'row-history', onset: instant(28) });
    expect(failed(thinned((day) => (day < 4 ? 1 : 0.5)))[0]).toMatchObject({
      check: 'row-history',
      onset: instant(32),
    });
  });

  it('of one day that is gone, or less than half, are named with the day', () => {
    const [gone] = failed(thinned((day) => (day === 6 ? 0 : 1)));
    expect(gone).toMatchObject({ ...BROKEN, check: 'day-rows', onset: instant(34), value: 1 });
    expect(failed(thinned((day) => (day === 3 ? 0.4 : 1)))[0]).toMatchObject({ check: 'day-rows', onset: instant(31) });
  });

  it('of the last day are still to come where the newest row is fresh enough, and gone where it is not', () => {
    const until = (days: number): WindowInputs => {
      const own = thinned((day) => (day < days ? 1 : 0));
      const newestEventAt = new Date(START + (28 + days) * DAY_MS - 60_000).toISOString();
      return { ...own, facts: { ...own.facts, newestEventAt } };
    };
    expect(failed(until(13)).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(failed(until(11)).map(({ check }) => check)).toEqual(expect.arrayContaining(['freshness', 'day-rows']));
  });

  it('a fifth fewer, at the weekend, or a day that the window cuts are usual', () => {
    expect(failed(thinned(() => 0.8))).toEqual([]);
    const cut = current();
    const end = new Date(START + 41 * DAY_MS + DAY_MS / 2).toISOString();
    const rows = cut.rows.map((count, day) => (day === 13 ? count / 2 : count));
    expect(failed({ ...cut, window: { ...cut.window, end }, rows })).toEqual([]);
  });

  it('that are few are no fault by themselves', () => {
    const few = current();
    const [check] = failed({ ...few, facts: { ...few.facts, rows: 60 } });
    expect(check).toMatchObject({ check: 'row-count', fault: null });
  });
});

describe('repeats', () => {
  it('of a day, by id or by content alone, are told once, with the day', () => {
    const twice = current().rows.map((rows, day) => (day === 5 ? rows / 2 : 0));
    const byId = failed(current({ duplicateIds: twice, duplicateRows: twice }));
    expect(byId).toMatchObject([{ ...BROKEN, check: 'repeated-rows', onset: instant(33) }]);
    expect(byId[0]?.text).toContain('repeat an id');
    expect(failed(current({ duplicateRows: twice }))[0]?.text).toContain('equal another row');
  });

  it('as often as before are usual', () => {
    const one = (window: WindowInputs): number[] => window.rows.map((rows) => Math.round(rows / 20));
    const past = { ...reference, duplicateRows: one(reference), repeatedRows: one(reference) };
    expect(failed(current({ duplicateRows: one(current()) }), { reference: past })).toEqual([]);
  });

  it('of the day before with another date are a repeated day', () => {
    const repeatedRows = current().rows.map((rows, day) => (day === 8 ? rows : 0));
    expect(failed(current({ repeatedRows }))).toMatchObject([{ ...BROKEN, check: 'repeated-day', onset: instant(36) }]);
  });
});

describe('columns', () => {
  it('without values on three rows of ten, from a day on, are a spike', () => {
    const own = usual[0];
    const rows = current().rows;
    const nulls = rows.map((count, day) => (day < 7 ? 0 : Math.round(count * 0.3)));
    const found = failed(current({ rows }, [{ ...own, nulls }, usual[1]]));
    expect(found).toMatchObject([{ ...BROKEN, check: 'null-spike', column: 'x', onset: instant(35) }]);
  });

  it('that become constant are told with the day; a usual constant is not', () => {
    const counts = draw(FLAT, 28, 14, 2).map((day, at) =>
      at < 9 ? day : day.map((_, bin) => (bin === 2 ? day.reduce((sum, one) => sum + one, 0) : 0)),
    );
    const own = numeric('x', VALUES, counts);
    expect(failed(current({}, [own, usual[1]])).map(({ check }) => check)).toContain('constant-column');
    expect(failed(current({}, [own, usual[1]]))[0]).toMatchObject({ ...BROKEN, column: 'x', onset: instant(37) });
    const always = (from: number, days: number) => numeric('x', [7], draw([1], from, days, 3));
    const past = windowOf(0, [always(0, 28), columns(0, 28, 1)[1]]);
    expect(failed(current({}, [always(28, 14), usual[1]]), { reference: past })).toEqual([]);
  });

  it('that only the champion reads fail as warnings', () => {
    const nulls = current().rows.map((count) => Math.round(count * 0.3));
    const own = current({}, [{ ...usual[0], nulls }, usual[1]]);
    expect(failed({ ...own, rows: current().rows }, {}, new Set(['x']))).toMatchObject([
      { severity: 'warn', fault: null },
    ]);
  });
});

describe('categories', () => {
  const without = (gone: (at: number) => boolean, from = 0) =>
    draw(SHARES, 28, 14, 52).map((day, at) => (at < from ? day : day.map((count, name) => (gone(name) ? 0 : count))));

  it('that are gone in numbers since a day are a broken feed', () => {
    const [found] = failed(
      current({}, [
        usual[0],
        categorical(
          'cat',
          NAMES,
          without((at) => at % 4 === 1, 5),
        ),
      ]),
    );
    expect(found).toMatchObject({ ...BROKEN, check: 'categories-gone', column: 'cat', onset: instant(33) });
  });

  it('of which one is gone are a warning, new ones too', () => {
    const one = failed(
      current({}, [
        usual[0],
        categorical(
          'cat',
          NAMES,
          without((at) => at === 20),
        ),
      ]),
    );
    expect(one).toMatchObject([{ severity: 'warn', check: 'categories-gone', value: 1 }]);
    const more = categorical('cat', [...NAMES, 'new'], draw([...SHARES, 15], 28, 14, 52));
    expect(failed(current({}, [usual[0], more]))).toMatchObject([
      { severity: 'warn', check: 'new-categories', fault: null },
    ]);
  });

  it('that are all others, with other frequencies, are a suspected change of logging', () => {
    const others = categorical('cat', ['p', 'q', 'r'], draw([1, 1, 1], 28, 14, 3));
    const found = failed(current({}, [usual[0], others]));
    expect(found).toMatchObject([{ check: 'new-categories', fault: 'logging-change', isExact: false }]);
  });

  it('in other case are a map, and no category is gone', () => {
    const lower = categorical(
      'cat',
      NAMES.map((name) => name.toUpperCase()),
      draw(SHARES, 28, 14, 52),
    );
    const found = facts(current({}, [usual[0], lower]));
    expect(found.maps).toMatchObject([{ kind: 'rename', column: 'cat' }]);
    expect(found.checks.filter((check) => !check.passed)).toEqual([]);
  });
});

describe('beside the checks', () => {
  it('recomputed columns come with the day from which on they differ', () => {
    const rows = current().rows;
    const differing = rows.map((count, day) => (day < 10 ? 1 : count));
    const one = { column: 'x', against: 'y', isMeasured: true, rows, differing };
    const found = facts(current(), { recomputed: [one, { ...one, column: 'z', isMeasured: false }] });
    expect(found.recomputed).toMatchObject([{ column: 'x', against: 'y', onset: instant(38) }]);
    expect(found.notMeasured[0]).toContain('"z" was not compared');
  });

  it('a season explains what moved to where it was a year ago', () => {
    const sunny = SHARES.map((share, at) => (at < 4 ? share * 3 : share));
    const own = current({}, [usual[0], categorical('cat', NAMES, draw(sunny, 28, 14, 60))]);
    const ago = windowOf(28, [columns(28, 14, 70)[0], categorical('cat', NAMES, draw(sunny, 28, 14, 61))]);
    expect(facts(own, { season: ago }).season).toMatchObject({
      isAlike: true,
      explains: ['cat'],
      isPerformanceUsual: null,
    });
    const unlike = windowOf(28, columns(28, 14, 71));
    expect(facts(own, { season: unlike }).season).toMatchObject({ isAlike: false, explains: [] });
  });
});
