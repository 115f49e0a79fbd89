/** The training job inside the forked child: read, fit preprocessing, resume or start, train, write checkpoints and the artifact. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalDigest } from '../core/canonical-json.js';
import { PipelineError } from '../core/errors.js';
import type { Digest } from '../core/types.js';
import { loadBackend } from './backend.js';
import type { Channel } from './channel.js';
import { decodeCheckpoint } from './checkpoint.js';
import { readColumnFile } from './column-file.js';
import { encodeTable } from './encode.js';
import { type Environment, environmentOf } from './environment.js';
import { encodeModel } from './model-file.js';
import { networkOf } from './network.js';
import { createNetworkPass } from './network-pass.js';
import { fitPreprocessing } from './preprocessing.js';
import { createReporter } from './progress.js';
import type { FinalReply, TrainRequest } from './protocol.js';
import { freshState, positiveShareOf, runTraining, type TrainingSetup, type TrainingState } from './training.js';

interface PreparedJob {
  readonly setup: TrainingSetup;
  readonly environment: Environment;
  readonly jobKey: Digest;
}

async function prepare(request: TrainRequest): Promise<PreparedJob> {
  const { trainer, features, trainRows } = request;
  const backend = await loadBackend(trainer);
  const { table, digest } = await readColumnFile(request.columnsPath, trainer.limits);
  positiveShareOf(table.label, trainRows);
  const fitted = fitPreprocessing(table, trainRows, features);
  const network = networkOf(fitted, trainer.hidden);
  const environment = environmentOf(backend, trainer.seed);
  const { limits: _, ...settings } = trainer;
  const setup: TrainingSetup = {
    table: encodeTable(table, fitted),
    labels: table.label,
    trainRows,
    fitted,
    network,
    pass: createNetworkPass(backend, network),
    settings,
  };
  return {
    setup,
    environment,
    jobKey: canonicalDigest({ columns: digest, trainRows, features, settings, environment }),
  };
}

/** The state to go on from. A checkpoint that does not fit is no error: training starts afresh, and says why. */
async function resumedState(
  request: TrainRequest,
  job: PreparedJob,
): Promise<{ state: TrainingState | null; discarded: string | null }> {
  if (request.resumeFrom === null) return { state: null, discarded: null };
  const { path, digest } = request.resumeFrom;
  try {
    const bytes = await readFile(path);
    const state = decodeCheckpoint(bytes, { digest, jobKey: job.jobKey, parameters: job.setup.network.parameters });
    const misfit = `The checkpoint ${digest} belongs to another job: other data, settings, code or machine.`;
    return { state, discarded: state === null ? misfit : null };
  } catch (error) {
    return { state: null, discarded: `The checkpoint ${digest} cannot be used: ${String(error)}` };
  }
}

/** @throws whatever the steps throw; see TrainerHost.train */
export async function runTrainJob(request: TrainRequest, channel: Channel): Promise<FinalReply> {
  const job = await prepare(request);
  const { state: resumed, discarded } = await resumedState(request, job);
  const state = resumed ?? freshState(job.setup);
  const resumedFromTrainEpoch = resumed === null ? 0 : resumed.trainEpoch + 1;
  await channel.yieldToLoop();
  if (channel.isStopRequested()) return { type: 'stopped' };
  const isDone = await runTraining(job.setup, state, createReporter({ request, ...job, channel, discarded }));
  if (!isDone) return { type: 'stopped' };
  const { best } = state;
  if (best === null) throw new PipelineError('INVARIANT_BROKEN', 'Training finished without a validated train epoch.');
  const artifactPath = join(request.workDir, `artifact-${process.pid}.bin`);
  await writeFile(
    artifactPath,
    encodeModel({ fitted: job.setup.fitted, hidden: request.trainer.hidden, parameters: best.parameters }),
  );
  return {
    type: 'trained',
    artifactPath,
    trainEpochs: state.trainEpoch,
    bestTrainEpoch: best.trainEpoch,
    validationLoss: best.validationLoss,
    resumedFromTrainEpoch,
    discarded,
    environment: job.environment,
  };
}
