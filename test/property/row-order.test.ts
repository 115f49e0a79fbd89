// Postgres gives rows in any order, and a second attempt of a killed worker has to find the facts of the first: the same rows in two
// orders, enough of them that samples and bins set in.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PipelineSpec } from '#dist/core/spec/schema.js';
import { makeWorld, noSignal, parseSpec, type World } from '../integration/dataset-fixtures.js';

const REFERENCE = { start: '2001-01-01T00:00:00.000Z', end: '2001-01-29T00:00:00.000Z' };
const CURRENT = { start: '2001-01-29T00:00:00.000Z', end: '2001-02-26T00:00:00.000Z' };
const LATER = '2001-03-20T00:00:00.000Z';
/** One every 18 seconds: 134,400 in each window, with ids that repeat at the same instant. */
const ROWS =
  `SELECT CASE WHEN i % 997 = 0 THEN i + 1 ELSE i END AS id, TIMESTAMP '2001-01-01' + to_seconds(CASE WHEN i % 997 = 0 THEN i + 1 ELSE i END * 18) AS event_at, ` +
  `CASE WHEN hash(i * 37) % 40 = 0 THEN -999 ELSE (hash(i * 31) % 1000003) / 997.0 END AS x, 'A' || (hash(i * 7) % 1500) AS cat, hash(i * 13) % 700 AS few, (hash(i * 3) % 5 = 0)::INTEGER AS label ` +
  'FROM range(0, 268800) numbers(i)';

let dir: string;
let world: World;
const specs: PipelineSpec[] = [];
/** Rows of the current window whose `x` is −999. */
let standIns: number;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'perennial-order-'));
  world = makeWorld(dir, { threads: 2 });
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  for (const [at, order] of ['id, x', 'hash(id * 17), x DESC'].entries()) {
    const path = join(dir, `${at}.parquet`);
    await connection.run(`COPY (SELECT * FROM (${ROWS}) ORDER BY ${order}) TO '${path}' (FORMAT parquet)`);
    const features = [
      { kind: 'numeric', name: 'x' },
      { kind: 'numeric', name: 'few' },
      { kind: 'categorical', name: 'cat' },
      { kind: 'time', name: 'hour', part: 'hour' },
    ];
    specs.push(parseSpec({ source: { kind: 'parquet', path, columns: { label: 'label' } }, features }));
  }
  const counted = await connection.runAndReadAll(
    `SELECT count(*) AS n FROM (${ROWS}) WHERE x = -999 AND event_at >= TIMESTAMP '${CURRENT.start.slice(0, 10)}'`,
  );
  standIns = Number(counted.getRowObjects()[0]?.n);
  connection.closeSync();
  instance.closeSync();
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

const common = { window: CURRENT, reference: REFERENCE, inputsAsOf: LATER, labelsAsOf: LATER, excluding: [] };
const both = <T>(ask: (spec: PipelineSpec, at: number) => Promise<T>): Promise<T[]> => Promise.all(specs.map(ask));

describe('the same rows in another order', () => {
  it('give the same counts of inputs, of a sample’s quantiles too', async () => {
    const [first, second] = await both((spec) => world.dataset.measureInputs(spec, { ...common, season: null }));
    const [x] = first!.current.columns;
    const numbers = x?.kind === 'numeric' && x.numbers.kind === 'bins' ? x.numbers : null;
    expect(numbers?.edges.length).toBeGreaterThan(200);
    // Found in the sample, counted in all rows.
    expect(numbers?.frequent.values).toEqual([-999]);
    expect(numbers?.frequent.counts.flat().reduce((sum, count) => sum + count, 0)).toBe(standIns);
    expect(second).toEqual(first);
  });

  it('give the same counts of labels, by bins of a sample too', async () => {
    const [first, second] = await both((spec) => world.dataset.measureLabels(spec, common, { signal: noSignal() }));
    expect(first!.slices.filter(({ kind }) => kind === 'bin').length).toBeGreaterThan(10);
    expect(first!.features.every(({ auc }) => auc !== null)).toBe(true);
    expect(second).toEqual(first);
  });

  it('give a monitor the same columns, of ids that repeat at one instant too', async () => {
    const [first, second] = await both(async (spec, at) => {
      const path = join(dir, `${at}.columns`);
      const request = { window: CURRENT, from: CURRENT.start, asOf: LATER, maxRows: 50_000, path };
      const { columns: _, ...counts } = await world.dataset.observe(spec, request, { signal: noSignal() });
      return { counts, bytes: await readFile(path) };
    });
    expect(second!.counts).toEqual(first!.counts);
    expect(second!.bytes.equals(first!.bytes)).toBe(true);
  });
});
