/**
 * perennial's typed API: what the CLI and programs call to apply pipelines, ask for retrains, decide, roll back and read.
 * Outside activities the only caller of registry writes: specs, decisions on closed runs, cleared recipes.
 */
import { randomUUID } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { ScoreRequest, VersionScore } from './activities/create-evaluation-activities.js';
import type { BlockedRecipe, ChampionRow, RunKey } from './activities/deps.js';
import { coordinatorCalls } from './client/coordinator-calls.js';
import { type DecideRequest, decide } from './client/decide.js';
import { labelUpdates } from './client/run-updates.js';
import { type ScheduleAgreement, type ScheduleFacts, scheduleCalls } from './client/schedules.js';
import { liveStatus, type RunDetail, type RunItem, showRun, withWorkflow } from './client/show-run.js';
import { PipelineError } from './core/errors.js';
import type {
  Answer,
  LabelsArrived,
  QuestionAnswer,
  RetrainAnswer,
  RollbackAnswer,
  RunStatus,
} from './core/messages.js';
import { DEFAULT_QUEUE } from './core/queues.js';
import { diffSpecs, type SpecChange } from './core/spec/diff.js';
import { canonicalSpecText, specDigest } from './core/spec/digest.js';
import { parseSpec } from './core/spec/parse-spec.js';
import type { PipelineSpec } from './core/spec/schema.js';
import { resolveSourcePaths } from './core/spec/source-paths.js';
import type { Cause, DecisionAnswer, Digest, Instant, RunClock } from './core/types.js';
import { champion, championAt } from './registry/aliases.js';
import { recordDecision } from './registry/approvals.js';
import type { AuditCheckpoint } from './registry/audit-checkpoint.js';
import { type ModelVerification, verifyAudit } from './registry/audit-verify.js';
import { blockedRecipes, closeIncidents } from './registry/incidents.js';
import { createPool } from './registry/pool.js';
import { type AliasMoveRow, championHistory, listModels, type ModelRow } from './registry/reads.js';
import { listSnapshots } from './registry/run-facts.js';
import { listRuns, run } from './registry/runs.js';
import { applySpec, currentSpec, specByDigest } from './registry/specs.js';

export interface ClientSettings {
  readonly databaseUrl: string;
  readonly temporal: {
    readonly address: string | undefined;
    readonly namespace: string;
    readonly connectionOptions?: Parameters<typeof Connection.connect>[0];
  };
  /** Base name of the task queues. */
  readonly queue?: string;
}

export interface ApplyResult {
  readonly modelId: string;
  readonly digest: Digest;
  /** False: this very spec is the model's current one already. */
  readonly isNew: boolean;
  readonly changes: readonly SpecChange[];
  /** Of the model's Schedule with this spec; applying alone changes no Schedule. */
  readonly schedule: ScheduleAgreement;
}

interface RetrainOptions {
  readonly modelId: string;
  readonly cause?: Cause;
  readonly by: string;
  readonly reason: string;
  /** Wall by default. */
  readonly clock?: RunClock;
  /** Asking twice with one id starts one run; a new one by default. */
  readonly triggerId?: string;
}

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

export interface PerennialClient {
  /** `file` is named in messages, and its folder is where relative source paths start. */
  applySpec(request: { text: string; file: string; by: string }): Promise<ApplyResult>;
  currentSpec(modelId: string): Promise<PipelineSpec>;
  requestRetrain(request: RetrainOptions): Promise<RetrainAnswer>;
  /** By Signal the answer comes later, as a row of the run's decisions: null. */
  decide(request: Omit<DecideRequest, 'eventId' | 'via'> & Partial<DecideRequest>): Promise<DecisionAnswer | null>;
  labelsArrived(request: { modelId: string } & LabelsArrived): Promise<void>;
  rollback(request: {
    modelId: string;
    to?: number;
    by: string;
    reason: string;
    moveKey?: string;
  }): Promise<RollbackAnswer>;
  /** Clears every recipe of the model that a rollback blocked, and closes its incident. @returns what was cleared */
  unblock(request: { modelId: string; by: string; reason: string }): Promise<readonly BlockedRecipe[]>;
  /** To a run that asks what to do without the missing labels. */
  answerQuestion(request: RunKey & Omit<QuestionAnswer, 'eventId'>): Promise<Answer>;
  /** Of the wait for labels. */
  extendDeadline(request: RunKey & { until: Instant; by: string; reason: string }): Promise<Answer>;
  /** Live, from the workflow; null when none runs. */
  status(key: RunKey): Promise<RunStatus | null>;
  listRuns(request: { modelId?: string; limit: number; isOpenOnly?: boolean }): Promise<readonly RunItem[]>;
  showRun(key: RunKey): Promise<RunDetail>;
  champion(request: { modelId: string; at?: Instant }): Promise<ChampionView>;
  /** By name. */
  listModels(): Promise<readonly ModelRow[]>;
  /** Realised quality of versions on the frozen holdout of a run, which is later than their own. */
  scoreVersions(request: RunKey & { versions: readonly number[] }): Promise<VersionScore[]>;
  verify(request: { modelId?: string; checkpoint?: AuditCheckpoint }): Promise<readonly ModelVerification[]>;
  setSchedule(request: { modelId: string; clock?: RunClock }): Promise<ScheduleFacts>;
  pauseSchedule(modelId: string): Promise<ScheduleFacts>;
  resumeSchedule(modelId: string): Promise<ScheduleFacts>;
  deleteSchedule(modelId: string): Promise<void>;
  /** Fires the Schedule now. */
  triggerSchedule(modelId: string): Promise<void>;
  close(): Promise<void>;
}

