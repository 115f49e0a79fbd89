// Maps of a column: found where there is one, with its first day, and not invented where the world moved.
import { describe, expect, it } from 'vitest';
import { findMaps } from '#dist/core/triage/find-maps.js';
import type { ColumnInputs } from '#dist/core/triage/input-measures.js';
import { UNIT_MAPS } from '#dist/core/triage/maps/unit-factors.js';
import { categorical, dayAt, daysOf, drawCounts, numeric, windowOf } from './triage-inputs-fixtures.js';

const ROWS = 400;
/** Lumpy, as real columns are: some values far more often than their neighbours. */
const MILES = Array.from({ length: 80 }, (_, at) => 60 + at * 17 + (at % 3));
const LUMPY = MILES.map((_, at) => 1 + ((at * 37) % 11) ** 2);
const NAMES = ['ATL', 'ORD', 'DFW', 'LAX', 'PHX', 'DEN', 'STL', 'MSP', 'DTW', 'EWR', 'IAH', 'SFO'];
const WEIGHTS = NAMES.map((_, at) => 40 / (at + 1));
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const CLOCK = HOURS.map((hour) => (hour < 6 ? 1 : hour < 9 ? 60 : hour < 16 ? 40 : hour < 20 ? 70 : 20));

const draw = (weights: readonly number[], days: number, seed: number) =>
  daysOf(days, (rng) => drawCounts(weights, ROWS, rng), seed);
const maps = (before: ColumnInputs, after: ColumnInputs) =>
  findMaps({ reference: windowOf(0, [before]), current: windowOf(28, [after]) });
/** As `column`, with other values from day `from` of fourteen on. */
function mixed(to: (value: number) => number, from: number, seed = 2): ColumnInputs {
  const counts = draw(LUMPY, 14, seed);
  const zeros = MILES.map(() => 0);
  const values = [...MILES, ...MILES.map(to)];
  const order = values.map((_, at) => at).sort((a, b) => values[a]! - values[b]!);
  const rows = counts.map((day, at) => (at < from ? [...day, ...zeros] : [...zeros, ...day]));
  return numeric(
    'distance',
    order.map((at) => values[at]!),
    rows.map((day) => order.map((at) => day[at]!)),
  );
}
const miles = numeric('distance', MILES, draw(LUMPY, 28, 1));

