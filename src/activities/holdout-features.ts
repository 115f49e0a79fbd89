/**
 * Whose features a holdout holds: the pipeline's own, the champion's, and those of earlier champions, so that a rollback
 * between freezing and comparing leaves the new champion's features at hand. Only the own ones must be there.
 */
import { PipelineError } from '../core/errors.js';
import { withChampionFeatures } from '../core/spec/champion-features.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Registry } from './deps.js';

/** More earlier champions than this are neither kept at hand nor scored again. */
export const MAX_PAST_CHAMPIONS = 5;

/** @returns `shared` with the features of earlier champions appended; one that gives a name another meaning is left out */
export async function withPastFeatures(
  registry: Pick<Registry, 'pastChampions' | 'specByDigest'>,
  shared: PipelineSpec,
  modelId: string,
): Promise<PipelineSpec> {
  let all = shared;
  for (const past of (await registry.pastChampions(modelId)).slice(0, MAX_PAST_CHAMPIONS)) {
    const spec = await registry.specByDigest(past.specDigest);
    try {
      all = withChampionFeatures(all, spec);
    } catch (error) {
      if (!(error instanceof PipelineError) || error.code !== 'SPEC_INVALID') throw error;
    }
  }
  return all;
}

/** Names of the features that `own` has not. */
export function addedFeatures(own: PipelineSpec, shared: PipelineSpec): string[] {
  const names = new Set(own.features.map((feature) => feature.name));
  return shared.features.map((feature) => feature.name).filter((name) => !names.has(name));
}

/** Source columns that only added features read: what is wrong with them stops no run of `own`. */
export function addedColumns(own: PipelineSpec, shared: PipelineSpec): Set<string> {
  const added = new Set(addedFeatures(own, shared));
  const columnsOf = (isAdded: boolean): string[] =>
    shared.features.flatMap((feature) => {
      if (added.has(feature.name) !== isAdded) return [];
      return feature.kind === 'time' ? (feature.column ?? []) : (feature.column ?? feature.name);
    });
  const { columns, labels } = own.source;
  const needed = new Set<string | undefined>([
    ...columnsOf(false),
    ...Object.values(columns),
    ...Object.values(labels?.columns ?? {}),
    ...own.slices.map((slice) => slice.column),
    ...Object.keys(own.quality.ranges),
  ]);
  return new Set(columnsOf(true).filter((column) => !needed.has(column)));
}
