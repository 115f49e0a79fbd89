/**
 * The parent's side of the trainer: turns jobs into forked children, takes their checkpoints and artifacts into the store,
 * and reports a checkpoint's digest only when it is stored and synced.
 */
import { readFile, rm } from 'node:fs/promises';
import type { ArtifactStore, TrainerHost, TrainJob, TrainProgress, TrainResult } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import { durationMs } from '../core/spec/duration.js';
import type { ArtifactRef, Digest } from '../core/types.js';
import { createCheckpointShelf } from './checkpoint-shelf.js';
import { type ChildLimits, runTrainerChild } from './child-process.js';
import type { PredictRequest, TrainRequest } from './protocol.js';

export interface TrainerHostOptions {
  /** With `remove`, superseded checkpoints are deleted two minutes after a newer one is stored. */
  readonly store: ArtifactStore & { remove?(digest: Digest): Promise<void> };
  /** From a stop to SIGKILL; default 4 s. */
  readonly graceMs?: number;
  /** Longest time between two checkpoints within a train epoch; default 10 s. */
  readonly checkpointEveryMs?: number;
}

const DEFAULT_GRACE_MS = 4000;
const DEFAULT_CHECKPOINT_EVERY_MS = 10_000;

/** The checkpoint's verified path; none when it is gone or damaged, which costs time but no correctness. */
async function resumePath(
  store: ArtifactStore,
  ref: ArtifactRef | null,
): Promise<{ resumeFrom: TrainRequest['resumeFrom']; lost: string | null }> {
  if (ref === null) return { resumeFrom: null, lost: null };
  try {
    return { resumeFrom: { path: await store.verifiedPath(ref), digest: ref.digest }, lost: null };
  } catch (error) {
    const isGone =
      error instanceof PipelineError &&
      (error.code === 'ARTIFACT_MISSING' || error.code === 'ARTIFACT_DIGEST_MISMATCH');
    if (isGone) return { resumeFrom: null, lost: `The checkpoint ${ref.digest} cannot be used: ${error.message}` };
    throw error;
  }
}

async function readScores(path: string, rows: number): Promise<Float32Array> {
  const bytes = await readFile(path);
  await rm(path);
  if (bytes.length !== rows * 4) {
    throw new PipelineError('INVARIANT_BROKEN', `The trainer wrote ${bytes.length} bytes of scores for ${rows} rows.`);
  }
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

interface HostSettings {
  readonly store: TrainerHostOptions['store'];
  readonly graceMs: number;
  readonly checkpointEveryMs: number;
}

const limitsOf = (
  { threads, limits }: Pick<TrainJob['trainer'], 'threads' | 'limits'>,
  graceMs: number,
): ChildLimits => ({ threads, timeoutMs: durationMs(limits.timeout), memoryMb: limits.memoryMb, graceMs });

const train = async (
  settings: HostSettings,
  ...[job, options]: Parameters<TrainerHost['train']>
): Promise<TrainResult> => {
  const { store } = settings;
  const { resumeFrom: _, ...rest } = job;
  const { resumeFrom, lost } = await resumePath(store, job.resumeFrom);
  const storeFailed = new AbortController();
  let newest: TrainProgress | null = null;
  const shelf = createCheckpointShelf(store, {
    onStored: (checkpoint) => {
      if (newest !== null) options.onProgress({ ...newest, checkpoint });
    },
    // Training on without checkpoints would waste hours before the same failure at the end.
    onFailed: () => storeFailed.abort(),
  });
  const request: TrainRequest = {
    ...rest,
    type: 'train',
    features: [...job.features],
    resumeFrom,
    checkpointEveryMs: settings.checkpointEveryMs,
  };
  const childDone = runTrainerChild(request, {
    limits: limitsOf(job.trainer, settings.graceMs),
    signal: AbortSignal.any([options.signal, storeFailed.signal]),
    onProgress: (pid, reply) => {
      const checkpoint = shelf.newest() ?? (resumeFrom === null ? null : job.resumeFrom);
      const discarded = lost ?? reply.discarded;
      newest = { pid, ...reply.progress, checkpoint, ...(discarded === null ? {} : { discarded }) };
      options.onProgress(newest);
      if (reply.checkpointPath !== null) shelf.add(reply.checkpointPath);
    },
  });
  // The last checkpoint is stored and reported before the caller hears how the child ended.
  const reply = await childDone.finally(() => shelf.settled());
  if (reply.type !== 'trained') {
    throw new PipelineError('INVARIANT_BROKEN', `The trainer answered a training with "${reply.type}".`);
  }
  const { type: __, artifactPath, discarded: unfit, ...result } = reply;
  const discarded = lost ?? unfit;
  const artifact = await store.putFile(artifactPath);
  await shelf.tidy();
  return { ...result, artifact, ...(discarded === null ? {} : { discardedCheckpoint: discarded }) };
};

const predict = async (
  { store, graceMs }: HostSettings,
  ...[job, options]: Parameters<TrainerHost['predict']>
): ReturnType<TrainerHost['predict']> => {
  const artifacts: { path: string; digest: Digest }[] = [];
  for (const ref of job.artifacts) artifacts.push({ path: await store.verifiedPath(ref), digest: ref.digest });
  const request: PredictRequest = {
    type: 'predict',
    columnsPath: job.columnsPath,
    artifacts,
    workDir: job.workDir,
    backend: job.trainer.backend,
    threads: job.trainer.threads,
    memoryMb: job.trainer.limits.memoryMb,
    rows: job.rows ?? null,
  };
  const limits = limitsOf(job.trainer, graceMs);
  const reply = await runTrainerChild(request, { limits, signal: options.signal, onProgress: () => undefined });
  if (reply.type !== 'predicted') {
    throw new PipelineError('INVARIANT_BROKEN', `The trainer answered a scoring with "${reply.type}".`);
  }
  const scores: Float32Array[] = [];
  for (const path of reply.scorePaths) scores.push(await readScores(path, reply.rows));
  return { scores, latencyMs: reply.latencyMs, peakMemoryMb: reply.peakMemoryMb };
};

export function createTrainerHost(options: TrainerHostOptions): TrainerHost {
  const settings: HostSettings = {
    store: options.store,
    graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
    checkpointEveryMs: options.checkpointEveryMs ?? DEFAULT_CHECKPOINT_EVERY_MS,
  };
  return {
    train: (job, trainOptions) => train(settings, job, trainOptions),
    predict: (job, predictOptions) => predict(settings, job, predictOptions),
  };
}
