// Curves, units of a part of the rows, and maps that lose something: found where they are, and not invented where the world moved.
import { describe, expect, it } from 'vitest';
import { checkCategoryHistory } from '#dist/core/quality/category-history.js';
import { windowChecks } from '#dist/core/quality/window-checks.js';
import { createRng, type Rng } from '#dist/core/rng.js';
import { decide } from '#dist/core/triage/decide.js';
import type { ColumnMap, TriageFacts } from '#dist/core/triage/facts.js';
import { findMaps } from '#dist/core/triage/find-maps.js';
import type { NumericInputs } from '#dist/core/triage/input-measures.js';
import { DEFAULT_TRIAGE_RULE } from '#dist/core/triage/triage-rule.js';
import { facts, map, PASSED, version } from './triage-fixtures.js';
import { categorical, dayAt, daysOf, drawCounts, numeric, windowOf } from './triage-inputs-fixtures.js';

const ROWS = 400;
const REFERENCE = 28;
const DAYS = 14;
/** More are counted into bins. */
const MOST_VALUES = 2000;
const SEEDS = [1, 2, 3, 4];

type Draw = (rng: Rng, day: number) => number;
const normal = (rng: Rng): number => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());

/** Rows drawn one by one, as the dataset counts them: every value, or bins, a sketch and the frequent ones. */
function column(
  days: readonly (readonly number[])[],
  { isBinned = false }: { isBinned?: boolean } = {},
): NumericInputs {
  const sorted = days.map((day) => [...day].sort((a, b) => a - b));
  const values = [...new Set(sorted.flat())].sort((a, b) => a - b);
  const place = new Map(values.map((value, at) => [value, at]));
  const counts = sorted.map((day) => {
    const list = values.map(() => 0);
    for (const value of day) list[place.get(value)!]! += 1;
    return list;
  });
  const whole = numeric('amount', values, counts);
  if (!isBinned && values.length <= MOST_VALUES) return whole;
  const all = sorted.flat().sort((a, b) => a - b);
  const edges = [...new Set(Array.from({ length: 257 }, (_, at) => all[Math.floor((at / 256) * (all.length - 1))]!))];
  const totals = values.map((_, at) => counts.reduce((sum, day) => sum + day[at]!, 0));
  const frequent = [...values.keys()].filter((at) => totals[at]! >= 0.001 * all.length);
  return {
    ...whole,
    numbers: {
      kind: 'bins',
      edges,
      counts: sorted.map((day) => {
        const bins = new Array<number>(edges.length + 1).fill(0);
        for (const value of day) bins[edges.findIndex((edge) => value <= edge) % (edges.length + 1)]! += 1;
        return bins;
      }),
      labelled: [],
      sketch: sorted.map((day) =>
        Array.from({ length: 65 }, (_, at) => day[Math.max(0, Math.ceil((at / 64) * day.length) - 1)]!),
      ),
      frequent: {
        values: frequent.map((at) => values[at]!),
        counts: counts.map((day) => frequent.map((at) => day[at]!)),
      },
    },
  };
}

const rowsOf = (draw: Draw, days: number, { seed, rows = ROWS }: { seed: number; rows?: number }): number[][] =>
  daysOf(days, (rng, day) => Array.from({ length: rows }, () => draw(rng, day)), seed);

interface Given {
  readonly before: Draw;
  readonly after?: Draw;
  /** Of each row of the window, from its day `from` on. */
  readonly to?: (value: number, rng: Rng) => number;
  readonly from?: number;
  readonly end?: number;
  readonly isBinned?: boolean;
  readonly seed?: number;
  readonly rows?: number;
}

function maps({
  before,
  after = before,
  to = (value) => value,
  from = 0,
  end = DAYS,
  isBinned = false,
  seed = 1,
  rows = ROWS,
}: Given): ColumnMap[] {
  const past = rowsOf(before, REFERENCE, { seed, rows });
  const rng = createRng(seed + 2000);
  const own = rowsOf((one, day) => after(one, day + REFERENCE), DAYS, { seed: seed + 1000, rows }).map((day, at) =>
    at < from || at >= end ? day : day.map((value) => to(value, rng)),
  );
  return findMaps({
    reference: windowOf(0, [column(past, { isBinned })]),
    current: windowOf(REFERENCE, [column(own, { isBinned })]),
  });
}
const onset = (from: number) => `${dayAt(REFERENCE + from)}T00:00:00.000Z`;