describe('a numeric column', () => {
  it.each(UNIT_MAPS.filter(({ factor }) => factor > 1 || factor === 1))(
    'from $from to $to is that map, on every row',
    (unit) => {
      const [map] = maps(
        miles,
        mixed((value) => value * unit.factor + unit.added, 0),
      );
      expect(map).toMatchObject({ column: 'distance', kind: 'unit', onset: `${dayAt(28)}T00:00:00.000Z` });
      expect(map?.distanceAfter).toBeLessThan(0.05);
      if (map?.share !== null) expect(map?.share).toBeGreaterThanOrEqual(0.99);
    },
  );

  it('in kilometres from the sixth day on is found with that day', () => {
    const [map] = maps(
      miles,
      mixed((value) => value * 1.609344, 5),
    );
    expect(map).toMatchObject({ kind: 'unit', share: 1, text: 'distance × 1.609344 (miles to kilometres)' });
    expect(map?.onset).toBe(`${dayAt(33)}T00:00:00.000Z`);
  });

  it.each([
    ['scale', (value: number) => value * 1.2345, 'distance × 1.2345'],
    ['shift', (value: number) => value + 700.25, 'distance + 700.25'],
    ['affine', (value: number) => value * 2.5 + 31.3, 'distance × 2.5 + 31.3'],
  ] as const)('under an unknown %s is named by it', (kind, to, text) => {
    expect(maps(miles, mixed(to, 0))).toMatchObject([{ kind, text, share: 1 }]);
  });

  it('that is as it was, or moved as the world moves, has no map', () => {
    expect(maps(miles, numeric('distance', MILES, draw(LUMPY, 14, 3)))).toEqual([]);
    const longer = LUMPY.map((weight, at) => weight * (1 + at / 20));
    expect(maps(miles, numeric('distance', MILES, draw(longer, 14, 3)))).toEqual([]);
    const tripled = LUMPY.map((weight, at) => weight * (at % 20 === 0 ? 9 : 1));
    expect(maps(miles, numeric('distance', MILES, draw(tripled, 14, 3)))).toEqual([]);
  });

  it.each([
    ['a year that has begun', [2000], [2001]],
    ['two model years, one further', [2000, 2001], [2001, 2002]],
    ['a rate that was raised', [5], [5.25]],
  ])('of fewer values than a map would have to explain has none: %s', (_, before, after) => {
    const even = (values: readonly number[], days: number, seed: number): ColumnInputs =>
      numeric(
        'year',
        values,
        draw(
          values.map((__, at) => at + 1),
          days,
          seed,
        ),
      );
    expect(maps(even(before, 28, 1), even(after, 14, 2))).toEqual([]);
    // A known unit has nothing that could be chosen to fit: two values tell it.
    const pair = even([100, 250], 28, 1);
    const inKm = even([160.9344, 402.336], 14, 2);
    expect(maps(pair, inKm)).toMatchObject([{ kind: 'unit', share: 1 }]);
  });

  it('moved by whole steps is exact where its values tell it, and never where every value is possible', () => {
    const longer = maps(
      miles,
      mixed((value) => value + 700, 0),
    );
    expect(longer).toMatchObject([{ kind: 'shift', text: 'distance + 700', share: 1 }]);
    const ratings = (values: readonly number[], days: number, seed: number): ColumnInputs =>
      numeric('rating', values, draw([1, 2, 3], days, seed));
    for (const map of maps(ratings([1, 2, 3], 28, 1), ratings([3, 4, 5], 14, 2))) expect(map.share).toBeNull();
    const ages = (from: number, days: number, seed: number): ColumnInputs =>
      numeric(
        'age',
        Array.from({ length: 60 }, (_, at) => from + at),
        draw(
          Array.from({ length: 60 }, (_, at) => Math.exp(-((at - 30) ** 2) / 162)),
          days,
          seed,
        ),
      );
    expect(maps(ages(10, 28, 1), ages(40, 14, 2))).toMatchObject([{ kind: 'shift', share: null }]);
  });

  it('whose bell moved by a third of its width is a shift of the world, whatever a constant would explain', () => {
    const values = Array.from({ length: 60 }, (_, at) => at);
    const bell = (middle: number) => values.map((value) => Math.exp(-((value - middle) ** 2) / 162));
    expect(maps(numeric('age', values, draw(bell(30), 28, 1)), numeric('age', values, draw(bell(33), 14, 2)))).toEqual(
      [],
    );
  });
});

describe('hours', () => {
  const clock = (by: number, from = 0, days = 14, seed = 5) =>
    draw(CLOCK, days, seed).map((day, at) => (at < from ? day : HOURS.map((hour) => day[(hour - by + 24) % 24]!)));
  const before = draw(CLOCK, 28, 4);

  it.each([1, 5, 12, 19, 23])('moved by %i around the clock are a rotation, and never exact', (by) => {
    const text = by <= 12 ? `hour + ${by}` : `hour − ${24 - by}`;
    const [map] = maps(numeric('hour', HOURS, before), numeric('hour', HOURS, clock(by)));
    expect(map).toMatchObject({ kind: 'rotate', share: null });
    expect(map?.text.startsWith(by === 12 ? 'hour − 12' : text)).toBe(true);
  });

  it('are found as categories too, and from the day on', () => {
    const names = HOURS.map((hour) => String(hour).padStart(2, '0'));
    const [map] = maps(categorical('hour', names, before), categorical('hour', names, clock(7, 6)));
    expect(map).toMatchObject({ kind: 'rotate', onset: `${dayAt(34)}T00:00:00.000Z` });
  });

  it('of a flat clock, of later evenings, or of one hour alone are no rotation', () => {
    const flat = HOURS.map((hour) => 20 + (hour % 2));
    expect(maps(numeric('hour', HOURS, draw(flat, 28, 1)), numeric('hour', HOURS, draw(flat, 14, 2)))).toEqual([]);
    const evening = CLOCK.map((weight, hour) => weight * (hour > 15 ? 2 : 1));
    expect(maps(numeric('hour', HOURS, before), numeric('hour', HOURS, draw(evening, 14, 6)))).toEqual([]);
    const noon = HOURS.map((hour) => (hour === 12 ? 1 : 0));
    expect(maps(numeric('hour', HOURS, before), numeric('hour', HOURS, draw(noon, 14, 6)))).toEqual([]);
  });
});

