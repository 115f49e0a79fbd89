/** Which column of the source a feature reads. */
import type { PipelineSpec, SpecFeature } from './schema.js';

/** A time feature reads the event time by default. */
export function sourceColumn(
  { eventAt }: Pick<PipelineSpec['source']['columns'], 'eventAt'>,
  feature: SpecFeature,
): string {
  return feature.column ?? (feature.kind === 'time' ? eventAt : feature.name);
}
