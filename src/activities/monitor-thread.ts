/** The thread side of off-loop-monitor.ts: reads column files, computes one thing, replies once. */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type ColumnTable, decodeColumnTable } from '../core/column-table.js';
import { makeBaseline } from '../core/monitor/baseline.js';
import { measurePeriod } from '../core/monitor/measure-period.js';
import type { MonitorJob, MonitorReply } from './off-loop-monitor.js';

async function readColumns(path: string): Promise<ColumnTable> {
  const file = await readFile(path);
  return decodeColumnTable(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer);
}

async function compute(job: MonitorJob): Promise<unknown> {
  if (job.kind === 'measure') {
    return measurePeriod({ ...job.input, table: await readColumns(job.columnsPath) });
  }
  const { training, holdout, features, scores } = job;
  return makeBaseline({
    training: { ...training, table: await readColumns(training.columnsPath) },
    holdout: { ...holdout, table: await readColumns(holdout.columnsPath) },
    features,
    scores,
  });
}

async function run(job: MonitorJob): Promise<MonitorReply> {
  try {
    return { ok: true, result: await compute(job) };
  } catch (error) {
    const known = error as { code?: string; message?: string };
    return { ok: false, code: known.code ?? 'UNKNOWN', message: known.message ?? String(error) };
  }
}

parentPort?.postMessage(await run(workerData as MonitorJob));
