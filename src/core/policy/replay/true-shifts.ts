/**
 * True shifts: the moments at which refitting would have paid, told with hindsight and the same for every policy. An oracle
 * serves what the past began with; at each later cutoff it looks at the four weeks that follow, and where a model refitted
 * there beats the one it serves by more than the equivalence margin, interval and all, that is a true shift and it refits.
 */
import type { Instant } from '../../types.js';
import { type Gain, gainAfter } from './gain.js';
import { dayFrom, type QualityGrid, startOf } from './quality-grid.js';

export interface TrueShift {
  readonly at: Instant;
  /** Of the model refitted there over the oracle's until then. */
  readonly gain: Gain;
}

export function trueShifts(grid: QualityGrid, equivalence: number): TrueShift[] {
  const shifts: TrueShift[] = [];
  let served = startOf(grid);
  for (let at = served + 1; at < grid.cutoffs.length; at += 1) {
    const { trainedThrough } = grid.cutoffs[at]!;
    const gain = gainAfter(grid, { newer: at, older: served, from: dayFrom(grid, Date.parse(trainedThrough)) });
    if (gain.interval === null || !(gain.interval.lower > equivalence)) continue;
    shifts.push({ at: trainedThrough, gain });
    served = at;
  }
  return shifts;
}