/** Lumpy whole numbers, as lengths of routes are. */
const ROUTES = Array.from({ length: 300 }, (_, at) => 60 + at * 7 + (at % 3));
const LUMPS = ROUTES.map((_, at) => (1 + ((at * 37) % 11) ** 2) * Math.exp(-at / 120));
const TOTAL = LUMPS.reduce((sum, one) => sum + one, 0);
const route: Draw = (rng) => {
  let left = rng() * TOTAL;
  let at = 0;
  while (at < LUMPS.length - 1 && left >= LUMPS[at]!) left -= LUMPS[at++]!;
  return ROUTES[at]!;
};
/** Values that never come again, spread as incomes are. */
const income: Draw = (rng) => Math.exp(3 + 0.8 * normal(rng));
/** A few values, most rows at the lowest. */
const visits: Draw = (rng) => Math.floor(-Math.log(1 - rng()) * 1.4);
/** A level that goes up and down with the weekday and the weeks. */
const season: Draw = (rng, day) =>
  Math.round(200 + 25 * (day % 7 >= 5 ? 1 : 0) + 15 * Math.sin(day / 9) + 40 * normal(rng));
const scores: Draw = (rng) => 1 / (1 + Math.exp(-normal(rng)));

describe('nothing is found', () => {
  const ordinary: readonly (readonly [string, Draw])[] = [
    ['lumpy whole numbers', route],
    ['values that never come again', income],
    ['a few values with many ties', visits],
    ['a level that follows weekday and weeks', season],
    ['shares between zero and one', scores],
    ['cents', (rng) => Math.round(100 * income(rng, 0)) / 100],
    ['zero or something', (rng) => (rng() < 0.6 ? 0 : Math.round(income(rng, 0)))],
  ];
  it.each(ordinary)('in two draws of the same: %s', (_, draw) => {
    for (const seed of SEEDS) {
      expect(maps({ before: draw, isBinned: seed % 2 === 0, seed })).toEqual([]);
      expect(maps({ before: draw, seed, rows: 25 })).toEqual([]);
    }
  });

  it.each([
    ['a mean that moved', season, (rng: Rng, day: number) => season(rng, day) + Math.round(15 + 5 * normal(rng))],
    ['a spread that grew', income, (rng: Rng) => Math.exp(3 + 1.1 * normal(rng))],
    ['incomes that rose by a third', income, (rng: Rng, day: number) => income(rng, day) * (1.25 + 0.16 * rng())],
    ['longer routes', route, (rng: Rng, day: number) => Math.max(route(rng, day), rng() < 0.4 ? route(rng, day) : 0)],
    ['more visits', visits, (rng: Rng) => Math.floor(-Math.log(1 - rng()) * 2.2)],
    ['scores that fell by their half', scores, (rng: Rng) => 1 / (1 + Math.exp(0.9 - normal(rng)))],
  ] as readonly (readonly [string, Draw, Draw])[])('where the world moved: %s', (_, before, after) => {
    for (const seed of SEEDS) {
      // Scales and shifts are the matter of other tests.
      const found = maps({ before, after, isBinned: seed % 2 === 0, seed });
      expect(found.filter(({ kind }) => ['curve', 'part', 'clip', 'round', 'merge'].includes(kind))).toEqual([]);
    }
  });
});

describe('whole numbers that became small ones', () => {
  const counts =
    (most: number): Draw =>
    (rng) =>
      Array.from({ length: 6 * most }, () => (rng() < 1 / 6 ? 1 : 0) as number).reduce((sum, one) => sum + one, 0);

  it('are never exactly a part of what they were, since any of them times two or three is a whole number', () => {
    for (const seed of SEEDS) {
      for (const rows of [30, 200]) {
        const found = maps({ before: counts(30), after: counts(5), seed, rows });
        expect(found.filter(({ share }) => share !== null)).toEqual([]);
      }
    }
  });

  it('are so where their values tell', () => {
    const even: Draw = (rng, day) => 12 * route(rng, day);
    const [found] = maps({ before: even, to: (value) => value / 12 });
    expect(found?.kind).toBe('unit');
    expect(found?.share).toBeGreaterThan(0.99);
  });
});

describe('prices that no longer end in .99', () => {
  /** A hundredth less than whole prices. */
  const price: Draw = (rng, day) => route(rng, day) - 0.01;

  it.each(SEEDS)('are moved by too little to be a fault (seed %i)', (seed) => {
    expect(maps({ before: price, to: (value) => Math.round((value + 0.01) * 100) / 100, seed })).toEqual([]);
  });

  it('are clipped neither, though the lowest is gone', () => {
    const even: Draw = (rng) => Math.floor(rng() * 60) + 0.99;
    expect(maps({ before: even, to: (value) => value + 0.01 })).toEqual([]);
  });

  it('and moved by as much as a model sees are one', () => {
    const [found] = maps({ before: price, to: (value) => Math.round((value + 200) * 100) / 100 });
    expect(found).toMatchObject({ kind: 'shift' });
  });
});

