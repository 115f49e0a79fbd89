/**
 * Realised quality of versions on the frozen rows of a later window: reads, scores, returns. It decides nothing and moves
 * nothing; comparisons over time (never retrain, always replace) are made from it.
 */
import type { ScoreRequest, VersionScore } from '../activities/create-evaluation-activities.js';
import { dataActivities } from './activity-proxies.js';

export async function scoreVersionsWorkflow(request: ScoreRequest): Promise<VersionScore[]> {
  return dataActivities().scoreVersions.executeWithOptions({ summary: `versions ${request.versions.join(', ')}` }, [
    request,
  ]);
}
