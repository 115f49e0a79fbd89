/** Counts in the source how many labels are new to the champion: what a notice of labels is judged by. */
import type { Instant } from '../core/types.js';
import type { ActivityDeps } from './deps.js';

export interface CountRequest {
  readonly modelId: string;
  /** The notice. */
  readonly triggerId: string;
  /** Labels are in the source through this instant. */
  readonly through: Instant;
  /** End of what the champion was trained on. */
  readonly since: Instant;
}

export function createLabelCountActivities({ registry, dataset }: ActivityDeps) {
  return {
    countNewLabels: async ({ modelId, triggerId, through, since }: CountRequest): Promise<{ labels: number }> => {
      const { specDigest } = await registry.loadModelState(modelId);
      const spec = await registry.specByDigest(specDigest);
      const isEmpty = Date.parse(through) <= Date.parse(since);
      const { labelled } = isEmpty
        ? { labelled: 0 }
        : await dataset.coverage(spec, {
            window: { start: since, end: through },
            inputsAsOf: through,
            asOf: through,
            excluding: spec.window.excluding,
          });
      await registry.recordLabelCount(modelId, { triggerId, since, labels: labelled });
      return { labels: labelled };
    },
  };
}
