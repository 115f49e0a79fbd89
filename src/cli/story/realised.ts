/**
 * What each policy would have been worth: the AUC, in April to June, of the version in charge under never retraining,
 * always replacing, and the gates. Scored by the real workflow on the frozen holdouts, each later than its versions.
 */
import type { PerennialClient } from '../../client.js';
import { PipelineError } from '../../core/errors.js';
import { mean } from '../../core/stats/mean.js';
import { REALISED } from './lanes.js';
import type { ToldLane } from './tell-lane.js';

export interface Realised {
  readonly never: number;
  readonly always: number;
  readonly gated: number;
}

export async function measureRealised(client: PerennialClient, told: ToldLane): Promise<Realised> {
  const { lane, decisions, firstChampion } = told;
  const rows: Realised[] = [];
  for (const month of REALISED) {
    const at = decisions.findIndex((decision) => decision.month === month);
    const now = decisions[at];
    const before = decisions[at - 1];
    const gated = now?.evaluation.championVersion ?? null;
    if (now === undefined || before === undefined || gated === null) {
      throw new PipelineError('INVARIANT_BROKEN', `${lane.modelId} has no decision before ${month}.`);
    }
    const always = before.evaluation.candidateVersion;
    const versions = [...new Set([firstChampion, always, gated])];
    const scores = await client.scoreVersions({ modelId: lane.modelId, runNo: now.runNo, versions });
    const auc = (version: number): number =>
      scores.find((score) => score.version === version)?.metrics.auc ?? Number.NaN;
    rows.push({ never: auc(firstChampion), always: auc(always), gated: auc(gated) });
  }
  return {
    never: mean(rows.map((row) => row.never)),
    always: mean(rows.map((row) => row.always)),
    gated: mean(rows.map((row) => row.gated)),
  };
}
