// Speed of training on real flights at the spec's defaults: January's rows of the features hour, distance, origin and
// destination, read from the Parquet file in node_modules, trained through the real host in a forked child.
// Alone: node scripts/bench/training.mjs
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { encodeColumnTable } from '../../dist/core/column-table.js';
import { specSchema } from '../../dist/core/spec/schema.js';
import { createLocalStore } from '../../dist/storage/local-store.js';
import { createTrainerHost } from '../../dist/trainer/host.js';

const FLIGHTS = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));
const START = '2001-01-01';
const TAIL = '2001-01-28';
const END = '2001-01-31';
/** One month at about 100,000 rows would be over in three seconds; all of January's rows measure the steady state. */
const TRAIN_EPOCHS = 4;
const GOAL_ROWS_PER_SEC = 250_000;

/** A dictionary-encoded column from strings. */
function categorical(name, values) {
  const levels = [...new Set(values)].sort();
  const codeOf = new Map(levels.map((level, code) => [level, code]));
  return { kind: 'categorical', name, codes: Int32Array.from(values, (value) => codeOf.get(value)), levels };
}

async function readFlights() {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT hour(date)::INTEGER AS hour, distance::DOUBLE AS distance, origin, destination, (delay > 15)::INTEGER AS late,
              date_diff('day', DATE '1970-01-01', date::DATE)::INTEGER AS event_day, date < TIMESTAMP '${TAIL}' AS is_before
       FROM (SELECT *, row_number() OVER () AS row_no FROM read_parquet('${FLIGHTS}'))
       WHERE date >= TIMESTAMP '${START}' AND date < TIMESTAMP '${END}' ORDER BY date, row_no`,
    );
    const [hour, distance, origin, destination, late, day, isBefore] = reader.getColumns();
    const hours = Array.from({ length: 24 }, (_, value) => String(value));
    const table = {
      rows: hour.length,
      features: [
        { kind: 'categorical', name: 'hour', codes: Int32Array.from(hour), levels: hours },
        { kind: 'numeric', name: 'distance', values: Float64Array.from(distance) },
        categorical('origin', origin),
        categorical('destination', destination),
      ],
      sliceColumns: [],
      label: Uint8Array.from(late),
      day: Int32Array.from(day),
    };
    return { table, trainRows: isBefore.filter(Boolean).length };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const spec = specSchema.parse({
  model: 'bench',
  source: { kind: 'parquet', path: 'flights' },
  features: [
    { kind: 'time', name: 'hour', part: 'hour' },
    { kind: 'numeric', name: 'distance' },
    { kind: 'categorical', name: 'origin' },
    { kind: 'categorical', name: 'destination' },
  ],
  window: { sliding: 'P30D' },
  gates: [],
});

/** Processor seconds that a process has used; NaN where there is no /proc. Linux counts in hundredths. */
function processorSec(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export async function benchTraining() {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-bench-'));
  try {
    const { table, trainRows } = await readFlights();
    const columnsPath = join(dir, 'columns.bin');
    await writeFile(columnsPath, Buffer.concat(encodeColumnTable(table)));
    const host = createTrainerHost({ store: createLocalStore(join(dir, 'store')) });
    const trainer = { ...spec.trainer, maxTrainEpochs: TRAIN_EPOCHS, patience: TRAIN_EPOCHS };
    const job = { columnsPath, trainRows, features: spec.features, trainer, resumeFrom: null, workDir: dir };
    const { signal } = new AbortController();
    const rates = [];
    let last = null;
    const marks = [];
    const onProgress = (progress) => {
      const rowsDone = (progress.trainEpoch - 1 + progress.batch / progress.batches) * trainRows;
      marks.push({ rowsDone, processorSec: processorSec(progress.pid) });
      // A stored checkpoint repeats the progress before it; its rate counts once.
      if (progress.rowsPerSec !== null && progress.rowsPerSec !== last) rates.push(progress.rowsPerSec);
      last = progress.rowsPerSec;
    };
    const startedAtMs = performance.now();
    const result = await host.train(job, { signal, onProgress });
    const wholeSec = (performance.now() - startedAtMs) / 1000;
    const rowsPerSec = Math.round(median(rates));
    // Independent of what else runs on the machine, except for shared caches.
    const [first, end] = [marks[0], marks.findLast((mark) => !Number.isNaN(mark.processorSec))];
    const rowsPerProcessorSec = Math.round((end.rowsDone - first.rowsDone) / (end.processorSec - first.processorSec));
    const holds = rowsPerSec >= GOAL_ROWS_PER_SEC;
    const figures = {
      rowsPerSec,
      rowsPerProcessorSec,
      fastestRowsPerSec: Math.round(Math.max(...rates)),
      wholeRowsPerSec: Math.round((trainRows * result.trainEpochs) / wholeSec),
      trainRows,
      trainEpochs: result.trainEpochs,
      batchSize: trainer.batchSize,
      threads: trainer.threads,
      validationLoss: result.validationLoss,
      cores: cpus().length,
      loadAverage: loadavg()[0],
    };
    const text =
      `training on flights (${trainRows} rows, batch ${trainer.batchSize}, ${trainer.threads} thread, ${trainer.backend}): ` +
      `median ${rowsPerSec.toLocaleString('en')} rows/s, fastest ${figures.fastestRowsPerSec.toLocaleString('en')}, per processor second ${rowsPerProcessorSec.toLocaleString('en')}, start and validation included ` +
      `${figures.wholeRowsPerSec.toLocaleString('en')}; goal ${GOAL_ROWS_PER_SEC.toLocaleString('en')}: ${holds ? 'held' : 'missed'} ` +
      `(${figures.cores} cores, load ${figures.loadAverage.toFixed(1)})`;
    return { name: 'training', figures, holds, text };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log((await benchTraining()).text);
