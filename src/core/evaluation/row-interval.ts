/** What formulas for independent rows say of the same difference: printed beside the day interval, never gates. */
import type { MetricName } from '../spec/schema.js';
import { rowBrier } from '../stats/brier.js';
import { delongInterval } from '../stats/delong.js';
import { rowLogLoss } from '../stats/log-loss.js';
import { mcNemar } from '../stats/mcnemar.js';
import { pairedRowInterval } from '../stats/paired-row-interval.js';
import type { RankedSample } from '../stats/ranked-sample.js';
import type { Interval } from '../types.js';
import type { Flips } from './evaluation-result.js';
import { PRINTED_CONFIDENCE } from './measured.js';

const THRESHOLD = 0.5;

interface PairedModels {
  readonly label: Uint8Array;
  readonly candidate: { readonly scores: Float32Array; readonly sample: RankedSample };
  readonly champion: { readonly scores: Float32Array; readonly sample: RankedSample };
}

/** @returns the 95 % interval of the gain, or null for metrics that have no such formula here */
export function rowInterval95(metric: MetricName, models: PairedModels): Interval | null {
  if (metric === 'auc') return delongInterval(models.candidate.sample, models.champion.sample, PRINTED_CONFIDENCE);
  if (metric !== 'log-loss' && metric !== 'brier') return null;
  return pairedRowInterval({
    // The champion's loss minus the candidate's is the gain.
    first: models.champion.scores,
    second: models.candidate.scores,
    label: models.label,
    loss: metric === 'brier' ? rowBrier : rowLogLoss,
    confidence: PRINTED_CONFIDENCE,
  });
}

export function rowIntervalAssumption(metric: MetricName): string {
  if (metric === 'auc')
    return 'DeLong; assumes independent rows, so it is too narrow for rows that share their day; never gates.';
  if (metric === 'log-loss' || metric === 'brier') {
    return 'Paired rows; assumes independent rows, so it is too narrow for rows that share their day; never gates.';
  }
  return `No row-level interval is computed for ${metric}.`;
}

/** Predictions at one half: how many rows the candidate newly gets right, and newly gets wrong. */
export function flipsOf({ label, candidate, champion }: PairedModels): Flips {
  let gained = 0;
  let lost = 0;
  for (let row = 0; row < label.length; row += 1) {
    const isRight = candidate.scores[row]! >= THRESHOLD === (label[row] === 1);
    const wasRight = champion.scores[row]! >= THRESHOLD === (label[row] === 1);
    if (isRight && !wasRight) gained += 1;
    if (wasRight && !isRight) lost += 1;
  }
  const { exactPValue, correctedPValue } = mcNemar(gained, lost);
  return {
    threshold: THRESHOLD,
    gained,
    lost,
    mcNemarExactPValue: exactPValue,
    mcNemarCorrectedPValue: correctedPValue,
  };
}
