/**
 * The flights of the example as a source that perennial reads: id, event time, what is known at push-back, and the label with
 * the instant at which it became known. Real data: 3,000,000 US flights of January to June 2001, npm package `vega-datasets`.
 *
 *   id         row number in the file (the file has no id, and 191 duplicate rows)
 *   event_at   the actual departure, UTC as the file has it
 *   late       1 where the arrival delay is over 15 minutes
 *   known_at   landing = departure + 30 min + distance at 7.5 miles a minute, delivered by the next nightly batch: the
 *              first 03:00 UTC after it (the delay is not added: the departure is already the actual one)
 *
 * Runs again without harm: a finished file is kept, and a new one appears whole or not at all.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';

const HERE = dirname(fileURLToPath(import.meta.url));
export const FLIGHTS_PATH = join(HERE, 'data', 'flights.parquet');

const text = (value) => `'${value.replaceAll("'", "''")}'`;

/**
 * Landing to the microsecond; 03:00 itself is already too late for that night's batch.
 * @param {string} more further columns, of the package's own (`date`, `delay` in minutes, ...)
 */
export const flightsSql = (more = '') => `
  SELECT file_row_number AS id, date AS event_at, CAST(distance AS DOUBLE) AS distance, origin, destination,
    CAST(delay > 15 AS INTEGER) AS late,
    date_trunc('day', landed_at - INTERVAL 3 HOUR) + INTERVAL 27 HOUR AS known_at${more}
  FROM (SELECT *, date + INTERVAL 30 MINUTE + to_microseconds(CAST(distance * 8000000 AS BIGINT)) AS landed_at
    FROM read_parquet(${text(packageFile())}, file_row_number = true))`;

function packageFile() {
  const packageEntry = createRequire(import.meta.url).resolve('vega-datasets');
  return join(dirname(packageEntry), '..', 'data', 'flights-3m.parquet');
}

/** Writes what a query gives; the file appears whole or not at all. */
export async function writeParquet(sql, target) {
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomUUID()}.tmp`;
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '2',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  try {
    const connection = await instance.connect();
    await connection.run(`COPY (${sql}) TO ${text(temporary)} (FORMAT parquet, COMPRESSION zstd)`);
    connection.closeSync();
    const handle = await open(temporary, 'r+');
    await handle.sync();
    await handle.close();
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    instance.closeSync();
  }
}

/**
 * @param {{ target?: string }} [options]
 * @returns {Promise<{ path: string, isNew: boolean }>}
 */
export async function prepareFlights({ target = FLIGHTS_PATH } = {}) {
  if (existsSync(target)) return { path: target, isNew: false };
  await writeParquet(`${flightsSql()} ORDER BY id`, target);
  return { path: target, isNew: true };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { path, isNew } = await prepareFlights();
  console.log(`${isNew ? 'Wrote' : 'Kept'} ${path}`);
}
