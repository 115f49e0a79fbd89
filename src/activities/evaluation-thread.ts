/** The thread side of off-loop-evaluation.ts: reads the holdout's columns, evaluates, replies once. */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { decodeColumnTable } from '../core/column-table.js';
import { type EvaluationResult, evaluate } from '../core/evaluation/evaluate.js';
import type { EvaluationJob } from './off-loop-evaluation.js';
import { replyOf } from './run-thread.js';

async function run(job: EvaluationJob): Promise<EvaluationResult> {
  const file = await readFile(job.columnsPath);
  const table = decodeColumnTable(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer);
  const { columnsPath: _path, ...input } = job;
  return evaluate({ ...input, label: table.label, day: table.day, table });
}

parentPort?.postMessage(await replyOf(() => run(workerData as EvaluationJob)));