describe('a curve', () => {
  const small: Draw = (rng, day) => route(rng, day) / 250;
  it.each([
    ['natural logarithm of amount', Math.log],
    ['logarithm to base 10 of amount', Math.log10],
    ['logarithm to base 2 of amount', Math.log2],
    ['natural logarithm of one plus amount', Math.log1p],
    ['square root of amount', Math.sqrt],
    ['square of amount', (value: number) => value ** 2],
    ['exponential of amount', Math.exp],
    ['exponential of amount, less one', Math.expm1],
  ])('%s is found with its first day, on every row', (text, to) => {
    const found = maps({ before: small, to, from: 5 });
    expect(found).toMatchObject([{ kind: 'curve', text, onset: onset(5), until: null }]);
    expect(found[0]?.share).toBeGreaterThanOrEqual(0.99);
    expect(maps({ before: small, to, from: 3, end: 9 })).toMatchObject([{ kind: 'curve', text, onset: onset(3) }]);
  });

  it('of values that never come again is told by how they are spread, and never exact', () => {
    for (const isBinned of [false, true]) {
      expect(maps({ before: income, to: Math.log, isBinned })).toMatchObject([
        { kind: 'curve', text: 'natural logarithm of amount', share: null },
      ]);
    }
  });

  it('that gives a value which it cannot have given is none', () => {
    expect(maps({ before: income, to: (value, rng) => (rng() < 0.2 ? -3 : Math.sqrt(value)) })).toEqual([]);
  });
});

describe('a clipped column', () => {
  it.each([
    ['above', 1000, (value: number) => Math.min(value, 1000)],
    ['above', 1800, (value: number) => Math.min(value, 1800)],
    ['below', 100, (value: number) => Math.max(value, 100)],
  ])('%s %i is found with its first day, and never exact', (side, limit, to) => {
    for (const isBinned of [false, true]) {
      const found = maps({ before: route, to, from: 4, isBinned });
      expect(found).toMatchObject([{ kind: 'clip', share: null, onset: onset(4) }]);
      expect(found[0]?.text).toContain(`amount clipped ${side} ${limit}`);
    }
    expect(maps({ before: route, to, from: 2, end: 8 })).toMatchObject([{ kind: 'clip', onset: onset(2) }]);
  });

  it('is none where fewer or more rows pile up than lay beyond, or what lies below has changed', () => {
    const most = (value: number, rng: Rng) =>
      value > 1000 && rng() < 0.5 ? route(rng, 0) % 900 : Math.min(value, 1000);
    expect(maps({ before: route, to: most })).toEqual([]);
    expect(maps({ before: route, to: (value, rng) => (rng() < 0.3 ? 1000 : Math.min(value, 1000)) })).toEqual([]);
    const product: Draw = (rng) => (rng() < 0.15 ? 1000 : 60 + Math.floor(rng() * 400));
    expect(maps({ before: route, after: product })).toEqual([]);
  });

  it('is none where the last value had its rows before, nor where the column is constant', () => {
    const capped: Draw = (rng, day) => (rng() < 0.1 ? 1000 : Math.min(1100, route(rng, day)));
    expect(maps({ before: capped, to: (value) => Math.min(value, 1000) })).toEqual([]);
    expect(maps({ before: route, to: () => 60 })).toEqual([]);
    expect(maps({ before: route, to: () => ROUTES[299]! })).toEqual([]);
  });
});

describe('a rounded column', () => {
  it.each([
    ['to multiples of 5', income, (value: number) => Math.round(value / 5) * 5],
    ['to multiples of 200', route, (value: number) => Math.round(value / 200) * 200],
    ['down to multiples of 100', route, (value: number) => Math.floor(value / 100) * 100],
    ['up to multiples of 0.2', scores, (value: number) => Math.ceil(value * 5) / 5],
  ] as readonly (readonly [string, Draw, (value: number) => number])[])(
    '%s is found, and never exact',
    (text, before, to) => {
      expect(maps({ before, to, from: 6 })).toMatchObject([
        { kind: 'round', text: `amount rounded ${text}`, share: null, onset: onset(6) },
      ]);
    },
  );

  it('by so little that nothing is lost is none, nor is one that always was, nor another one on the same grid', () => {
    expect(maps({ before: income, to: (value) => Math.round(value * 100) / 100 })).toEqual([]);
    expect(maps({ before: (rng, day) => Math.round(income(rng, day)) })).toEqual([]);
    expect(maps({ before: income, after: (rng) => 10 * Math.floor(rng() * 6) })).toEqual([]);
  });
});

