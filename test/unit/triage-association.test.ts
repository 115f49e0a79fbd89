// Columns that go together by construction: what is told when the rows of one are exchanged within their days, and when they are not.
import { describe, expect, it } from 'vitest';
import type { ColumnTable, TableColumn } from '#dist/core/column-table.js';
import { createRng, type Rng } from '#dist/core/rng.js';
import { specSchema } from '#dist/core/spec/schema.js';
import { associationFacts } from '#dist/core/triage/association/association-facts.js';
import { outOfStepText } from '#dist/core/triage/fact-words.js';
import type { AssociationFacts } from '#dist/core/triage/facts.js';

const DAY_MS = 86_400_000;
const FIRST = Date.parse('2001-02-01') / DAY_MS;
const REFERENCE_DAYS = 28;
const at = (day: number): string => new Date((FIRST + day) * DAY_MS).toISOString();

interface Given {
  readonly days?: number;
  readonly rowsADay?: number;
  readonly seed?: number;
  /** Columns whose rows are exchanged, and on which days of the window (counted from its first one). */
  readonly exchanged?: readonly string[];
  readonly isExchanged?: (day: number) => boolean;
  /** Moves the mean of x, the cause of everything, in the window. */
  readonly moved?: number;
  /** What is left of x's spread in the window. */
  readonly spread?: number;
  /** Of the window's rows, those of a city that is new and goes with nothing. */
  readonly fresh?: number;
  /** Features that the pipeline has, of x, y, z, alone, city, missing, hour and part; `again` reads the column of x. */
  readonly features?: readonly string[];
  readonly lenient?: readonly string[];
}

const normal = (rng: Rng): number => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());
const CITIES = ['A', 'B', 'C', 'D', 'NEW'];

/** `x` makes `y`, `z` and `city`; `alone` goes with nothing; `missing` is y with nulls; `hour` and `part` are of one instant. */
function rowOf(rng: Rng, { move, spread }: { move: number; spread: number }): Record<string, number> {
  const x = spread * normal(rng) + move;
  const y = 0.8 * x + 0.6 * normal(rng);
  const hour = Math.floor(rng() * 24);
  const city = Math.max(0, Math.min(3, Math.round(x + 1.5 + 0.5 * normal(rng))));
  const missing = rng() < 0.4 ? Number.NaN : y;
  return { x, y, z: 0.7 * x + 0.7 * normal(rng), alone: normal(rng), city, missing, hour, part: Math.floor(hour / 6) };
}

function exchange<T>(list: T[], rng: Rng): void {
  for (let place = list.length - 1; place > 0; place -= 1) {
    const other = Math.floor(rng() * (place + 1));
    [list[place], list[other]] = [list[other]!, list[place]!];
  }
}

