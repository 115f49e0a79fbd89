/**
 * Runs the monitor's statistics in a worker thread: ten thousand deals of days take longer than a worker's event loop may
 * pause. Column files are read in the thread, so that no big buffer is copied.
 */
import { Worker } from 'node:worker_threads';
import { PipelineError } from '../core/errors.js';
import type { MonitorBaseline, MonitoredFeature } from '../core/monitor/baseline.js';
import type { MonitorPoint } from '../core/monitor/monitor-point.js';
import type { PeriodInput } from '../core/monitor/period-input.js';
import type { Digest, Window } from '../core/types.js';

interface SnapshotColumns {
  readonly columnsPath: string;
  readonly contentDigest: Digest;
  readonly window: Window;
  /** Of the snapshot; the file may hold a sample of them. */
  readonly rows: number;
}

interface BaselineJob {
  readonly kind: 'baseline';
  readonly training: SnapshotColumns;
  readonly holdout: SnapshotColumns;
  readonly features: readonly MonitoredFeature[];
  /** Of the holdout's rows. */
  readonly scores: Float32Array;
}

interface MeasureJob {
  readonly kind: 'measure';
  readonly columnsPath: string;
  readonly input: Omit<PeriodInput, 'table'>;
}

export type MonitorJob = BaselineJob | MeasureJob;
export type MonitorReply = { ok: true; result: unknown } | { ok: false; code: string; message: string };

function inThread<T>(job: MonitorJob, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const thread = new Worker(new URL('./monitor-thread.js', import.meta.url), { workerData: job });
    const stop = (): void => {
      reject(signal.reason);
      void thread.terminate();
    };
    signal.addEventListener('abort', stop, { once: true });
    thread.once('message', (reply: MonitorReply) => {
      if (reply.ok) resolve(reply.result as T);
      else
        reject(new PipelineError('INVARIANT_BROKEN', `The monitor's figures failed: ${reply.code}: ${reply.message}`));
    });
    thread.once('error', reject);
    thread.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      reject(new PipelineError('INVARIANT_BROKEN', `The monitor's thread ended with code ${code} and no result.`));
    });
  });
}

/** @throws INVARIANT_BROKEN when the thread fails; the abort's reason after an abort */
export const baselineOffLoop = (job: Omit<BaselineJob, 'kind'>, signal: AbortSignal): Promise<MonitorBaseline> =>
  inThread({ kind: 'baseline', ...job }, signal);

/** @throws INVARIANT_BROKEN when the thread fails; the abort's reason after an abort */
export const measureOffLoop = (job: Omit<MeasureJob, 'kind'>, signal: AbortSignal): Promise<MonitorPoint[]> =>
  inThread({ kind: 'measure', ...job }, signal);
