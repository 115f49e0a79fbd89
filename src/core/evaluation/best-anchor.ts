/** The earlier champion with the best estimate on this holdout: what keeps many small steps down from adding up. */
import type { MeasuredGain } from '../gates/promotion-facts.js';
import { type Jackknife, jackknife, jackknifeInterval } from '../stats/jackknife.js';
import type { EvaluationInput } from './evaluation-result.js';
import { gatingConfidence } from './looks.js';
import type { Maybe } from './measured.js';
import { gainOf, METRICS, metricKey } from './metrics.js';
import type { ScoredModel } from './scored-model.js';

/** A single anchor that cannot be scored leaves the best one unknown, which is never a pass. */
export function bestAnchor(
  { anchors, spec, look }: EvaluationInput,
  candidate: Maybe,
  score: (who: string, scores: Float32Array) => ScoredModel,
): MeasuredGain | null {
  const key = metricKey(spec.metric);
  const unknown: MeasuredGain = { version: null, difference: null, interval: null };
  let best: (MeasuredGain & { estimate: Jackknife | null }) | null = null;
  for (const { version, scores } of anchors) {
    const { sample } = score(`version ${version}`, scores);
    if (sample === null || candidate === undefined) return unknown;
    const gain = gainOf(key, candidate, METRICS[key].measure(sample));
    if (Number.isNaN(gain.value)) return unknown;
    // The best anchor is the one that the candidate gains least over.
    if (best === null || gain.value < best.difference!) {
      best = { version, difference: gain.value, interval: null, estimate: jackknife(gain) };
    }
  }
  if (best === null) return null;
  const { estimate, ...rest } = best;
  return { ...rest, interval: estimate === null ? null : jackknifeInterval(estimate, gatingConfidence(look)) };
}