function measure(given: Given = {}): ReturnType<typeof associationFacts> {
  const {
    days = 14,
    rowsADay = 600,
    exchanged = [],
    isExchanged = () => true,
    features = ['x', 'y', 'z', 'alone'],
  } = given;
  const rng = createRng(given.seed ?? 1, 3);
  const rows: Record<string, number>[] = [];
  const day: number[] = [];
  for (let one = 0; one < REFERENCE_DAYS + days; one += 1) {
    const isNew = one >= REFERENCE_DAYS;
    const world = isNew ? { move: given.moved ?? 0, spread: given.spread ?? 1 } : { move: 0, spread: 1 };
    const own = Array.from({ length: rowsADay }, () => rowOf(rng, world));
    if (isNew) for (const row of own) if (rng() < (given.fresh ?? 0)) Object.assign(row, { city: 4, x: normal(rng) });
    if (isNew && exchanged.length > 0 && isExchanged(one - REFERENCE_DAYS)) {
      const places = [...own.keys()];
      exchange(places, rng);
      const values = places.map((place) => exchanged.map((name) => own[place]![name]!));
      for (const [row, list] of own.entries()) {
        for (const [place, name] of exchanged.entries()) list[name] = values[row]![place]!;
      }
    }
    rows.push(...own);
    day.push(...own.map(() => FIRST + one));
  }
  const columns = features.map((name): TableColumn => {
    const values = rows.map((row) => row[name === 'again' ? 'x' : name]!);
    const levels = name === 'city' ? CITIES : Array.from({ length: 24 }, (_, level) => `${level}`);
    return ['city', 'hour', 'part'].includes(name)
      ? { kind: 'categorical', name, codes: Int32Array.from(values), levels }
      : { kind: 'numeric', name, values: Float64Array.from(values) };
  });
  const table: ColumnTable = {
    rows: rows.length,
    features: columns,
    sliceColumns: [],
    label: new Uint8Array(rows.length),
    day: Int32Array.from(day),
  };
  const spec = specSchema.parse({
    model: 'm',
    source: { kind: 'parquet', path: '/rows.parquet', columns: { label: 'late' } },
    features: features.map((name) => {
      if (name === 'hour' || name === 'part') return { kind: 'time', name, part: 'hour' };
      if (name === 'city') return { kind: 'categorical', name };
      return { kind: 'numeric', name, column: name === 'again' ? 'raw_x' : `raw_${name}` };
    }),
    window: { expanding: '2001-01-01' },
    gates: [{ metric: 'auc', min: 0.5 }],
  });
  const current = { start: at(REFERENCE_DAYS), end: at(REFERENCE_DAYS + days) };
  const reference = { start: at(0), end: at(REFERENCE_DAYS) };
  return associationFacts(table, { spec, current, reference, lenient: new Set(given.lenient) });
}

function factsOf(given: Given): AssociationFacts {
  const { facts, why } = measure(given);
  expect(why).toBeNull();
  return facts!;
}

const told = (given: Given): (readonly string[])[] => factsOf(given).outOfStep.map(({ columns }) => columns);

describe('columns that go together', () => {
  it('are told by their source columns, and those that go with none are not among them', () => {
    expect(factsOf({})).toEqual({ pairs: 3, together: ['raw_x', 'raw_y', 'raw_z'], outOfStep: [] });
    expect(factsOf({ features: ['x', 'alone'] })).toEqual({ pairs: 0, together: [], outOfStep: [] });
    expect(factsOf({ features: ['x'] })).toEqual({ pairs: 0, together: [], outOfStep: [] });
  });
  it('are not called so where one of them is out of step', () => {
    const cities = { features: ['x', 'y', 'z', 'city'], exchanged: ['z'] };
    expect(factsOf(cities)).toMatchObject({ pairs: 6, together: [], outOfStep: [{ columns: ['raw_z'] }] });
    const { facts, why } = measure({ features: ['x', 'y', 'city'], exchanged: ['y'], lenient: ['raw_y'] });
    expect([why, facts]).toMatchObject([null, { together: [], outOfStep: [] }]);
  });
  it('are no parts of one instant', () => {
    expect(factsOf({ features: ['hour', 'part', 'alone'] })).toMatchObject({ pairs: 0 });
  });
  it('may have nulls, which are left out', () => {
    expect(factsOf({ features: ['missing', 'z'] })).toMatchObject({ pairs: 1 });
    expect(told({ features: ['x', 'missing', 'z'], exchanged: ['missing'] })).toEqual([['raw_missing']]);
  });
});

