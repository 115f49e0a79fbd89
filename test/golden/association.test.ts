// Cramér's V with its bias taken off, and tables with other margins: the values come from make_golden_association.py beside this.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cramersV } from '#dist/core/stats/cramers-v.js';
import { fitMargins } from '#dist/core/stats/fit-margins.js';

interface Golden {
  strengths: { columns: number; counts: number[]; value: number }[];
  fits: { counts: number[]; rows: number[]; columns: number[]; fitted: number[] }[];
}
const golden = JSON.parse(readFileSync(new URL('association.json', import.meta.url), 'utf8')) as Golden;
const table = (...counts: number[]): Float64Array => Float64Array.from(counts);

it('Cramér’s V equals Bergsma’s formula over scipy’s chi-square', () => {
  for (const { columns, counts, value } of golden.strengths) {
    expect(cramersV(table(...counts), columns)).toBeCloseTo(value, 10);
  }
  expect(cramersV(table(30, 10, 10, 30), 2)).toBeCloseTo(0.49029, 5);
});

it('is 1 where each level goes with one level, 0 where nothing is left of it, and NaN where a side has one level', () => {
  expect(cramersV(table(50, 0, 0, 0, 50, 0, 0, 0, 50), 3)).toBeCloseTo(1, 10);
  expect(cramersV(table(20, 20, 20, 20), 2)).toBe(0);
  expect(cramersV(table(20, 0, 20, 0), 2)).toBeNaN();
  expect(cramersV(table(0, 0, 0, 0), 2)).toBeNaN();
  expect(cramersV(table(1, 0, 0, 1), 2)).toBeNaN();
});

it('a table brought to other margins has them, and its own odds ratios', () => {
  for (const { counts, rows, columns, fitted } of golden.fits) {
    const found = fitMargins(table(...counts), { rows: table(...rows), columns: table(...columns) });
    for (const [cell, value] of fitted.entries()) expect(found[cell]).toBeCloseTo(value, 6);
  }
  const found = fitMargins(table(30, 10, 10, 30), { rows: table(60, 20), columns: table(40, 40) });
  expect([...found].map((cell) => Number(cell.toFixed(2)))).toEqual([36.97, 23.03, 3.03, 16.97]);
});
