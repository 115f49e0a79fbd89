/** The metrics of a binary classifier by name: which way is better, how each is measured, and how one gain is formed. */
import type { MetricName } from '../spec/schema.js';
import { auc } from '../stats/auc.js';
import { averagePrecision } from '../stats/average-precision.js';
import { rowBrier } from '../stats/brier.js';
import { calibrationError } from '../stats/calibration-error.js';
import { combineLeaveOneOut, type LeaveOneOut } from '../stats/leave-one-out.js';
import { rowLogLoss } from '../stats/log-loss.js';
import { meanLoss } from '../stats/mean-loss.js';
import type { RankedSample } from '../stats/ranked-sample.js';
import { withinDayAuc } from '../stats/within-day-auc.js';

export type MetricKey = 'auc' | 'withinDayAuc' | 'averagePrecision' | 'logLoss' | 'brier' | 'calibrationError';

/** Null: not defined on these rows, or the scores cannot be used. */
export type MetricValues = Readonly<Record<MetricKey, number | null>>;

interface MetricRule {
  readonly title: string;
  readonly isHigherBetter: boolean;
  readonly measure: (sample: RankedSample) => LeaveOneOut;
}

export const METRICS: Readonly<Record<MetricKey, MetricRule>> = {
  auc: { title: 'AUC', isHigherBetter: true, measure: auc },
  withinDayAuc: { title: 'AUC within days', isHigherBetter: true, measure: withinDayAuc },
  averagePrecision: { title: 'Average precision', isHigherBetter: true, measure: averagePrecision },
  logLoss: { title: 'Log loss', isHigherBetter: false, measure: (sample) => meanLoss(sample, rowLogLoss) },
  brier: { title: 'Brier score', isHigherBetter: false, measure: (sample) => meanLoss(sample, rowBrier) },
  calibrationError: { title: 'Calibration error', isHigherBetter: false, measure: calibrationError },
};

export const METRIC_KEYS = Object.keys(METRICS) as readonly MetricKey[];

const KEY_OF: Readonly<Record<MetricName, MetricKey>> = {
  auc: 'auc',
  'average-precision': 'averagePrecision',
  'log-loss': 'logLoss',
  brier: 'brier',
  'calibration-error': 'calibrationError',
};

/** The key in MetricValues of a metric that a spec names. */
export function metricKey(name: MetricName): MetricKey {
  return KEY_OF[name];
}

/** Positive: the candidate is better, for metrics where lower is better too. */
export function gainOf(key: MetricKey, candidate: LeaveOneOut, other: LeaveOneOut): LeaveOneOut {
  return METRICS[key].isHigherBetter
    ? combineLeaveOneOut(candidate, other, (mine, theirs) => mine - theirs)
    : combineLeaveOneOut(candidate, other, (mine, theirs) => theirs - mine);
}

/** Above 1: the candidate is better, for metrics where lower is better too. Not finite where the lower part is 0. */
export function ratioOf(key: MetricKey, candidate: LeaveOneOut, other: LeaveOneOut): LeaveOneOut {
  return METRICS[key].isHigherBetter
    ? combineLeaveOneOut(candidate, other, (mine, theirs) => mine / theirs)
    : combineLeaveOneOut(candidate, other, (mine, theirs) => theirs / mine);
}
