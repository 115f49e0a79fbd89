/**
 * All figures of one period, and which of them alert. One correction over everything that is tested (columns, scores,
 * performance), so that many series make no alarm by number alone; an effect floor, so that many rows make none of nothing.
 */
import { benjaminiHochberg } from '../stats/benjamini-hochberg.js';
import { driftPoints } from './drift-points.js';
import { feedPoints } from './feed-points.js';
import type { MonitorPoint } from './monitor-point.js';
import { estimatedPoints, realisedPoints } from './performance-points.js';
import type { PeriodInput, TestedPoint } from './period-input.js';

export function measurePeriod(input: PeriodInput): MonitorPoint[] {
  const tested = [...driftPoints(input), ...realisedPoints(input)];
  return [...judged(tested, input.monitor.alert.alpha), ...estimatedPoints(input), ...feedPoints(input.feed)];
}

function judged(tested: readonly TestedPoint[], alpha: number): MonitorPoint[] {
  const ranked = tested.filter(({ pValue }) => !Number.isNaN(pValue));
  const adjusted = benjaminiHochberg(ranked.map(({ pValue }) => pValue));
  const adjustedOf = new Map(ranked.map((one, at) => [one, adjusted[at]!]));
  return tested.map((one) => {
    const adjustedPValue = adjustedOf.get(one) ?? null;
    if (adjustedPValue === null) return one.point;
    return { ...one.point, adjustedPValue, alert: adjustedPValue <= alpha && one.isLarge };
  });
}
