/**
 * The champion must be scored on the same frozen rows, even when the recipe that challenges it dropped one of its
 * features: the holdout therefore holds the features of both.
 */

import { canonicalJson } from '../canonical-json.js';
import { PipelineError } from '../errors.js';
import type { PipelineSpec } from './schema.js';

/**
 * @returns the spec with the champion's missing features appended
 * @throws SPEC_INVALID when one name stands for two different features
 */
export function withChampionFeatures(spec: PipelineSpec, champion: PipelineSpec | null): PipelineSpec {
  if (champion === null) return spec;
  const own = new Map(spec.features.map((feature) => [feature.name, feature]));
  const added = [];
  for (const feature of champion.features) {
    const same = own.get(feature.name);
    if (same === undefined) added.push(feature);
    else if (canonicalJson(columnOf(same)) !== canonicalJson(columnOf(feature))) {
      throw new PipelineError(
        'SPEC_INVALID',
        `Feature ${feature.name} of ${spec.model} means another column than in the champion's pipeline, so the two cannot be ` +
          'scored on the same rows. Give the changed feature a new name and apply the pipeline again.',
      );
    }
  }
  return added.length === 0 ? spec : { ...spec, features: [...spec.features, ...added] };
}

/** What decides a feature's values (its embedding width and minimum count do not). */
function columnOf(feature: PipelineSpec['features'][number]): Record<string, string> {
  const column = feature.column ?? feature.name;
  return feature.kind === 'time'
    ? { kind: feature.kind, column: feature.column ?? '', part: feature.part }
    : { kind: feature.kind, column };
}
