/** Realised performance on mature labels, and what is to be expected without labels, as figures of a period. */
import { UNKNOWN_LABEL } from '../column-table.js';
import type { MetricName } from '../spec/schema.js';
import type { Window } from '../types.js';
import type { QualityMetric } from './baseline.js';
import type { MonitorPoint } from './monitor-point.js';
import {
  estimatedPerformance,
  type Fall,
  fallOf,
  isHigherBetter,
  type Performance,
  realisedPerformance,
} from './performance.js';
import { type PeriodInput, rowsWithin, type TestedPoint } from './period-input.js';

/** An interval over fewer days with mature labels says little. */
const LEAST_MATURE_DAYS = 5;

const overlaps = (one: Window, other: Window): boolean =>
  Date.parse(one.start) < Date.parse(other.end) && Date.parse(other.start) < Date.parse(one.end);

/** The fall that may alert is of the pipeline's metric; of log loss where that is none of the three. */
const alerting = (metric: MetricName): QualityMetric => (metric === 'auc' || metric === 'brier' ? metric : 'log-loss');

export function realisedPoints(input: PeriodInput): TestedPoint[] {
  const { table, scores, mature, baseline } = input;
  if (mature === null) return [];
  const { from, to } = rowsWithin(table.day, mature);
  const known: number[] = [];
  for (let row = from; row < to; row += 1) if (table.label[row] !== UNKNOWN_LABEL) known.push(row);
  const measured = realisedPerformance({
    scores: Float32Array.from(known, (row) => scores[row]!),
    day: Int32Array.from(known, (row) => table.day[row]!),
    label: Uint8Array.from(known, (row) => table.label[row]!),
  });
  const isOwnHoldout = overlaps(mature, baseline.holdout.window);
  return measured.map((one) => realisedPoint(one, { input, mature, isOwnHoldout }));
}

function realisedPoint(
  one: Performance,
  of: { readonly input: PeriodInput; readonly mature: Window; readonly isOwnHoldout: boolean },
): TestedPoint {
  const { input, mature, isOwnHoldout } = of;
  const { alpha, fall: floor } = input.monitor.alert;
  const reference = input.baseline.quality[one.metric];
  const isJudged = one.metric === alerting(input.metric);
  const problem = performanceProblem(one, { hasReference: reference !== null, isOwnHoldout });
  const fall =
    problem !== null || reference === null || one.figure === null
      ? null
      : fallOf(one.metric, { reference, current: one.figure, alpha });
  const limit = reference === null ? null : reference.value + (isHigherBetter(one.metric) ? -floor : floor);
  const point: MonitorPoint = {
    series: `performance:${one.metric}`,
    scope: 'performance',
    column: null,
    value: one.value,
    interval: one.interval,
    threshold: isJudged ? limit : null,
    alert: null,
    adjustedPValue: null,
    binError: null,
    window: mature,
    rows: one.rows,
    days: one.days,
    referenceDays: input.baseline.holdout.days,
    method: one.metric,
    note: performanceNote(one, { reference: reference?.value ?? null, fall, problem }),
  };
  const isFallen = fall !== null && fall.fall >= floor && fall.interval.lower > 0;
  return { point, pValue: isJudged && fall !== null ? fall.pValue : Number.NaN, isLarge: isFallen };
}

function performanceProblem(
  { rows, days, figure }: Performance,
  of: { readonly hasReference: boolean; readonly isOwnHoldout: boolean },
): string | null {
  if (rows === 0) return 'no mature label is known';
  if (of.isOwnHoldout) return 'these days lie in the holdout that the champion was judged on';
  if (!of.hasReference) return 'its quality on the holdout could not be measured';
  if (days < LEAST_MATURE_DAYS) return `${days} days with labels; at least ${LEAST_MATURE_DAYS} are needed`;
  return figure === null ? 'its spread over days could not be measured' : null;
}

function performanceNote(
  { metric, value }: Performance,
  of: { readonly reference: number | null; readonly fall: Fall | null; readonly problem: string | null },
): string {
  const title = metric === 'auc' ? 'AUC' : metric === 'brier' ? 'Brier score' : 'Log loss';
  const now = value === null ? `${title} is not defined here` : `${title} ${value.toFixed(4)}`;
  const before = of.reference === null ? '' : `, ${of.reference.toFixed(4)} on its holdout`;
  if (of.problem !== null) return `${now}${before}. Not compared: ${of.problem}.`;
  if (of.fall === null) return `${now}${before}.`;
  const { fall, interval } = of.fall;
  const range = `[${interval.lower.toFixed(4)}, ${interval.upper.toFixed(4)}]`;
  return `${now}${before}: worse by ${fall.toFixed(4)} ${range} at ${Number((interval.confidence * 100).toFixed(2))} %.`;
}

export function estimatedPoints(input: PeriodInput): MonitorPoint[] {
  const { table, scores, window, baseline } = input;
  const { from, to } = rowsWithin(table.day, window);
  const day = table.day.subarray(from, to);
  const calibration = baseline.calibration;
  return estimatedPerformance({ scores: scores.subarray(from, to), day, calibration }).map(
    (one): MonitorPoint => ({
      series: `estimated:${one.metric}`,
      scope: 'performance',
      column: null,
      value: one.value,
      interval: one.interval,
      threshold: null,
      alert: null,
      adjustedPValue: null,
      binError: null,
      window,
      rows: one.rows,
      days: one.days,
      referenceDays: baseline.holdout.days,
      method: `estimated-${one.metric}`,
      note: 'Estimated without labels, from probabilities calibrated on the holdout: a change of the concept is not seen.',
    }),
  );
}
