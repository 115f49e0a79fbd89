/**
 * `trainCandidate`: forks the trainer through its host, relays progress as heartbeats, resumes from the last checkpoint
 * that was heartbeated. Alone on its queue.
 */

import { join } from 'node:path';
import { ApplicationFailure, activityInfo, Context } from '@temporalio/activity';
import { PipelineError } from '../core/errors.js';
import type { ArtifactRef, Digest, Instant, SnapshotRef } from '../core/types.js';
import type { ActivityDeps, RunKey, TrainProgress, TrainResult } from './deps.js';
import { withScratch } from './scratch.js';

export interface TrainRequest {
  readonly key: RunKey;
  readonly specDigest: Digest;
  readonly training: SnapshotRef;
  readonly validationStart: Instant;
}

/** The attempt is the fencing token of what is registered. */
export type TrainedArtifact = TrainResult & {
  readonly attempt: number;
  /** Of the worker that trained, whoever registers. Absent in histories older than the field. */
  readonly trainerCodeDigest?: Digest;
};

/** What a heartbeat carries from one attempt to the next. */
interface Carried {
  readonly checkpoint: ArtifactRef | null;
  readonly trainEpoch: number;
  /** Crashes since the last checkpoint that was new. */
  readonly crashes: number;
  readonly pid: number | null;
  /** Why an earlier or this attempt could not use a checkpoint. Absent while none was lost. */
  readonly discarded?: string;
}

/** A trainer that crashes this often without a new checkpoint will not get further by another try. */
const MAX_CRASHES = 3;
const NOTHING: Carried = { checkpoint: null, trainEpoch: 0, crashes: 0, pid: null };

export function createTrainActivities(deps: ActivityDeps) {
  return {
    trainCandidate: async (request: TrainRequest): Promise<TrainedArtifact> => {
      const context = Context.current();
      let carried: Carried = (activityInfo().heartbeatDetails as Carried | undefined) ?? NOTHING;
      const beat = (change: Partial<Carried>): void => {
        carried = { ...carried, ...change };
        context.heartbeat(carried);
      };
      // Preparing columns takes seconds and gives no progress of its own, so the heart beats by a timer meanwhile.
      const timer = setInterval(() => context.heartbeat(carried), 2_000);
      try {
        const result = await withScratch(deps.scratchDir, (dir) =>
          train(deps, request, { dir, carried, beat, context }),
        );
        const discarded = result.discardedCheckpoint ?? carried.discarded;
        const lost = discarded === undefined ? {} : { discardedCheckpoint: discarded };
        return { ...result, ...lost, attempt: activityInfo().attempt, trainerCodeDigest: deps.trainerCodeDigest() };
      } catch (error) {
        if (!(error instanceof PipelineError) || error.code !== 'TRAINER_CRASHED') throw error;
        beat({ crashes: carried.crashes + 1 });
        if (carried.crashes < MAX_CRASHES) throw error;
        throw ApplicationFailure.nonRetryable(
          `The trainer crashed ${carried.crashes} times without getting further: ${error.message}`,
          'TRAINER_CRASHED',
        );
      } finally {
        clearInterval(timer);
      }
    },
  };
}

async function train(
  deps: ActivityDeps,
  request: TrainRequest,
  attempt: { dir: string; carried: Carried; beat: (change: Partial<Carried>) => void; context: Context },
): Promise<TrainResult> {
  const spec = await deps.registry.specByDigest(request.specDigest);
  const signal = attempt.context.cancellationSignal;
  const columns = await deps.dataset.toColumns(
    spec,
    { snapshot: request.training, path: join(attempt.dir, 'training.columns'), boundaryAt: request.validationStart },
    { signal },
  );
  if (columns.rowsBefore === 0 || columns.rowsBefore === columns.rows) {
    throw new PipelineError(
      'DATA_WINDOW_EMPTY',
      `The training window of ${request.key.modelId} has ${columns.rowsBefore} rows before its validation tail ` +
        `(from ${request.validationStart}) and ${columns.rows - columns.rowsBefore} in it; both must have some.`,
    );
  }
  let newest = attempt.carried.checkpoint?.digest ?? null;
  let isDiscardTold = false;
  const onProgress = (progress: TrainProgress): void => {
    const isNew = progress.checkpoint !== null && progress.checkpoint.digest !== newest;
    newest = progress.checkpoint?.digest ?? newest;
    if (progress.discarded !== undefined && !isDiscardTold) {
      isDiscardTold = true;
      attempt.context.log.warn(`Training starts afresh: ${progress.discarded}`, { ...request.key });
      attempt.beat({ discarded: progress.discarded });
    }
    attempt.beat({
      pid: progress.pid,
      trainEpoch: progress.trainEpoch,
      ...(isNew ? { checkpoint: progress.checkpoint, crashes: 0 } : {}),
    });
  };
  return deps.trainer.train(
    {
      columnsPath: columns.path,
      trainRows: columns.rowsBefore,
      features: spec.features,
      trainer: spec.trainer,
      resumeFrom: attempt.carried.checkpoint,
      workDir: attempt.dir,
    },
    { signal, onProgress },
  );
}

export type TrainActivities = ReturnType<typeof createTrainActivities>;
