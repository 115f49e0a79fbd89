/**
 * How a champion does in a period: realised, on mature labels, against its own holdout; and estimated, from calibrated
 * probabilities alone, where labels are still to come.
 */
import { METRICS } from '../evaluation/metrics.js';
import { ascendingOrder } from '../stats/ascending-order.js';
import { rowBrier } from '../stats/brier.js';
import { type ExpectedSample, expectedAuc, expectedLoss } from '../stats/expected-performance.js';
import { applyIsotonic, type IsotonicFit } from '../stats/isotonic.js';
import { jackknife, jackknifeInterval } from '../stats/jackknife.js';
import { rowLogLoss } from '../stats/log-loss.js';
import { blocksOfDays, rankSample } from '../stats/ranked-sample.js';
import { studentTCdf } from '../stats/student-t.js';
import type { Interval } from '../types.js';
import { QUALITY, QUALITY_METRICS, type QualityFigure, type QualityMetric } from './baseline.js';

/** Of the intervals that are shown. */
const SHOWN = 0.95;

export interface Performance {
  readonly metric: QualityMetric;
  readonly value: number | null;
  readonly interval: Interval | null;
  readonly rows: number;
  readonly days: number;
  readonly figure: QualityFigure | null;
}

interface Scored {
  readonly scores: Float32Array;
  readonly day: Int32Array;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** @param of rows whose labels are known */
export function realisedPerformance(of: Scored & { readonly label: Uint8Array }): Performance[] {
  const blocks = blocksOfDays(of.day);
  const sample = rankSample(of.scores, of.label, blocks);
  return QUALITY_METRICS.map((metric) => {
    const statistic = QUALITY[metric](sample);
    const figure = jackknife(statistic);
    const interval = figure === null ? null : jackknifeInterval(figure, SHOWN);
    return { metric, value: finite(statistic.value), interval, rows: sample.rows, days: blocks.blocks, figure };
  });
}

export function estimatedPerformance(of: Scored & { readonly calibration: IsotonicFit }): Performance[] {
  const order = ascendingOrder(of.scores);
  const blocks = blocksOfDays(of.day);
  const score = Float32Array.from(order, (row) => of.scores[row]!);
  const sample: ExpectedSample = {
    score,
    probability: applyIsotonic(of.calibration, score),
    block: Int32Array.from(order, (row) => blocks.block[row]!),
    blocks: blocks.blocks,
  };
  const expected = {
    auc: expectedAuc(sample),
    'log-loss': expectedLoss(sample, rowLogLoss),
    brier: expectedLoss(sample, rowBrier),
  };
  return QUALITY_METRICS.map((metric) => {
    const figure = jackknife(expected[metric]);
    const interval = figure === null ? null : jackknifeInterval(figure, SHOWN);
    return { metric, value: finite(expected[metric].value), interval, rows: score.length, days: blocks.blocks, figure };
  });
}

export interface Fall {
  /** Above zero: worse than on the holdout. */
  readonly fall: number;
  readonly interval: Interval;
  /** One-sided, of no fall. */
  readonly pValue: number;
}

const KEY = { auc: 'auc', 'log-loss': 'logLoss', brier: 'brier' } as const;

export const isHigherBetter = (metric: QualityMetric): boolean => METRICS[KEY[metric]].isHigherBetter;

/** Welch's interval of two independent sets of days; null where neither side varies. */
export function fallOf(
  metric: QualityMetric,
  of: { readonly reference: QualityFigure; readonly current: QualityFigure; readonly alpha: number },
): Fall | null {
  const { reference, current, alpha } = of;
  const sign = isHigherBetter(metric) ? 1 : -1;
  const fall = sign * (reference.value - current.value);
  const [own, theirs] = [current.standardError ** 2, reference.standardError ** 2];
  const standardError = Math.sqrt(own + theirs);
  if (!(standardError > 0)) return null;
  const degreesOfFreedom =
    (own + theirs) ** 2 / (own ** 2 / current.degreesOfFreedom + theirs ** 2 / reference.degreesOfFreedom);
  const interval = jackknifeInterval({ value: fall, standardError, degreesOfFreedom }, 1 - alpha);
  return { fall, interval, pValue: studentTCdf(-fall / standardError, degreesOfFreedom) };
}
