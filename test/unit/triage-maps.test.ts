// Maps of a column: found where there is one, with its first day, and not invented where the world moved.
import { describe, expect, it } from 'vitest';
import { decide } from '#dist/core/triage/decide.js';
import { mapName } from '#dist/core/triage/fact-words.js';
import type { TriageFacts } from '#dist/core/triage/facts.js';
import { findMaps } from '#dist/core/triage/find-maps.js';
import type { ColumnInputs } from '#dist/core/triage/input-measures.js';
import { UNIT_MAPS } from '#dist/core/triage/maps/unit-factors.js';
import { DEFAULT_TRIAGE_RULE } from '#dist/core/triage/triage-rule.js';
import { facts, map, rotation } from './triage-fixtures.js';
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
/** As `column`, with other values on days `from` (inclusive) to `end` (exclusive) of `days`. */
function mixed(
  to: (value: number) => number,
  from: number,
  { seed = 2, days = 14, end = days }: { seed?: number; days?: number; end?: number } = {},
): ColumnInputs {
  const counts = draw(LUMPY, days, seed);
  const zeros = MILES.map(() => 0);
  const values = [...MILES, ...MILES.map(to)];
  const order = values.map((_, at) => at).sort((a, b) => values[a]! - values[b]!);
  const rows = counts.map((day, at) => (at < from || at >= end ? [...day, ...zeros] : [...zeros, ...day]));
  return numeric(
    'distance',
    order.map((at) => values[at]!),
    rows.map((day) => order.map((at) => day[at]!)),
  );
}
const miles = numeric('distance', MILES, draw(LUMPY, 28, 1));
/** Its first day, and the day after its last one, of a window that starts at day 28. */
const spanning = (from: number, end: number) => ({
  onset: `${dayAt(28 + from)}T00:00:00.000Z`,
  until: `${dayAt(28 + end)}T00:00:00.000Z`,
});

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
    expect(map).toMatchObject({ onset: `${dayAt(33)}T00:00:00.000Z`, until: null });
  });

  it.each([
    ['in kilometres on the first seven of fourteen days', 0, 7, 14],
    ['in kilometres on five days in the middle', 4, 9, 14],
    ['in kilometres on a single day of fourteen', 6, 7, 14],
    ['in kilometres on a week in the middle of a quarter', 40, 47, 89],
  ])('%s is found with those days', (_, from, end, days) => {
    const [map] = maps(
      miles,
      mixed((value) => value * 1.609344, from, { end, days }),
    );
    expect(map).toMatchObject({ kind: 'unit', share: 1, ...spanning(from, end) });
  });

  it.each([
    ['the newest three', 86, 89],
    ['five in the middle', 50, 55],
  ])('under an unknown scale on %s of 89 days is found', (_, from, end) => {
    const [map] = maps(
      miles,
      mixed((value) => value * 1.2345, from, { end, days: 89 }),
    );
    const { onset, until } = spanning(from, end);
    expect(map).toMatchObject({ kind: 'scale', text: 'distance × 1.2345', share: 1, onset });
    expect(map?.until).toBe(end === 89 ? null : until);
  });

  it('with the other sign is a scale by −1, exact where no value had that sign before', () => {
    const flipped = maps(
      miles,
      mixed((value) => -value, 3, { end: 10 }),
    );
    expect(flipped).toMatchObject([{ kind: 'scale', text: 'distance × −1', share: 1, ...spanning(3, 10) }]);
    const delays = Array.from({ length: 60 }, (_, at) => at - 20);
    const skewed = delays.map((value) => Math.exp(-Math.abs(value + 8) / (value < -8 ? 4 : 12)));
    const before = numeric('delay', delays, draw(skewed, 28, 1));
    const back = numeric('delay', delays.map((value) => -value).reverse(), draw([...skewed].reverse(), 14, 2));
    for (const map of maps(before, back)) expect(map.share).toBeNull();
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
  const clock = (by: number, from = 0, { days = 14, end = days }: { days?: number; end?: number } = {}) =>
    draw(CLOCK, days, 5).map((day, at) =>
      at < from || at >= end ? day : HOURS.map((hour) => day[(hour - by + 24) % 24]!),
    );
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

  it.each([
    ['the first seven of fourteen', 0, 7, 14],
    ['four in the middle of fourteen', 5, 9, 14],
    ['three of 89', 60, 63, 89],
  ])('moved on %s days are found with those days', (_, from, end, days) => {
    const [map] = maps(numeric('hour', HOURS, before), numeric('hour', HOURS, clock(19, from, { days, end })));
    expect(map).toMatchObject({ kind: 'rotate', text: 'hour − 5, around the clock', ...spanning(from, end) });
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
  const renamed = (
    to: (name: string) => string,
    { from = 0, days = 14, end = days }: { from?: number; days?: number; end?: number } = {},
  ) => {
    const zeros = NAMES.map(() => 0);
    const counts = draw(WEIGHTS, days, 8).map((day, at) =>
      at < from || at >= end ? [...day, ...zeros] : [...zeros, ...day],
    );
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

  it.each([
    ['the first seven of fourteen', 0, 7, 14],
    ['three in the middle of fourteen', 6, 9, 14],
    ['two of 89', 30, 32, 89],
  ])('in lower case on %s days are found with those days', (_, from, end, days) => {
    const [map] = maps(
      before,
      renamed((name) => name.toLowerCase(), { from, days, end }),
    );
    expect(map).toMatchObject({ kind: 'rename', text: 'origin in lower case', share: 1, ...spanning(from, end) });
  });

  it('that a few rows of one day spell otherwise are no map of the column', () => {
    const counts = draw(WEIGHTS, 89, 8).map((day, at) => (at === 30 ? day.map((rows) => Math.round(rows / 8)) : day));
    const small = counts[30]!.map((rows, at) => (at === 0 ? rows - 4 : rows));
    const zeros = NAMES.map(() => 0);
    const rows = counts.map((day, at) => (at === 30 ? [...small, 4, ...zeros.slice(1)] : [...day, ...zeros]));
    expect(maps(before, categorical('origin', [...NAMES, ...NAMES.map((name) => name.toLowerCase())], rows))).toEqual(
      [],
    );
  });

  it.each([
    ['the first seven of fourteen', 0, 7, 14],
    ['five in the middle of 89', 41, 46, 89],
  ])('exchanged on %s days are found with those days', (_, from, end, days) => {
    const counts = draw(WEIGHTS, days, 9).map((day, at) => (at < from || at >= end ? day : [...day].reverse()));
    expect(maps(before, categorical('origin', NAMES, counts))).toMatchObject([
      { kind: 'permute', ...spanning(from, end) },
    ]);
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

describe('the name of a map', () => {
  const [onset, until] = ['2001-03-05T00:00:00.000Z', '2001-03-12T00:00:00.000Z'];

  it('tells its days where it ended before the window did, and none where it did not or nothing is known of it', () => {
    const { text } = map();
    expect(mapName(map({ onset, until }))).toBe(`${text}, on days 2001-03-05 to 2001-03-11`);
    expect(mapName(map({ onset, until: '2001-03-06T00:00:00.000Z' }))).toBe(`${text}, on 2001-03-05 only`);
    expect(mapName(map({ onset, until: null }))).toBe(text);
    expect(mapName(map({ onset }))).toBe(text);
  });

  it('is in what the causes say', () => {
    const said = (given: Partial<TriageFacts>) => JSON.stringify(decide(facts(given), DEFAULT_TRIAGE_RULE).causes);
    expect(said({ maps: [map({ onset, until })] })).toContain('on days 2001-03-05 to 2001-03-11: mapped back');
    expect(said({ maps: [rotation({ onset, until })] })).toContain('on days 2001-03-05 to 2001-03-11: moved back');
  });
});

describe('days that differ by their weekday alone', () => {
  /** Rows of a day from the weekday's or the weekend's weights. */
  const weekly = (
    [week, weekend]: readonly [readonly number[], readonly number[]],
    { days, rows, seed }: { days: number; rows: number; seed: number },
  ) => daysOf(days, (rng, day) => drawCounts(day % 7 >= 5 ? weekend : week, rows, rng), seed);
  const longer = LUMPY.map((weight, at) => weight * (1 + at / 12));
  const later = HOURS.map((hour) => CLOCK[(hour + 22) % 24]!);
  const other = WEIGHTS.map((_, at) => WEIGHTS[(at + 4) % WEIGHTS.length]!);
  const even = WEIGHTS.map((_, at) => WEIGHTS[at ^ 1]!);

  it.each([
    ['14 days of 300 rows', 14, 300],
    ['89 days of 300 rows', 89, 300],
    ['14 days of 12 rows', 14, 12],
    ['89 days of 12 rows', 89, 12],
  ])('have no map, however the days fall: %s', (_, days, rows) => {
    const names = NAMES.flatMap((name) => [name, name.toLowerCase()]);
    for (let seed = 1; seed <= 12; seed += 1) {
      const columns = (length: number, by: number): ColumnInputs[] => {
        const of = (weights: readonly [readonly number[], readonly number[]], at: number) =>
          weekly(weights, { days: length, rows, seed: 1000 * seed + 10 * at + by });
        return [
          numeric('distance', MILES, of([LUMPY, longer], 0)),
          numeric(
            'delay',
            MILES.map((value) => value - 700),
            of([LUMPY, longer], 1),
          ),
          numeric('hour', HOURS, of([CLOCK, later], 2)),
          categorical('origin', NAMES, of([WEIGHTS, other], 3)),
          categorical('kind', NAMES, of([WEIGHTS, even], 4)),
          categorical('code', names, of([names.map((__, at) => 1 + (at % 5)), names.map((__, at) => 1 + (at % 4))], 5)),
        ];
      };
      const found = findMaps({ reference: windowOf(0, columns(28, 1)), current: windowOf(28, columns(days, 2)) });
      expect(found, `seed ${seed}`).toEqual([]);
    }
  });
});
