/** The share of labels that look wrong, with days as its units: for a window and, by the same model, for its reference. */
import { jackknife } from '../stats/jackknife.js';
import { labelNoise } from '../stats/label-noise.js';
import type { NoiseEstimate } from './label-measures.js';

/**
 * @param rows probabilities of a positive label by a model that was not trained on these rows; labels 0 or 1; their days
 * @returns null without rows of both labels
 */
export function estimateLabelNoise(rows: {
  readonly score: ArrayLike<number>;
  readonly label: ArrayLike<number>;
  readonly day: ArrayLike<number>;
}): NoiseEstimate | null {
  const noise = labelNoise(rows);
  if (noise === null) return null;
  const estimate = jackknife({ value: noise.share, without: noise.without });
  return {
    share: noise.share,
    standardError: estimate?.standardError ?? null,
    days: noise.without.length,
    rows: rows.score.length,
  };
}
