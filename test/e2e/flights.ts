/**
 * The example's real flights and pipeline, made small enough for a run of seconds: every 25th flight of the prepared file,
 * half of those drawn by the pipeline's own sample, a narrow trainer.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'yaml';
import type { PerennialClient } from '#dist/client.js';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = join(ROOT, 'examples', 'flights', 'all-past.yaml');

type Fields = Record<string, unknown>;

/** Runs one DuckDB statement; paths stand in it as SQL texts. */
export async function duck(statement: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  try {
    const connection = await instance.connect();
    await connection.run(statement);
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
}

export const sqlText = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** Writes `flights.parquet` into the folder; the full file is made once a checkout by the example's own script. */
export async function writeSmallFlights(dir: string): Promise<void> {
  const script = new URL('../../examples/flights/prepare.mjs', import.meta.url).href;
  const { prepareFlights } = (await import(script)) as { prepareFlights: () => Promise<{ path: string }> };
  const { path } = await prepareFlights();
  const target = sqlText(join(dir, 'flights.parquet'));
  await duck(
    `COPY (SELECT * FROM read_parquet(${sqlText(path)}) WHERE id % 25 = 0 ORDER BY id) TO ${target} (FORMAT parquet)`,
  );
}

export const SMALL_TRAINER = {
  hidden: [8],
  batchSize: 512,
  learningRate: 0.01,
  maxTrainEpochs: 3,
  patience: 2,
  validationTail: 'P3D',
  seed: 1,
};

/**
 * all-past.yaml made small. Mode `refresh` with a tolerance that nothing misses, unless a test says otherwise: whether so
 * small a model wins is not what these tests are about.
 * @returns pipeline text (JSON, which is YAML); its source lies beside the pipeline file
 */
export function flightsSpec(model: string, change: Fields = {}): string {
  const example = parse(readFileSync(EXAMPLE, 'utf8')) as Fields & { source: Fields };
  return JSON.stringify({
    ...example,
    model,
    source: { ...example.source, path: 'flights.parquet' },
    window: { sliding: 'P14D' },
    sample: { fraction: 0.5, seed: 1 },
    quality: { minRows: 500 },
    mode: 'refresh',
    tolerance: 0.9,
    gates: [{ metric: 'auc', min: 0.3 }],
    trainer: SMALL_TRAINER,
    // Nothing waits for its kind, and no run for the one before.
    triggers: { debounce: { quiet: 'PT0S', maxWait: 'PT0S' }, coolDown: 'PT0S' },
    ...change,
  });
}

/** Applies a pipeline whose source lies in the folder. */
export async function apply(client: PerennialClient, dir: string, text: string): Promise<void> {
  await client.applySpec({ text, file: join(dir, 'pipeline.yaml'), by: 'engineer' });
}
