/** The place in NannyML's tables, gaps of ids included. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, NOTHING_SEEN, type TablePlace } from '#dist/sources/nannyml-place.js';

const NOW = '2001-02-05T00:00:00.000Z';
const NEXT_DAY = '2001-02-06T01:00:00.000Z';
const isNew = (place: TablePlace, id: number): boolean =>
  id > place.seen || place.gaps.some(({ from, to }) => from <= id && id <= to);

describe('the place', () => {
  it('keeps ids that were not there yet as gaps, and closes them when they appear', () => {
    const first = advance(NOTHING_SEEN, [1, 2, 5, 8], { now: NOW, isCut: false });
    expect(first).toEqual({
      seen: 8,
      gaps: [
        { from: 3, to: 4, since: NOW },
        { from: 6, to: 7, since: NOW },
      ],
    });
    const second = advance(first, [4, 9], { now: NOW, isCut: false });
    expect(second.gaps.map(({ from, to }) => [from, to])).toEqual([
      [3, 3],
      [6, 7],
    ]);
    expect(second.seen).toBe(9);
  });

  it('gives a gap up after a day, but not while rows are left to read', () => {
    const place = advance(NOTHING_SEEN, [5], { now: NOW, isCut: false });
    expect(advance(place, [], { now: NEXT_DAY, isCut: true }).gaps.length).toBe(1);
    expect(advance(place, [], { now: NEXT_DAY, isCut: false })).toEqual({ seen: 5, gaps: [] });
  });

  it('reads every row exactly once, in whatever order transactions commit', () => {
    const commits = fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }), { maxLength: 12 });
    fc.assert(
      fc.property(commits, (batches) => {
        let place = NOTHING_SEEN;
        const [visible, read] = [new Set<number>(), [] as number[]];
        for (const batch of batches) {
          for (const id of batch) visible.add(id);
          const news = [...visible].filter((id) => isNew(place, id));
          read.push(...news);
          place = advance(place, news, { now: NOW, isCut: false });
        }
        expect([...read].sort((a, b) => a - b)).toEqual([...visible].sort((a, b) => a - b));
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});