async function connect(temporal: ClientSettings['temporal']): Promise<Connection> {
  const address = temporal.address === undefined ? {} : { address: temporal.address };
  try {
    return await Connection.connect({ ...temporal.connectionOptions, ...address, connectTimeout: '5s' });
  } catch (cause) {
    throw new PipelineError(
      'SERVER_UNREACHABLE',
      `Temporal at ${temporal.address ?? 'its default address'} does not answer. Start the platform with \`npx perennial up\`, or check TEMPORAL_ADDRESS.`,
      { cause },
    );
  }
}

/** @throws SERVER_UNREACHABLE, REGISTRY_UNAVAILABLE */
export async function connectClient(settings: ClientSettings): Promise<PerennialClient> {
  const connection = await connect(settings.temporal);
  const client = new Client({ connection, namespace: settings.temporal.namespace });
  const pool = createPool(settings.databaseUrl, { maxConnections: 4 });
  const queue = settings.queue ?? DEFAULT_QUEUE;
  const coordinator = coordinatorCalls(client, queue);
  const schedules = scheduleCalls(client, queue);
  const updates = labelUpdates(client, (key) => run(pool, key));
  const specOf = async (modelId: string): Promise<PipelineSpec> => {
    const current = await currentSpec(pool, modelId);
    if (current === null) {
      throw new PipelineError(
        'MODEL_UNKNOWN',
        `No pipeline was applied for model ${modelId}: \`perennial apply FILE\`.`,
      );
    }
    return specByDigest(pool, current.specDigest);
  };
  return {
    applySpec: async ({ text, file, by }) => {
      const spec = resolveSourcePaths(parseSpec(text, file), dirname(resolve(file)));
      const digest = specDigest(spec);
      const applied = await applySpec(pool, { spec, digest, canonicalText: canonicalSpecText(spec), by });
      const before = applied.previousDigest === null ? null : await specByDigest(pool, applied.previousDigest);
      await coordinator.ensure(spec.model);
      const changes = diffSpecs(before, spec);
      return { modelId: spec.model, digest, isNew: applied.isNew, changes, schedule: await schedules.agreement(spec) };
    },
    currentSpec: specOf,
    requestRetrain: async ({ modelId, cause, by, reason, clock, triggerId }) => {
      await specOf(modelId);
      return coordinator.requestRetrain(modelId, {
        triggerId: triggerId ?? `manual/${randomUUID()}`,
        cause: cause ?? 'manual',
        requestedBy: by,
        reason,
        clock: clock ?? { mode: 'wall' },
      });
    },
    decide: (request) =>
      decide(
        client,
        { run: (key) => run(pool, key), recordDecision: (key, row) => recordDecision(pool, key, row) },
        { ...request, eventId: request.eventId ?? randomUUID(), via: request.via ?? 'update' },
      ),
    labelsArrived: async ({ modelId, ...event }) => {
      await specOf(modelId);
      await coordinator.sendLabels(modelId, event);
    },
    rollback: async ({ modelId, to, by, reason, moveKey }) => {
      await specOf(modelId);
      const key = moveKey ?? `rollback/${randomUUID()}`;
      return coordinator.rollBack(modelId, { moveKey: key, toVersion: to ?? null, by, reason });
    },
    unblock: (request) => closeIncidents(pool, request),
    answerQuestion: ({ modelId, runNo, ...answer }) =>
      updates.answerQuestion({ modelId, runNo }, { eventId: randomUUID(), ...answer }),
    extendDeadline: ({ modelId, runNo, ...extension }) =>
      updates.extendDeadline({ modelId, runNo }, { eventId: randomUUID(), ...extension }),
    status: (key) => liveStatus(client, key),
    listRuns: async (request) => {
      const rows = await listRuns(pool, request);
      return Promise.all(rows.map((row) => withWorkflow(client, row)));
    },
    showRun: (key) => showRun({ client, pool }, key),
    champion: async ({ modelId, at }) => {
      await specOf(modelId);
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
      const { specDigest: digest } = await run(pool, { modelId, runNo });
      const snapshot = (await listSnapshots(pool, { modelId, runNo })).find((one) => one.kind === 'holdout');
      if (snapshot === undefined) {
        throw new PipelineError('RUN_UNKNOWN', `Run ${modelId}/${runNo} has frozen no holdout to score on.`);
      }
      return client.workflow.execute<(request: ScoreRequest) => Promise<VersionScore[]>>('scoreVersionsWorkflow', {
        workflowId: `score/${modelId}/${runNo}/${versions.join('-')}`,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        taskQueue: queue,
        args: [{ modelId, specDigest: digest, versions, snapshot }],
        staticSummary: `Score versions ${versions.join(', ')} of ${modelId} on the holdout of run ${runNo}`.slice(
          0,
          200,
        ),
      });
    },
    verify: (request) => verifyAudit(pool, request),
    setSchedule: async ({ modelId, clock }) => {
      await schedules.set(await specOf(modelId), clock ?? { mode: 'wall' });
      return schedules.describe(modelId);
    },
    pauseSchedule: async (modelId) => {
      await schedules.pause(modelId, 'paused through perennial');
      return schedules.describe(modelId);
    },
    resumeSchedule: async (modelId) => {
      await schedules.resume(modelId, 'resumed through perennial');
      return schedules.describe(modelId);
    },
    deleteSchedule: (modelId) => schedules.remove(modelId),
    triggerSchedule: (modelId) => schedules.trigger(modelId),
    close: async () => {
      await pool.end();
      await connection.close();
    },
  };
}
