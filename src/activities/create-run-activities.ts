/**
 * Short activities: registry reads and writes, and the words that workflows exchange through Temporal.
 * They run on the base queue, so that a training of hours never delays a rollback.
 */
import { PipelineError } from '../core/errors.js';
import type { RetrainAnswer, RetrainRequest, RollbackAnswer, RollbackRequest, RunFinished } from '../core/messages.js';
import { judgeDecision } from '../core/policy/approval.js';
import { recipeDigest } from '../core/spec/recipe.js';
import { planRun, type RunPlan } from '../core/spec/run-plan.js';
import type {
  Decision,
  DecisionAnswer,
  DecisionChannel,
  Digest,
  Instant,
  Outcome,
  Stage,
  TrainedCandidate,
  Window,
} from '../core/types.js';
import type { TrainedArtifact } from './create-train-activities.js';
import type {
  ActivityDeps,
  BlockedRecipe,
  ChampionMove,
  ModelState,
  NewTrigger,
  OpenRunRequest,
  OpenRunResult,
  RunKey,
  TriggerState,
} from './deps.js';

export interface DecisionRequest {
  readonly key: RunKey;
  readonly decision: Decision;
  readonly channel: DecisionChannel;
  readonly specDigest: Digest;
  readonly requestedBy: string;
  readonly now: Instant;
  /** What may be decided on now; null when nothing is awaited. */
  readonly awaiting: { readonly evidenceDigest: Digest; readonly expiresAt: Instant } | null;
  /** Digests of evidence of this run that no longer stands. */
  readonly earlierEvidence: readonly Digest[];
  readonly alreadyDecided: Pick<Decision, 'decision' | 'by'> | null;
}

export interface RegisterRequest {
  readonly key: RunKey;
  readonly specDigest: Digest;
  readonly trainingContentDigest: Digest;
  readonly trainingWindow: Window;
  readonly result: TrainedArtifact;
}

const NOT_AWAITED: DecisionAnswer = {
  accepted: false,
  code: 'not-awaited',
  reason: 'The run does not wait for a decision now; `perennial show` tells its stage.',
};

function blockedText(modelId: string, { recipeDigest, version, since, by, reason }: BlockedRecipe): string {
  return (
    `The recipe ${recipeDigest.slice(0, 16)} of ${modelId} is blocked: version ${version}, made by it, was rolled back at ${since} by ${by} (${reason}). ` +
    `Change the pipeline, or clear the recipe with \`perennial unblock ${modelId} --reason TEXT\`.`
  );
}

export function createRunActivities(deps: ActivityDeps) {
  const { registry, temporal } = deps;
  return {
    loadModelState: (modelId: string): Promise<ModelState> => registry.loadModelState(modelId),

    commitTriggers: async (
      triggers: readonly NewTrigger[],
    ): Promise<{ state: TriggerState; runNo: number | null }[]> => {
      const states = [];
      for (const trigger of triggers) states.push(await registry.commitTrigger(trigger));
      return states;
    },

    openRun: (request: OpenRunRequest): Promise<OpenRunResult> => registry.openRun(request),

    setTriggerState: (change: Parameters<typeof registry.setTriggerState>[0]): Promise<void> =>
      registry.setTriggerState(change),

    /**
     * A run that is open in the registry but closed in Temporal (terminated, or the process died between two writes) is
     * closed here, or the model would be blocked for ever. Temporal is asked first: a run closes its row before its
     * workflow completes, so a row that is still open after a closed workflow stays open for ever.
     */
    reconcileOpenRun: async (run: RunKey & { workflowId: string }): Promise<'running' | 'missing' | 'closed'> => {
      const state = await temporal.describeRun(run.workflowId);
      if (state === 'closed') {
        await registry.failOpenRun(run, 'The workflow ended without reporting (terminated from outside).');
      }
      return state;
    },

    planRun: async (request: { specDigest: Digest; now: Instant }): Promise<RunPlan> => {
      const spec = await registry.specByDigest(request.specDigest);
      const block = await registry.blockedRecipe(spec.model, recipeDigest(spec, deps.trainerCodeDigest()));
      const blocked = block === null ? null : blockedText(spec.model, block);
      return planRun(spec, { ...request, blocked, hasSearchAttributes: deps.hasSearchAttributes });
    },

    recordStage: (key: RunKey, stage: Stage): Promise<void> => registry.recordStage(key, stage),

    closeRun: (key: RunKey, result: { outcome: Outcome } | { failure: string }): Promise<void> =>
      registry.closeRun(key, result),

    registerCandidate: async (request: RegisterRequest): Promise<TrainedCandidate> => {
      const { artifact, attempt, trainerCodeDigest = deps.trainerCodeDigest(), ...training } = request.result;
      const spec = await registry.specByDigest(request.specDigest);
      const row = await registry.registerVersion({
        ...request.key,
        attempt,
        artifact,
        recipeDigest: recipeDigest(spec, trainerCodeDigest),
        trainingContentDigest: request.trainingContentDigest,
        trainingWindow: request.trainingWindow,
        training,
      });
      return {
        version: row.version,
        artifact: row.artifact,
        trainEpochs: training.trainEpochs,
        bestTrainEpoch: training.bestTrainEpoch,
        validationLoss: training.validationLoss,
        resumedFromTrainEpoch: training.resumedFromTrainEpoch,
        backend: String(training.environment.backend ?? 'unknown'),
      };
    },

    /** Judges by the spec's policy and records, refused decisions too. */
    recordDecision: async (request: DecisionRequest): Promise<DecisionAnswer> => {
      const spec = await registry.specByDigest(request.specDigest);
      const { awaiting } = request;
      const answer =
        awaiting === null ? NOT_AWAITED : judgeDecision({ ...request, ...awaiting, policy: spec.approval });
      return registry.recordDecision(request.key, { ...request.decision, channel: request.channel, answer });
    },

    moveChampion: (move: ChampionMove) => registry.moveChampion(move),

    /** To the named version, or to the champion before the present one; repeated, it returns what the first call did. */
    rollBackChampion: async (modelId: string, request: RollbackRequest): Promise<RollbackAnswer> => {
      const champion = await registry.champion(modelId);
      const toVersion = request.toVersion ?? (await registry.pastChampions(modelId))[0]?.version;
      // Asked after the reads: while the key is unknown, they cannot have seen what this very rollback left.
      const done = await registry.moveByKey(modelId, request.moveKey);
      if (done !== null) return done;
      if (champion === null) {
        throw new PipelineError('APPROVAL_NOT_ALLOWED', `Model ${modelId} has no champion to roll back from.`);
      }
      if (toVersion === undefined) {
        throw new PipelineError(
          'APPROVAL_NOT_ALLOWED',
          `Version ${champion.version} is the first champion of ${modelId}; there is none before it. Name a version with --to.`,
        );
      }
      return registry.moveChampion({
        modelId,
        moveKey: request.moveKey,
        kind: 'rollback',
        toVersion,
        expected: { version: champion.version, epoch: champion.epoch },
        by: request.by,
        reason: request.reason,
        evidenceDigest: null,
        runNo: null,
      });
    },

    reportRunFinished: (modelId: string, report: RunFinished): Promise<void> =>
      temporal.reportRunFinished(modelId, report),

    requestRetrain: (modelId: string, request: RetrainRequest): Promise<RetrainAnswer> =>
      temporal.requestRetrain(modelId, request),
  };
}

export type RunActivities = ReturnType<typeof createRunActivities>;
