/**
 * The recipe: what decides which artifact comes out of a run on given data. A rollback blocks the recipe of the version it
 * leaves, so what only describes, judges or schedules a run is no part of it: editing those must not lift a block.
 */
import { canonicalDigest } from '../canonical-json.js';
import type { Digest } from '../types.js';
import type { PipelineSpec } from './schema.js';

/**
 * The members that choose the training rows (`holdout` because training ends before it, `quality.ranges` because rows
 * outside are quarantined) and those that the trainer computes with; its limits of time and memory only stop it, and what a
 * feature is compared with (`recomputed`) only judges it.
 * @param trainerCodeDigest of the worker that trains, or that trained
 */
export function recipeDigest(spec: PipelineSpec, trainerCodeDigest: Digest): Digest {
  const { source, sample, target, window, holdout, quality } = spec;
  const features = spec.features.map(({ recomputed: _recomputed, ...feature }) => feature);
  const { limits: _limits, ...trainer } = spec.trainer;
  return canonicalDigest({
    code: trainerCodeDigest,
    spec: { source, sample, target, features, window, holdout, ranges: quality.ranges, trainer },
  });
}
