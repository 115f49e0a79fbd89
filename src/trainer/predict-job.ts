/** The scoring job inside the forked child: every artifact on the same rows, then how long one prediction takes and how much memory it took. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnTable, TableColumn } from '../core/column-table.js';
import { type Backend, loadBackend } from './backend.js';
import type { Channel } from './channel.js';
import { readColumnFile } from './column-file.js';
import { loadArtifact, type Model } from './model-file.js';
import { predict } from './predict.js';
import type { FinalReply, PredictRequest } from './protocol.js';

const WARM_UP_QUERIES = 10;
const TIMED_QUERIES = 101;

function slice(table: ColumnTable, start: number, end: number): ColumnTable {
  const cut = (column: TableColumn): TableColumn =>
    column.kind === 'numeric'
      ? { ...column, values: column.values.subarray(start, end) }
      : { ...column, codes: column.codes.subarray(start, end) };
  return {
    rows: end - start,
    features: table.features.map(cut),
    sliceColumns: [],
    label: table.label.subarray(start, end),
    day: table.day.subarray(start, end),
  };
}

/** Median time of a query of one row, preprocessing included, after a warm-up, in milliseconds; 0 for an empty table. */
async function medianLatencyMs(model: Model, table: ColumnTable, backend: Backend): Promise<number> {
  if (table.rows === 0) return 0;
  const times: number[] = [];
  for (let query = 0; query < WARM_UP_QUERIES + TIMED_QUERIES; query += 1) {
    const row = query % table.rows;
    const startedAtMs = performance.now();
    await predict(model, slice(table, row, row + 1), { backend });
    if (query >= WARM_UP_QUERIES) times.push(performance.now() - startedAtMs);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

/** @throws whatever the steps throw; see TrainerHost.predict */
export async function runPredictJob(request: PredictRequest, channel: Channel): Promise<FinalReply> {
  const backend = await loadBackend(request);
  await channel.yieldToLoop();
  const { table: whole } = await readColumnFile(request.columnsPath, request);
  const table = slice(whole, 0, Math.min(request.rows ?? whole.rows, whole.rows));
  const scorePaths: string[] = [];
  let latencyMs = 0;
  for (const [index, artifact] of request.artifacts.entries()) {
    const model = loadArtifact(await readFile(artifact.path), artifact.digest);
    const scores = await predict(model, table, { backend, yieldToLoop: channel.yieldToLoop });
    latencyMs = Math.max(latencyMs, await medianLatencyMs(model, table, backend));
    const path = join(request.workDir, `scores-${process.pid}-${index}.f32`);
    await writeFile(path, new Uint8Array(scores.buffer));
    scorePaths.push(path);
  }
  // maxRSS is in kilobytes on every platform that Node knows.
  const peakMemoryMb = process.resourceUsage().maxRSS / 1024;
  return { type: 'predicted', scorePaths, rows: table.rows, latencyMs, peakMemoryMb };
}
