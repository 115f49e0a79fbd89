// Movement with days as units: nothing alarms when nothing changed, changes are dated, few days say nothing.
import { describe, expect, it } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import { dayOnset } from '#dist/core/stats/day-onset.js';
import { evenQuantiles } from '#dist/core/stats/even-quantiles.js';
import type { ColumnDays, DayCounts } from '#dist/core/triage/column-days.js';
import { movedColumns } from '#dist/core/triage/moved-column.js';
import { DEFAULT_RETEST_RULE } from '#dist/core/triage/retest.js';
import { dayAt, drawCounts } from './triage-inputs-fixtures.js';

const WEIGHTS = [30, 25, 20, 15, 10, 8, 6, 4, 2, 1];
/** Days differ by more than their rows do: each has its own weights. */
function window(
  seed: number,
  options: { from: number; days: number; rows?: number; weights?: (day: number) => readonly number[] },
): DayCounts {
  const rng = createRng(seed);
  const { from, days, rows = 500, weights = () => WEIGHTS } = options;
  return {
    days: Array.from({ length: days }, (_, at) => dayAt(from + at)),
    counts: Array.from({ length: days }, (_, at) => {
      const own = weights(at).map((weight) => weight * (1 + 0.3 * (rng() - 0.5)));
      return Float64Array.from(drawCounts(own, rows, rng));
    }),
  };
}
const grown = (by: number) => WEIGHTS.map((weight, at) => (at === 5 ? weight * by : weight));
const column = (method: ColumnDays['method'], reference: DayCounts, current: DayCounts, name = 'c'): ColumnDays => ({
  column: name,
  method,
  reference,
  current,
  labelledInCurrent: null,
  profile: null,
});
const judge = (columns: readonly ColumnDays[], seed = 1, permutations = 199) =>
  movedColumns(columns, { rule: DEFAULT_RETEST_RULE, permutations, rng: createRng(seed) });

describe('a column of days', () => {
  it.each(['ks', 'chi-square'] as const)(
    'by %s that did not change is unchanged, and one that did moved, sustained, from its day on',
    (method) => {
      const reference = window(1, { from: 0, days: 28 });
      const same = window(2, { from: 28, days: 14 });
      const changed = window(3, { from: 28, days: 14, weights: (day) => (day < 6 ? WEIGHTS : grown(4)) });
      const [still, moved] = judge([
        column(method, reference, same, 'still'),
        column(method, reference, changed, 'moved'),
      ]);
      expect(still).toMatchObject({ hasMoved: false, isUnchanged: true, isSustained: false, onset: null });
      expect(moved).toMatchObject({ hasMoved: true, isUnchanged: false, isSustained: true });
      expect(moved?.onset).toBe(`${dayAt(34)}T00:00:00.000Z`);
      expect(moved?.adjustedPValue).toBeLessThan(0.03);
    },
  );

  it('that changed on one day only is not sustained', () => {
    const reference = window(1, { from: 0, days: 28 });
    const current = window(3, { from: 28, days: 8, weights: (day) => (day === 3 ? grown(60) : WEIGHTS) });
    expect(judge([column('chi-square', reference, current)])[0]).toMatchObject({ isSustained: false });
  });

  it('with six days in all, or without rows, says nothing', () => {
    const few = column('ks', window(1, { from: 0, days: 3 }), window(2, { from: 3, days: 3, weights: () => grown(9) }));
    const none = column('ks', window(1, { from: 0, days: 20 }), { days: [], counts: [] });
    for (const one of judge([few, none])) {
      expect(one).toMatchObject({
        adjustedPValue: null,
        effect: null,
        hasMoved: false,
        isUnchanged: false,
        onset: null,
      });
    }
  });

  it('of a few rows did not move, and is not unchanged either: it would not have been seen', () => {
    const wide = Array.from({ length: 200 }, () => 1);
    const rows = { rows: 4, weights: () => wide };
    const thin = column(
      'chi-square',
      window(1, { from: 0, days: 28, ...rows }),
      window(2, { from: 28, days: 14, ...rows }),
    );
    expect(judge([thin])[0]).toMatchObject({ hasMoved: false, isUnchanged: false });
  });

  it('says how much of what grew is labelled', () => {
    const reference = window(1, { from: 0, days: 28 });
    const current = window(2, { from: 28, days: 14, weights: () => grown(6) });
    const totals = WEIGHTS.map((_, bin) => current.counts.reduce((sum, day) => sum + day[bin]!, 0));
    const labelled = Float64Array.from(totals, (count, bin) => (bin === 5 ? count / 4 : count));
    const [moved] = judge([{ ...column('chi-square', reference, current), labelledInCurrent: labelled }]);
    expect(moved?.labelledShare).toBeGreaterThan(0.2);
    expect(moved?.labelledShare).toBeLessThan(0.35);
  });

  it('is compared with a stored profile beside', () => {
    const reference = window(1, { from: 0, days: 10 });
    const stored = { edges: [1, 2, 3], counts: [1, 1, 2, 0], atEdge: [1, 1, 2] };
    const current = { counts: Float64Array.of(2, 2, 0, 0), atEdge: Float64Array.of(2, 2, 0), rows: 4, nulls: 0 };
    const [judged] = judge([{ ...column('ks', reference, reference), profile: { kind: 'numeric', stored, current } }]);
    expect(judged?.profileEffect).toBeCloseTo(0.5, 12);
  });

  it('alarms at most as often as its level when nothing changed', () => {
    let alarms = 0;
    const runs = 60;
    for (let seed = 1; seed <= runs; seed += 1) {
      const reference = window(seed, { from: 0, days: 21, rows: 200 });
      const current = window(1000 + seed, { from: 21, days: 7, rows: 200 });
      const columns = ['a', 'b', 'c'].map((name, at) =>
        column(at === 0 ? 'ks' : 'chi-square', reference, current, name),
      );
      if (judge(columns, seed, 99).some(({ hasMoved }) => hasMoved)) alarms += 1;
    }
    // Binomial(60, .05) is above 7 in fewer than 2 of 100.
    expect(alarms).toBeLessThanOrEqual(7);
  });
});

describe('the day of a change', () => {
  const series = (values: readonly number[], from = 0) => ({ days: values.map((_, at) => dayAt(from + at)), values });
  it('is where the step fits best, and none where days vary as much', () => {
    expect(dayOnset(series([1, 1, 1, 1]), series([1, 1, 5, 5], 4))).toBe(2);
    expect(dayOnset(series([1, 1, 1, 1]), series([3, 3], 4))).toBe(0);
    expect(dayOnset(series([0, 4, 0, 4]), series([3, 4, 3], 4))).toBeNull();
    expect(dayOnset(series([1, 1, 1, 1]), series([1, 1, 1], 4))).toBeNull();
    expect(dayOnset(series([]), series([1]))).toBeNull();
  });

  it('sees past weekdays that the reference knows', () => {
    const weekend = (at: number): number => ([5, 6].includes(at % 7) ? 10 : 1);
    const reference = series(Array.from({ length: 28 }, (_, at) => weekend(at)));
    const current = series(
      Array.from({ length: 14 }, (_, at) => weekend(at) + (at < 8 ? 0 : 2)),
      28,
    );
    expect(dayOnset(reference, current)).toBe(8);
  });
});

it('even quantiles of counted values are those of the rows', () => {
  expect(
    evenQuantiles(
      {
        values: [1, 2, 3],
        counts: [
          [1, 1, 0],
          [1, 0, 1],
        ],
      },
      2,
    ),
  ).toEqual([1, 3]);
  expect(evenQuantiles({ values: [], counts: [[]] }, 4)).toEqual([]);
});
