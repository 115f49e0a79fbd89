/** Drift of each input column, and of the champion's scores, as figures of a period. */
import { createRng, type Rng } from '../rng.js';
import { keepDays } from './day-counts.js';
import { categoriesDrift, type Drift, numbersDrift } from './drift.js';
import type { MonitorPoint } from './monitor-point.js';
import { dayOf, type PeriodInput, partOf, rowsWithin, type TestedPoint } from './period-input.js';

export function driftPoints(input: PeriodInput): TestedPoint[] {
  const { baseline, table, scores, window, monitor, seed } = input;
  const rows = rowsWithin(table.day, window);
  const day = table.day.subarray(rows.from, rows.to);
  const rngOf = (series: number) => (): Rng => createRng(seed, dayOf(window.end), series);
  const isWanted = (name: string): boolean => monitor.features === 'all' || monitor.features.includes(name);
  const columns = baseline.columns.flatMap((reference, at): TestedPoint[] => {
    const found = table.features.find(({ name }) => name === reference.name);
    if (found === undefined || !isWanted(reference.name)) return [];
    const rng = rngOf(at + 1);
    const column = partOf(found, rows);
    const drift =
      reference.kind === 'numeric' && column.kind === 'numeric'
        ? numbersDrift(reference, { column, day, rng })
        : reference.kind === 'categorical' && column.kind === 'categorical'
          ? categoriesDrift(reference, { column, day, rng })
          : null;
    if (drift === null) return [];
    return [driftPoint(drift, { series: `drift:${reference.name}`, scope: 'column', column: reference.column, input })];
  });
  const [first, end] = [dayOf(window.start), dayOf(window.end)];
  // Days of the holdout that are looked at now are no reference for themselves.
  const byDay = keepDays(baseline.scores.byDay, (one) => one < first || one >= end);
  const own = { values: Float64Array.from(scores.subarray(rows.from, rows.to)) };
  const drift = numbersDrift({ histogram: baseline.scores.histogram, byDay }, { column: own, day, rng: rngOf(0) });
  return [...columns, driftPoint(drift, { series: 'score-drift', scope: 'prediction', column: null, input })];
}

const TITLES = { ks: 'KS distance', 'jensen-shannon': 'Jensen–Shannon distance (base e, bias taken off)' } as const;

function driftPoint(
  drift: Drift,
  of: Pick<MonitorPoint, 'series' | 'scope' | 'column'> & { readonly input: PeriodInput },
): TestedPoint {
  const { input, ...named } = of;
  const threshold = input.monitor.alert.effect;
  const isMeasured = Number.isFinite(drift.effect);
  const against = of.series === 'score-drift' ? "the champion's scores on its holdout" : "the champion's training rows";
  const distance = isMeasured ? drift.effect.toFixed(3) : 'not to be told';
  const hidden = isMeasured ? `, at most ${drift.binError.toFixed(3)} more within the profile's bins` : '';
  const untested = drift.problem === null ? '' : ` Not tested: ${drift.problem}.`;
  const point: MonitorPoint = {
    ...named,
    value: isMeasured ? drift.effect : null,
    interval: null,
    threshold,
    alert: null,
    adjustedPValue: null,
    binError: isMeasured ? drift.binError : null,
    window: input.window,
    rows: drift.rows,
    days: drift.days,
    referenceDays: drift.referenceDays,
    method: drift.method,
    note: `${TITLES[drift.method]} to ${against}: ${distance}${hidden}; ${drift.days} days against ${drift.referenceDays}.${untested}`,
  };
  return { point, pValue: isMeasured ? drift.pValue : Number.NaN, isLarge: drift.effect >= threshold };
}
