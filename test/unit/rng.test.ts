// The seeded generator: reproducible, uniform, with streams that do not repeat one another.

import { describe, expect, it } from 'vitest';
import { createRng, permutation } from '#dist/core/rng.js';

const take = (n: number, rng: () => number): number[] => Array.from({ length: n }, rng);

describe('seeded random numbers', () => {
  it('repeats itself for the same seed and streams', () => {
    expect(take(5, createRng(42, 3))).toEqual(take(5, createRng(42, 3)));
  });

  it('stays the same from release to release', () => {
    expect(take(3, createRng(1)).map((value) => value * 2 ** 32)).toMatchInlineSnapshot(`
      [
        2371291197,
        3103503677,
        1738672136,
      ]
    `);
  });

  it('gives every seed, stream and order of streams numbers of its own', () => {
    const keys = [[0], [1], [0xffffffff], [0, 0], [0, 1], [1, 0], [1, 2], [2, 1], [1, 2, 0], [0, 0, 0]] as const;
    const starts = keys.map(([seed, ...streams]) => createRng(seed, ...streams)());
    expect(new Set(starts).size).toBe(keys.length);
  });

  it('fills [0, 1) evenly: chi-square over 64 bins stays below its 99.99 % quantile, within and across streams', () => {
    const bins = 64;
    const n = 64_000;
    for (const values of [take(n, createRng(9)), Array.from({ length: n }, (_, epoch) => createRng(9, 1, epoch)())]) {
      const counts = new Array<number>(bins).fill(0);
      for (const value of values) counts[Math.floor(value * bins)]! += 1;
      const statistic = counts.reduce((sum, count) => sum + (count - n / bins) ** 2 / (n / bins), 0);
      expect(statistic).toBeLessThan(113.5); // chi-square, 63 degrees of freedom
      expect(statistic).toBeGreaterThan(29.5); // its 0.01 % quantile: too even is wrong too
    }
  });

  it('orders each number once, and every position as often as any other', () => {
    const rng = createRng(4);
    const firsts = new Array<number>(6).fill(0);
    for (let i = 0; i < 6000; i += 1) {
      const order = permutation(6, rng);
      expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5]);
      firsts[order[0]!]! += 1;
    }
    for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(120); // four standard deviations
    expect([...permutation(0, rng)]).toEqual([]);
  });
});
