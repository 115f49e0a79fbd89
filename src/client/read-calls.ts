/** What programs and the command line read: rows of the registry, and the live state where a workflow still runs. */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type { ScoreRequest, VersionScore } from '../activities/create-evaluation-activities.js';
import type { BlockedRecipe, ChampionRow, RunKey, TriggerState } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import type { RunStatus } from '../core/messages.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Instant, OutcomeKind } from '../core/types.js';
import { champion, championAt } from '../registry/aliases.js';
import type { AuditCheckpoint } from '../registry/audit.js';
import { type ModelVerification, verifyAudit } from '../registry/audit-verify.js';
import { blockedRecipes } from '../registry/incidents.js';
import { type LedgerRow, listTriggers } from '../registry/list-triggers.js';
import { type AliasMoveRow, championHistory, listModels, type ModelRow } from '../registry/reads.js';
import { listSnapshots } from '../registry/run-facts.js';
import { listRuns, outcomesOf, run } from '../registry/runs.js';
import { currentSpec, specByDigest } from '../registry/specs.js';
import { liveStatus, type RunDetail, type RunItem, showRun, withQuestion } from './show-run.js';

export interface ChampionView {
  readonly modelId: string;
  /** The instant asked about; null is now. */
  readonly at: Instant | null;
  readonly champion: ChampionRow | null;
  /** Newest first. */
  readonly history: readonly AliasMoveRow[];
  /** Recipes that rollbacks blocked and nobody has cleared, newest first. */
  readonly blocked: readonly BlockedRecipe[];
}

interface TriggersRequest {
  readonly modelId: string;
  readonly limit: number;
  /** Only older ones than this number. */
  readonly before?: number;
  readonly state?: TriggerState;
}

export interface TriggerItem extends LedgerRow {
  /** Of the run that it belongs to: null for none, and while it is open. */
  readonly outcome: OutcomeKind | 'failed' | null;
}

export interface ReadCalls {
  currentSpec(modelId: string): Promise<PipelineSpec>;
  /** Live, from the workflow; null when none runs. */
  status(key: RunKey): Promise<RunStatus | null>;
  listRuns(request: { modelId?: string; limit: number; isOpenOnly?: boolean }): Promise<readonly RunItem[]>;
  showRun(key: RunKey): Promise<RunDetail>;
  /** Newest first, with the outcome of the run that each belongs to. */
  listTriggers(request: TriggersRequest): Promise<readonly TriggerItem[]>;
  champion(request: { modelId: string; at?: Instant }): Promise<ChampionView>;
  /** By name. */
  listModels(): Promise<readonly ModelRow[]>;
  /** Realised quality of versions on the frozen holdout of a run, which is later than their own. */
  scoreVersions(request: RunKey & { versions: readonly number[] }): Promise<VersionScore[]>;
  verify(request: { modelId?: string; checkpoint?: AuditCheckpoint }): Promise<readonly ModelVerification[]>;
}

/** @throws MODEL_UNKNOWN for a model without a pipeline */
export async function specOfModel(pool: Pool, modelId: string): Promise<PipelineSpec> {
  const current = await currentSpec(pool, modelId);
  if (current === null) {
    throw new PipelineError('MODEL_UNKNOWN', `No pipeline was applied for model ${modelId}: \`perennial apply FILE\`.`);
  }
  return specByDigest(pool, current.specDigest);
}

async function triggersWithOutcomes(pool: Pool, request: TriggersRequest): Promise<TriggerItem[]> {
  const rows = await listTriggers(pool, request);
  const outcomes = await outcomesOf(pool, request.modelId, rows);
  return rows.map((row) => ({ ...row, outcome: row.runNo === null ? null : (outcomes.get(row.runNo) ?? null) }));
}

type Scoring = (request: ScoreRequest) => Promise<VersionScore[]>;

export function readCalls(client: Client, pool: Pool, queue: string): ReadCalls {
  return {
    currentSpec: (modelId) => specOfModel(pool, modelId),
    status: (key) => liveStatus(client, key),
    listRuns: async (request) => {
      if (request.modelId !== undefined) await specOfModel(pool, request.modelId);
      const rows = await listRuns(pool, request);
      return Promise.all(rows.map((row) => withQuestion(client, row)));
    },
    showRun: (key) => showRun({ client, pool }, key),
    listTriggers: async (request) => {
      await specOfModel(pool, request.modelId);
      return triggersWithOutcomes(pool, request);
    },
    champion: async ({ modelId, at }) => {
      await specOfModel(pool, modelId);
      return {
        modelId,
        at: at ?? null,
        champion: await (at === undefined ? champion(pool, modelId) : championAt(pool, modelId, at)),
        history: await championHistory(pool, modelId),
        blocked: await blockedRecipes(pool, modelId),
      };
    },
    listModels: () => listModels(pool),
    scoreVersions: async ({ modelId, runNo, versions }) => {
      const { specDigest } = await run(pool, { modelId, runNo });
      const snapshot = (await listSnapshots(pool, { modelId, runNo })).find((one) => one.kind === 'holdout');
      if (snapshot === undefined) {
        throw new PipelineError('RUN_UNKNOWN', `Run ${modelId}/${runNo} has frozen no holdout to score on.`);
      }
      const summary = `Score versions ${versions.join(', ')} of ${modelId} on the holdout of run ${runNo}`;
      return client.workflow.execute<Scoring>('scoreVersionsWorkflow', {
        workflowId: `score/${modelId}/${runNo}/${versions.join('-')}`,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        taskQueue: queue,
        args: [{ modelId, specDigest, versions, snapshot }],
        staticSummary: summary.slice(0, 200),
      });
    },
    verify: (request) => verifyAudit(pool, request),
  };
}
