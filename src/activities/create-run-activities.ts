/**
 * Short activities: registry reads and writes, and the words that workflows exchange through Temporal.
 * They run on the base queue, so that a training of hours never delays a rollback.
 */
import { Context } from '@temporalio/activity';
import type { RetrainAnswer, RetrainRequest, RunFinished } from '../core/messages.js';
import { blockedRecipeText } from '../core/policy/blocked-recipe.js';
import { recipeDigest } from '../core/spec/recipe.js';
import { planRun, type RunPlan } from '../core/spec/run-plan.js';
import type { Digest, Instant, Outcome, Stage, TrainedCandidate, Window } from '../core/types.js';
import { createBackfillActivities } from './create-backfill-activities.js';
import { createChampionActivities } from './create-champion-activities.js';
import { createDecisionActivities } from './create-decision-activities.js';
import type { TrainedArtifact } from './create-train-activities.js';
import { createTriggerActivities } from './create-trigger-activities.js';
import type { ActivityDeps, RunKey } from './deps.js';

/** What follows from the spec of a run and the trainer's code: its plan, and the recipe of what it made. */
function planActivities(deps: ActivityDeps) {
  const { registry } = deps;
  return {
    planRun: async (request: { key?: RunKey; specDigest: Digest; now: Instant }): Promise<RunPlan> => {
      const spec = await registry.specByDigest(request.specDigest);
      const block = await registry.blockedRecipe(spec.model, recipeDigest(spec, deps.trainerCodeDigest()));
      const blocked = block === null ? null : blockedRecipeText(spec.model, block);
      // Asked of the registry, not carried along: whoever starts the run again cannot forget it. Runs of builds that knew
      // no key are by policy.
      const promotion = request.key === undefined ? 'by-policy' : (await registry.run(request.key)).promotion;
      const { specDigest, now } = request;
      return planRun(spec, { specDigest, now, blocked, promotion, hasSearchAttributes: deps.hasSearchAttributes });
    },

    registerCandidate: async (request: {
      readonly key: RunKey;
      readonly specDigest: Digest;
      readonly trainingContentDigest: Digest;
      readonly trainingWindow: Window;
      readonly result: TrainedArtifact;
    }): Promise<TrainedCandidate> => {
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
  };
}

export function createRunActivities(deps: ActivityDeps) {
  const { registry, temporal } = deps;
  return {
    ...createDecisionActivities(deps),
    ...createChampionActivities(deps),
    ...createBackfillActivities(deps),
    ...planActivities(deps),
    ...createTriggerActivities(deps),

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

    recordStage: (key: RunKey, stage: Stage): Promise<void> => registry.recordStage(key, stage),

    closeRun: (key: RunKey, result: { outcome: Outcome } | { failure: string }): Promise<void> =>
      registry.closeRun(key, result),

    reportRunFinished: (modelId: string, report: RunFinished): Promise<void> =>
      temporal.reportRunFinished(modelId, report),

    // A worker that goes down must not wait for an answer that only a worker can give.
    requestRetrain: (modelId: string, request: RetrainRequest): Promise<RetrainAnswer> =>
      temporal.requestRetrain(modelId, request, Context.current().cancellationSignal),
  };
}

export type RunActivities = ReturnType<typeof createRunActivities>;