describe('a unit in a part of the rows', () => {
  it.each([0.04, 0.5, 0.7])('is found where %d of them have it, and never exact', (part) => {
    const to = (value: number, rng: Rng) => (rng() < part ? value * 1.609344 : value);
    for (const isBinned of [false, true]) {
      const found = maps({ before: route, to, from: 5, isBinned });
      expect(found).toMatchObject([{ kind: 'part', onset: onset(5) }]);
      expect(found[0]?.text).toMatch(/^amount × 1.609344 \(miles to kilometres\), in \d+\.\d % of the rows$/);
      expect(found[0]?.share).toBeGreaterThan(0.99);
    }
  });

  it('is none of values that any factor, or none, would bring back', () => {
    const half = (value: number, rng: Rng) => (rng() < 0.2 ? value / 2 + 0.5 : value);
    const digit = (value: number, rng: Rng) => (rng() < 0.3 ? value + Math.floor(rng() * 10) / 10 : value);
    const smooth = (value: number, rng: Rng) => (rng() < 0.3 ? value * (1 + rng()) : value);
    for (const to of [half, digit, smooth]) {
      expect(maps({ before: route, to }).filter(({ kind }) => kind === 'part')).toEqual([]);
    }
  });
});

describe('a merged category', () => {
  const NAMES = ['ATL', 'ORD', 'DFW', 'LAX', 'PHX', 'DEN', 'STL', 'MSP', 'DTW', 'EWR', 'IAH', 'SFO', 'unknown'];
  const WEIGHTS = NAMES.map((_, at) => 40 / (at + 2));
  const counts = (weights: readonly number[], days: number, seed: number) =>
    daysOf(days, (rng) => drawCounts(weights, ROWS, rng), seed);
  const found = (after: (seed: number) => number[][], seed = 1): ColumnMap[] => {
    const before = categorical('origin', NAMES, counts(WEIGHTS, REFERENCE, seed));
    return findMaps({
      reference: windowOf(0, [before]),
      current: windowOf(REFERENCE, [categorical('origin', NAMES, after(seed + 100))]),
    });
  };
  const merged =
    (from: number, to: number, since = 0) =>
    (seed: number) =>
      counts(WEIGHTS, DAYS, seed).map((day, at) =>
        at < since ? day : day.map((rows, level) => (level === from ? 0 : level === to ? rows + day[from]! : rows)),
      );
  const weighted = (change: (weight: number, at: number) => number) => (seed: number) =>
    counts(WEIGHTS.map(change), DAYS, seed);

  it.each([
    [0, 1],
    [2, 12],
    [11, 4],
  ])('is found whatever its share: %i under the name of %i', (from, to) => {
    for (const seed of SEEDS) {
      const [map] = found(merged(from, to, 5), seed);
      expect(map).toMatchObject({ kind: 'merge', share: null, gone: NAMES[from], onset: onset(5) });
      expect(map?.text).toContain(`under the name “${NAMES[to]}”`);
    }
  });

  it('is none where it is only gone, where others grew, or where it went to several', () => {
    for (const seed of SEEDS) {
      expect(
        found(
          weighted((one) => one),
          seed,
        ),
      ).toEqual([]);
      expect(
        found(
          weighted((one, at) => (at === 3 ? 0 : one)),
          seed,
        ),
      ).toEqual([]);
      expect(
        found(
          weighted((one, at) => (at === 3 ? 3 * one : one)),
          seed,
        ),
      ).toEqual([]);
      expect(
        found(
          weighted((one, at) => (at === 3 ? 0 : at % 2 === 0 ? 1.3 * one : one)),
          seed,
        ),
      ).toEqual([]);
      expect(
        found(
          weighted((one, at) => (at % 4 === 3 ? 0 : at === 5 ? 3 * one : one)),
          seed,
        ),
      ).toEqual([]);
      expect(
        found(
          weighted((one, at) => (at === 4 ? one / 4 : at === 5 ? one + 5 : one)),
          seed,
        ),
      ).toEqual([]);
    }
  });

  it('is none where only one other is left, which has all rows whatever became of them', () => {
    for (const [part, seed] of [0.15, 0.3, 0.4, 0.6, 0.7].flatMap((one) => SEEDS.map((seed) => [one, seed] as const))) {
      const of = (weights: readonly number[], days: number, own: number) =>
        categorical(
          'origin',
          ['A', 'B'],
          daysOf(days, (rng) => drawCounts(weights, ROWS, rng), own),
        );
      const windows = {
        reference: windowOf(0, [of([part, 1 - part], REFERENCE, seed)]),
        current: windowOf(REFERENCE, [of([0, 1], DAYS, seed + 100)]),
      };
      expect(findMaps(windows)).toEqual([]);
      expect(checkCategoryHistory(windows, [])).toMatchObject([{ check: 'categories-gone', severity: 'error' }]);
    }
  });

  it('is not among those that are gone; any other is', () => {
    const windows = {
      reference: windowOf(0, [categorical('origin', NAMES, counts(WEIGHTS, REFERENCE, 1))]),
      current: windowOf(REFERENCE, [categorical('origin', NAMES, merged(0, 1)(2))]),
    };
    const of = (given: readonly ColumnMap[]) =>
      checkCategoryHistory(windows, given).map(({ check, severity }) => [check, severity]);
    const maps = findMaps(windows);
    expect(of(maps)).toEqual([]);
    expect(of([])).toEqual([['categories-gone', 'error']]);
    expect(of(maps.map((one) => ({ ...one, gone: 'SFO' })))).toEqual([['categories-gone', 'error']]);
  });
});

