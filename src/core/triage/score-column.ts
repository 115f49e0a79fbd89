/** The champion's scores as one more column that may have moved: counts by day and bin, as the test for movement reads them. */
import { iso } from '../instant.js';
import { DAY_MS } from '../spec/duration.js';
import type { Window } from '../types.js';
import type { ColumnDays, DayCounts } from './column-days.js';
import { isWholeDayOf, type ScoredDay } from './scored-days.js';

const SCORE_COLUMN = 'score';

function countsOf(days: readonly ScoredDay[]): DayCounts {
  return {
    days: days.map(({ day }) => iso(day * DAY_MS).slice(0, 10)),
    counts: days.map(({ bins }) => Float64Array.from(bins)),
  };
}

/** Whole days alone: the hours of half a day have scores of their own. */
export function scoreColumn(
  days: readonly ScoredDay[],
  windows: { readonly current: Window; readonly reference: Window },
): ColumnDays {
  const { current, reference } = windows;
  const own = days.filter(isWholeDayOf(current));
  const labelled = new Float64Array(own[0]?.bins.length ?? 0);
  for (const { labelledBins } of own) for (const [bin, rows] of labelledBins.entries()) labelled[bin]! += rows;
  return {
    column: SCORE_COLUMN,
    method: 'ks',
    reference: countsOf(days.filter(isWholeDayOf(reference))),
    current: countsOf(own),
    labelledInCurrent: labelled,
    profile: null,
  };
}
