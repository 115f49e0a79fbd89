// The example's flights: what `prepare.mjs` writes is what the reference story counts on.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'perennial-flights-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const load = () =>
  import(pathToFileURL(join(import.meta.dirname, '../../examples/flights/prepare.mjs')).href) as Promise<{
    prepareFlights(options: { target: string }): Promise<{ path: string; isNew: boolean }>;
  }>;

async function ask(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

it('writes three million flights once, each with the night on which its label arrived', async () => {
  const { prepareFlights } = await load();
  const target = join(dir, 'data', 'flights.parquet');
  expect(await prepareFlights({ target })).toEqual({ path: target, isNew: true });
  const before = await stat(target);
  expect(await prepareFlights({ target })).toEqual({ path: target, isNew: false });
  expect((await stat(target)).mtimeMs).toBe(before.mtimeMs);
  expect(await readdir(join(dir, 'data'))).toEqual(['flights.parquet']);

  const from = `FROM read_parquet('${target}')`;
  expect(await ask(`SELECT column_name, column_type FROM (DESCRIBE SELECT * ${from})`)).toEqual([
    ['id', 'BIGINT'],
    ['event_at', 'TIMESTAMP'],
    ['distance', 'DOUBLE'],
    ['origin', 'VARCHAR'],
    ['destination', 'VARCHAR'],
    ['late', 'INTEGER'],
    ['known_at', 'TIMESTAMP'],
  ]);
  const [counts] = await ask(`SELECT count(*), count(DISTINCT id), min(id), max(id), min(known_at)::VARCHAR ${from}`);
  expect(counts).toEqual(['3000000', '3000000', '0', '2999999', '2001-01-01 03:00:00']);
  const months = await ask(
    `SELECT round(avg(late), 3) ${from} WHERE event_at < '2001-07-01' GROUP BY month(event_at) ORDER BY month(event_at)`,
  );
  expect(months.flat()).toEqual([0.205, 0.233, 0.21, 0.179, 0.161, 0.213]);
  const [nights] = await ask(
    `SELECT bool_and(hour(known_at) = 3 AND minute(known_at) = 0), min(known_at - event_at) > INTERVAL 30 MINUTE, ` +
      `max(epoch(known_at - event_at) - 1800 - distance * 8) <= 86400 ${from}`,
  );
  expect(nights).toEqual([true, true, true]);
});
