/**
 * What a training tells its parent, and when: progress at most four times a second, checkpoints after each train epoch, after
 * `checkpointEveryMs` within one, and at a stop. The clock decides only when to speak, never what is computed.
 */
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Digest } from '../core/types.js';
import type { Channel } from './channel.js';
import { encodeCheckpoint } from './checkpoint.js';
import type { TrainRequest } from './protocol.js';
import {
  batchesOf,
  type TrainEpochLosses,
  type TrainingHooks,
  type TrainingSetup,
  type TrainingState,
} from './training.js';

const PROGRESS_EVERY_MS = 250;

interface ReporterOptions {
  readonly request: Pick<TrainRequest, 'workDir' | 'checkpointEveryMs'>;
  readonly setup: TrainingSetup;
  readonly jobKey: Digest;
  readonly channel: Channel;
  /** Why the checkpoint to resume from could not be used. */
  readonly discarded: string | null;
}

class Reporter implements TrainingHooks {
  readonly #options: ReporterOptions;
  #files = 0;
  #reportedAtMs = Date.now();
  #checkpointAtMs = Date.now();
  #rowsSinceReport = 0;
  #lossRowsSeen = 0;
  #rowsPerSec: number | null = null;
  #losses: TrainEpochLosses | null = null;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  readonly goOn = async (state: TrainingState): Promise<boolean> => {
    const { channel, request } = this.#options;
    this.#rowsSinceReport += Math.max(0, state.lossRows - this.#lossRowsSeen);
    this.#lossRowsSeen = state.lossRows;
    await channel.yieldToLoop();
    if (channel.isStopRequested()) {
      await this.#report(state, true);
      return false;
    }
    const now = Date.now();
    const isDue = now - this.#checkpointAtMs >= request.checkpointEveryMs;
    if (isDue || now - this.#reportedAtMs >= PROGRESS_EVERY_MS) await this.#report(state, isDue);
    return true;
  };

  readonly afterTrainEpoch = async (state: TrainingState, losses: TrainEpochLosses): Promise<void> => {
    this.#losses = losses;
    this.#lossRowsSeen = 0;
    await this.#report(state, true);
  };

  async #writeCheckpoint(state: TrainingState): Promise<string> {
    this.#files += 1;
    this.#checkpointAtMs = Date.now();
    const { jobKey, request } = this.#options;
    const owner = `${basename(request.workDir)}-${process.pid}`;
    const path = join(request.workDir, `checkpoint-${process.pid}-${this.#files}.bin`);
    await writeFile(path, encodeCheckpoint(state, { jobKey, owner }));
    return path;
  }

  async #report(state: TrainingState, withCheckpoint: boolean): Promise<void> {
    const { channel, setup } = this.#options;
    const batches = batchesOf(setup);
    const now = Date.now();
    if (this.#rowsSinceReport > 0 && now > this.#reportedAtMs) {
      this.#rowsPerSec = (this.#rowsSinceReport * 1000) / (now - this.#reportedAtMs);
    }
    this.#reportedAtMs = now;
    this.#rowsSinceReport = 0;
    // Between two train epochs the finished one is named, with all its batches.
    const isBetween = state.batch === 0 && state.trainEpoch > 0;
    await channel.send({
      type: 'progress',
      checkpointPath: withCheckpoint ? await this.#writeCheckpoint(state) : null,
      discarded: this.#options.discarded,
      memoryMb: process.memoryUsage.rss() / 1024 / 1024,
      progress: {
        trainEpoch: isBetween ? state.trainEpoch : state.trainEpoch + 1,
        batch: isBetween ? batches : state.batch,
        batches,
        trainLoss:
          isBetween || state.lossRows === 0 ? (this.#losses?.trainLoss ?? null) : state.lossSum / state.lossRows,
        validationLoss: this.#losses?.validationLoss ?? null,
        bestTrainEpoch: state.best?.trainEpoch ?? null,
        rowsPerSec: this.#rowsPerSec,
      },
    });
  }
}

export const createReporter = (options: ReporterOptions): TrainingHooks => new Reporter(options);
