/** The thread side of off-loop-evaluation.ts: reads the holdout's columns, evaluates, replies once. */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { decodeColumnTable } from '../core/column-table.js';
import { evaluate } from '../core/evaluation/evaluate.js';
import type { EvaluationJob, ThreadReply } from './off-loop-evaluation.js';

async function run(job: EvaluationJob): Promise<ThreadReply> {
  try {
    const file = await readFile(job.columnsPath);
    const table = decodeColumnTable(
      file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer,
    );
    const { columnsPath: _path, ...input } = job;
    return { ok: true, result: evaluate({ ...input, label: table.label, day: table.day, table }) };
  } catch (error) {
    const known = error as { code?: string; message?: string };
    return { ok: false, code: known.code ?? 'UNKNOWN', message: known.message ?? String(error) };
  }
}

parentPort?.postMessage(await run(workerData as EvaluationJob));