describe('a category that was leaving', () => {
  /** From 13 % of the rows to none within the reference. */
  const leaving = (day: number): number[] => [0.5, 0.3, 0.2, Math.max(0, 0.15 * (1 - day / (REFERENCE - 1)))];
  const windowsOf = (weights: (day: number) => number[], seed: number) => {
    const levels = ['a', 'b', 'c', 'leaving'];
    const draw = (from: number, days: number, own: number) =>
      daysOf(days, (rng, day) => drawCounts(weights(day + from), ROWS, rng), own);
    return {
      reference: windowOf(0, [categorical('kind', levels, draw(0, REFERENCE, seed))]),
      current: windowOf(REFERENCE, [categorical('kind', levels, draw(REFERENCE, DAYS, seed + 1000))]),
    };
  };
  const regular = (day: number): number[] => (day < REFERENCE ? [0.5, 0.3, 0.2, 0.15] : [0.5, 0.3, 0.2, 0]);
  const goneOf = (windows: ReturnType<typeof windowsOf>): string[] =>
    checkCategoryHistory(windows, findMaps(windows)).flatMap(({ check, passed }) => (passed ? [] : [check]));

  it.each(SEEDS)('is neither gone nor merged (seed %i)', (seed) => {
    const windows = windowsOf(leaving, seed);
    expect(findMaps(windows)).toEqual([]);
    expect(goneOf(windows)).toEqual([]);
  });

  it.each(SEEDS)('is gone where it left at once (seed %i)', (seed) => {
    expect(goneOf(windowsOf(regular, seed))).toContain('categories-gone');
  });
});

describe('what is said of them', () => {
  const said = (given: Partial<TriageFacts>) => decide(facts(given), DEFAULT_TRIAGE_RULE);
  const clip = map({ kind: 'clip', text: 'distance clipped above 1000', share: null });

  it('is a suspected change of logging, which a version that names the column confirms', () => {
    for (const kind of ['clip', 'round', 'merge'] as const) {
      const result = said({ maps: [{ ...clip, kind }] });
      expect(result).toMatchObject({ verdict: 'logging-change', certainty: 'suspected', columns: ['distance'] });
      expect(result.reasons[0]).toContain('earlier values, mapped in the same way, are spread as these are');
    }
    expect(said({ maps: [map({ kind: 'part', share: 1 })] }).certainty).toBe('suspected');
    expect(said({ maps: [map({ kind: 'curve', share: 1 })] }).certainty).toBe('confirmed');
    const versions = [version({ kind: 'schema', columns: ['distance'] })];
    expect(said({ maps: [clip], versions }).certainty).toBe('confirmed');
  });

  it('explains values out of range where a map can bring them there, and not where it cannot', () => {
    const check = { ...PASSED, check: 'range', column: 'distance', severity: 'error', passed: false } as const;
    const current = windowOf(0, [column([[1, 2], [3]])]);
    const measures = { inputsAsOf: '', labelsAsOf: '', current, reference: null, season: null, recomputed: [] };
    const judged = (maps: readonly ColumnMap[]) => windowChecks([check], { measures, history: [], maps });
    expect(judged([map({ kind: 'part' })])).toMatchObject([{ fault: null }]);
    for (const maps of [[], [clip]]) expect(judged(maps)).toMatchObject([{ isExact: true }]);
  });
});
