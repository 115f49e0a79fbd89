/** All metrics of one model, and the gains between two: plain values with null for what does not exist. */
import { type Jackknife, jackknife, jackknifeInterval } from '../stats/jackknife.js';
import type { LeaveOneOut } from '../stats/leave-one-out.js';
import type { Gain } from './evaluation-result.js';
import { gainOf, METRIC_KEYS, METRICS, type MetricKey, type MetricValues } from './metrics.js';
import type { ScoredModel } from './scored-model.js';

export const PRINTED_CONFIDENCE = 0.95;

type Measured = Readonly<Record<MetricKey, LeaveOneOut>>;

/** Null when the model's scores cannot be used. */
export function measureAll({ sample }: ScoredModel): Measured | null {
  if (sample === null) return null;
  return Object.fromEntries(METRIC_KEYS.map((key) => [key, METRICS[key].measure(sample)])) as Measured;
}

export function valuesOf(measured: Measured | null): MetricValues {
  return Object.fromEntries(METRIC_KEYS.map((key) => [key, finiteOrNull(measured?.[key].value)])) as MetricValues;
}

export function gainsOf(candidate: Measured | null, champion: Measured | null): Record<MetricKey, Gain> {
  const gain = (key: MetricKey): Gain => {
    const estimate = estimateOf(key, candidate?.[key], champion?.[key]);
    return {
      difference: finiteOrNull(gainValue(key, candidate?.[key], champion?.[key])),
      interval95: estimate === null ? null : jackknifeInterval(estimate, PRINTED_CONFIDENCE),
    };
  };
  return Object.fromEntries(METRIC_KEYS.map((key) => [key, gain(key)])) as Record<MetricKey, Gain>;
}

/** Undefined: the scores cannot be used. */
export type Maybe = LeaveOneOut | undefined;

export function gainValue(key: MetricKey, candidate: Maybe, other: Maybe): number | null {
  return candidate === undefined || other === undefined ? null : gainOf(key, candidate, other).value;
}

export function estimateOf(key: MetricKey, candidate: Maybe, other: Maybe): Jackknife | null {
  return candidate === undefined || other === undefined ? null : jackknife(gainOf(key, candidate, other));
}

export function finiteOrNull(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
}