describe('nothing is told', () => {
  it('where nothing changed, whatever the seed and the rows', () => {
    for (const [seed, rowsADay] of [2, 3, 4].flatMap((one) => [[one, 300] as const, [one, 600] as const])) {
      expect(told({ seed, rowsADay, features: ['x', 'y', 'z', 'city', 'alone'] })).toEqual([]);
    }
  });
  it('of a column that only the champion reads', () => {
    expect(told({ exchanged: ['y'], lenient: ['raw_y'] })).toEqual([]);
    expect(told({ exchanged: ['y'], lenient: ['raw_x'] })).toEqual([['raw_y']]);
  });
  it('where a column that goes with none is exchanged', () => {
    expect(told({ exchanged: ['alone'] })).toEqual([]);
  });
  it('where columns moved and go together all the same, however little of it their narrow spread leaves', () => {
    for (const moved of [0.5, 1.5, 3]) expect(told({ moved, features: ['x', 'y', 'z', 'city'] })).toEqual([]);
  });
  it('where a column is all but constant, so that nothing could show', () => {
    for (const seed of [1, 2, 3, 4]) expect(told({ spread: 0.1, seed })).toEqual([]);
  });
  it('where most rows are of a category that was not there before', () => {
    for (const features of [
      ['x', 'city'],
      ['x', 'y', 'city'],
    ]) {
      expect(told({ fresh: 0.85, rowsADay: 1800, features })).toEqual([]);
    }
  });
  it('of two days alone, or of a few rows', () => {
    expect(told({ exchanged: ['y'], isExchanged: (day) => day >= 12 })).toEqual([]);
    const { facts, why } = measure({ rowsADay: 30, exchanged: ['y'] });
    expect(facts).toBeNull();
    expect(why).toBe(
      'Whether columns go together as before was not measured: it takes 3 days, or spans of days, with 500 rows in the window and 5 ' +
        'in its reference, and there are 0 and 1.',
    );
  });
});

describe('a column whose rows are exchanged is told', () => {
  it('with what it went with, in a whole window', () => {
    const { outOfStep } = factsOf({ exchanged: ['y'] });
    expect(outOfStep).toMatchObject([{ columns: ['raw_y'], onset: at(REFERENCE_DAYS), until: null }]);
    const [found] = outOfStep;
    expect(found!.pairs.map(({ columns }) => columns[1]).sort()).toEqual(['raw_x', 'raw_z']);
    for (const { reference, current } of found!.pairs) expect(current).toBeLessThan(reference / 4);
    expect(outOfStepText(found!)).toMatch(
      /^raw_y does not go with the same rows’ other values as before: raw_y with raw_x 0\.\d\d before and 0\.0\d now, raw_y with raw_z /,
    );
  });
  it('on few rows a day too, days taken together', () => {
    expect(told({ exchanged: ['city'], rowsADay: 300, features: ['x', 'y', 'city', 'alone'] })).toEqual([['city']]);
  });
  it('from the day on which it began', () => {
    const { outOfStep } = factsOf({ exchanged: ['x'], isExchanged: (day) => day >= 6 });
    expect(outOfStep).toMatchObject([{ columns: ['raw_x'], onset: at(REFERENCE_DAYS + 6), until: null }]);
  });
  it('with its days where it was repaired since', () => {
    const { outOfStep } = factsOf({ exchanged: ['x'], days: 28, isExchanged: (day) => day >= 8 && day < 13 });
    expect(outOfStep).toMatchObject([
      { columns: ['raw_x'], onset: at(REFERENCE_DAYS + 8), until: at(REFERENCE_DAYS + 13) },
    ]);
    expect(outOfStepText(outOfStep[0]!)).toContain(', on days 2001-03-09 to 2001-03-13: ');
  });
  it('together with those that it still goes with', () => {
    const features = ['x', 'y', 'z', 'city', 'missing', 'alone'];
    expect(told({ exchanged: ['x', 'city'], features })).toEqual([['raw_x', 'city']]);
  });
  it('once, where two features read it', () => {
    expect(told({ exchanged: ['x'], features: ['x', 'again', 'y', 'alone'] })).toEqual([['raw_x', 'raw_y']]);
  });
  it('with the other one where two have nobody else', () => {
    expect(told({ exchanged: ['x'], features: ['x', 'y', 'alone'] })).toEqual([['raw_x', 'raw_y']]);
  });
});
