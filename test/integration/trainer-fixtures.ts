// Jobs for the real forked trainer, and how to wait for its processes.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainerHost, TrainJob, TrainProgress } from '#dist/activities/deps.js';
import { type ColumnTable, encodeColumnTable } from '#dist/core/column-table.js';
import { createLocalStore, type LocalStore } from '#dist/storage/local-store.js';
import { createTrainerHost } from '#dist/trainer/host.js';
import { trainerSpec, xorFeatures } from '../unit/trainer-fixtures.js';

export interface Bench {
  readonly dir: string;
  readonly store: LocalStore;
  readonly host: TrainerHost;
  /** Writes the table as a column file and describes a training on it in a scratch folder of its own. */
  job(table: ColumnTable, settings?: Partial<TrainJob['trainer']>, rest?: Partial<TrainJob>): Promise<TrainJob>;
  close(): Promise<void>;
}

export async function createBench(): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-trainer-'));
  const store = createLocalStore(join(dir, 'store'));
  let jobs = 0;
  return {
    dir,
    store,
    host: createTrainerHost({ store, checkpointEveryMs: 200 }),
    job: async (table, settings = {}, rest = {}) => {
      jobs += 1;
      const workDir = join(dir, `work-${jobs}`);
      const columnsPath = join(dir, `columns-${jobs}.bin`);
      await mkdir(workDir);
      await writeFile(columnsPath, Buffer.concat(encodeColumnTable(table)));
      return {
        columnsPath,
        trainRows: Math.floor(table.rows * 0.8),
        features: xorFeatures,
        trainer: trainerSpec({ backend: 'wasm', batchSize: 256, ...settings }),
        resumeFrom: null,
        workDir,
        ...rest,
      };
    },
    close: () => rm(dir, { recursive: true, force: true }),
  };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
}

/** @returns how long it took in milliseconds; fails after `limitMs` */
export async function untilGone(pid: number, limitMs: number): Promise<number> {
  const startedAtMs = performance.now();
  while (isAlive(pid)) {
    if (performance.now() - startedAtMs > limitMs) throw new Error(`process ${pid} is still there after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - startedAtMs;
}

/** Runs a training whose progress can be waited for. */
export function startTraining(host: TrainerHost, job: TrainJob) {
  const controller = new AbortController();
  const seen: TrainProgress[] = [];
  const waiters: { when: (progress: TrainProgress) => boolean; resolve: (progress: TrainProgress) => void }[] = [];
  const done = host.train(job, {
    signal: controller.signal,
    onProgress: (progress) => {
      seen.push(progress);
      for (const waiter of waiters) if (waiter.when(progress)) waiter.resolve(progress);
    },
  });
  // Watched from the start: a failure before anybody awaits `done` is that test's failure, not the process's.
  done.catch(() => undefined);
  const until = (when: (progress: TrainProgress) => boolean): Promise<TrainProgress> =>
    Promise.race([
      new Promise<TrainProgress>((resolve) => {
        waiters.push({ when, resolve });
      }),
      done.then(() => {
        throw new Error(`the training finished before what was waited for: ${JSON.stringify(seen.at(-1))}`);
      }),
    ]);
  return { done, seen, until, abort: () => controller.abort() };
}