describe('categories', () => {
  const before = categorical('origin', NAMES, draw(WEIGHTS, 28, 7));
  const renamed = (to: (name: string) => string, from = 0) => {
    const zeros = NAMES.map(() => 0);
    const counts = draw(WEIGHTS, 14, 8).map((day, at) => (at < from ? [...day, ...zeros] : [...zeros, ...day]));
    return categorical('origin', [...NAMES, ...NAMES.map(to)], counts);
  };

  it.each([
    ['origin in lower case', (name: string) => name.toLowerCase()],
    ['origin with other blanks', (name: string) => ` ${name} `],
    ['origin with “K” before it', (name: string) => `K${name}`],
    ['origin with “-US” after it', (name: string) => `${name}-US`],
    ['origin without “A” before it', (name: string) => name.replace(/^A/, '')],
  ])('%s are a renaming, on every row', (text, to) => {
    const [map] = maps(before, renamed(to));
    expect(map).toMatchObject({ kind: 'rename', text, share: 1, onset: `${dayAt(28)}T00:00:00.000Z` });
  });

  it('with zeros put before them, from the tenth day on', () => {
    const codes = NAMES.map((_, at) => String(at + 1));
    const zeros = codes.map(() => 0);
    const counts = draw(WEIGHTS, 14, 8).map((day, at) => (at < 9 ? [...day, ...zeros] : [...zeros, ...day]));
    const after = categorical('code', [...codes, ...codes.map((code) => code.padStart(4, '0'))], counts);
    const [map] = maps(categorical('code', codes, draw(WEIGHTS, 28, 7)), after);
    expect(map).toMatchObject({
      kind: 'rename',
      text: 'code with other leading zeros',
      onset: `${dayAt(37)}T00:00:00.000Z`,
    });
  });

  it('exchanged among themselves, or for new names, are told by their frequencies and never exact', () => {
    const reversed = draw(WEIGHTS, 14, 9).map((day) => [...day].reverse());
    expect(maps(before, categorical('origin', NAMES, reversed))).toMatchObject([{ kind: 'permute', share: null }]);
    const codes = NAMES.map((_, at) => `#${at * 7}`);
    expect(maps(before, categorical('origin', codes, draw(WEIGHTS, 14, 9)))).toMatchObject([
      { kind: 'rename', share: null },
    ]);
  });

  it('that tripled, that are gone, or that are a few new ones are no map', () => {
    const tripled = WEIGHTS.map((weight, at) => weight * (at === 3 || at === 6 ? 3 : 1));
    expect(maps(before, categorical('origin', NAMES, draw(tripled, 14, 9)))).toEqual([]);
    const gone = WEIGHTS.map((weight, at) => (at % 3 === 0 ? 0 : weight));
    expect(maps(before, categorical('origin', NAMES, draw(gone, 14, 9)))).toEqual([]);
    const more = categorical('origin', [...NAMES, 'new'], draw([...WEIGHTS, 3], 14, 9));
    expect(maps(before, more)).toEqual([]);
  });
});
