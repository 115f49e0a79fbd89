// Real flights: ordinary weeks fail no check and have no map; each fault is found with its column and its first day.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import { specSchema } from '#dist/core/spec/schema.js';
import { type InputFacts, inputFacts } from '#dist/core/triage/input-facts.js';
import { createDataset } from '#dist/dataset/create-dataset.js';
import { createLocalStore } from '#dist/storage/local-store.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const DAY_MS = 86_400_000;
const { injectFlights } = (await import(new URL('../../examples/flights/inject.mjs', import.meta.url).href)) as {
  injectFlights(options: {
    caseName: string;
    from: string;
    to: string;
    rowsAWeek: number;
    target: string;
  }): Promise<unknown>;
};

let dir: string;
/** Flights of January to June as they are, about 8,000 a week. */
let flights: string;

async function run(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'input-facts-'));
  flights = join(dir, 'flights.parquet');
  await injectFlights({
    caseName: 'unchanged',
    from: '2001-02-01',
    to: '2001-07-01',
    rowsAWeek: 8000,
    target: flights,
  });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function factsOf(
  path: string,
  span: { start: string; days: number },
  hour: Record<string, unknown>,
): Promise<InputFacts> {
  const spec = specSchema.parse({
    model: 'flights',
    source: { kind: 'parquet', path, columns: { label: 'late', labelKnownAt: 'known_at' } },
    features: [
      { name: 'hour', ...hour },
      { kind: 'numeric', name: 'distance' },
      { kind: 'categorical', name: 'origin' },
      { kind: 'categorical', name: 'destination' },
    ],
    quality: { ranges: { distance: { min: 0, max: 6000 } } },
    window: { expanding: '2001-01-01' },
    gates: [{ metric: 'auc', min: 0.55 }],
  });
  const instant = (days: number): string => new Date(Date.parse(span.start) + days * DAY_MS).toISOString();
  const dataset = createDataset({
    store: createLocalStore(join(dir, 'store')),
    scratchDir: join(dir, 'scratch'),
    connectionUrl: () => undefined,
    limits: { memoryMb: 512, threads: 1 },
  });
  const measures = await dataset.measureInputs(spec, {
    window: { start: instant(0), end: instant(span.days) },
    reference: { start: instant(-28), end: instant(0) },
    season: null,
    inputsAsOf: instant(span.days),
    labelsAsOf: instant(span.days),
    excluding: [],
  });
  return inputFacts({ spec, measures, profile: null, permutations: 199, rng: createRng(1) });
}

const TIME = { kind: 'time', part: 'hour' };
const NUMBER = { kind: 'numeric' };
const failed = (facts: InputFacts) => facts.checks.filter((check) => !check.passed);

describe('ordinary weeks and months', () => {
  it.each([
    ['2001-02-05', 14],
    ['2001-04-02', 7],
    ['2001-04-01', 30],
    ['2001-05-21', 14],
    ['2001-06-01', 30],
  ] as const)('from %s, %i days, fail no check as errors and have no map', async (start, days) => {
    const facts = await factsOf(flights, { start, days }, TIME);
    expect(failed(facts).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(facts.maps).toEqual([]);
    expect(facts.columns.map(({ column }) => column)).toEqual(['hour', 'distance', 'origin', 'destination']);
    expect(facts.columns.slice(0, 2).map(({ isUnchanged }) => isUnchanged)).toEqual([true, true]);
  });
});

const ONSET = '2001-05-10';
const SPAN = { start: '2001-05-07', days: 14 };
const after = `event_at >= TIMESTAMP '${ONSET}'`;
const instant = `${ONSET}T00:00:00.000Z`;
const replace = (column: string, value: string): string =>
  `SELECT * REPLACE (CASE WHEN ${after} THEN ${value} ELSE ${column} END AS ${column}) FROM flights`;
const airports = `(SELECT origin FROM (SELECT DISTINCT origin FROM flights) ORDER BY md5(origin) LIMIT 40)`;

describe('a fault from the fourth day on', () => {
  it.each([
    [
      'distance in kilometres',
      replace('distance', 'distance * 1.609344'),
      { kind: 'unit', column: 'distance', share: 1 },
    ],
    ['origin in lower case', replace('origin', 'lower(origin)'), { kind: 'rename', column: 'origin' }],
    ['an hour of another time zone', replace('hour', '(hour + 5) % 24'), { kind: 'rotate', column: 'hour' }],
  ])('%s is a map of the column, and nothing else', async (name, sql, expected) => {
    const path = join(dir, `${name.replaceAll(' ', '-')}.parquet`);
    await run(`CREATE VIEW flights AS SELECT * FROM read_parquet('${flights}'); COPY (${sql}) TO '${path}'`);
    const facts = await factsOf(path, SPAN, NUMBER);
    expect(facts.maps).toMatchObject([{ ...expected, onset: instant }]);
    expect(facts.maps[0]?.distanceAfter).toBeLessThan(0.05);
    expect(failed(facts).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(facts.columns.filter(({ hasMoved }) => hasMoved).map(({ column }) => column)).toEqual([expected.column]);
  });

  it.each([
    [
      'three nulls of ten',
      replace('distance', 'CASE WHEN id % 10 < 3 THEN NULL ELSE distance END'),
      'null-spike',
      'distance',
    ],
    ['nulls alone', replace('distance', 'CAST(NULL AS DOUBLE)'), 'null-spike', 'distance'],
    ['a constant hour', replace('hour', '12'), 'constant-column', 'hour'],
    [
      'forty airports gone',
      `SELECT * FROM flights WHERE NOT (${after} AND origin IN ${airports})`,
      'categories-gone',
      'origin',
    ],
    ['half of the rows', `SELECT * FROM flights WHERE NOT (${after} AND id % 2 = 0)`, 'row-history', null],
    ['no rows', `SELECT * FROM flights WHERE NOT (${after})`, 'freshness', null],
    [
      'a day delivered twice',
      `SELECT * FROM flights UNION ALL SELECT * REPLACE (id + 10000000 AS id) FROM flights WHERE CAST(event_at AS DATE) = DATE '${ONSET}'`,
      'repeated-rows',
      null,
    ],
  ] as const)('%s fail the check that is for them', async (name, sql, check, column) => {
    const path = join(dir, `${name.replaceAll(' ', '-')}.parquet`);
    await run(`CREATE VIEW flights AS SELECT * FROM read_parquet('${flights}'); COPY (${sql}) TO '${path}'`);
    const facts = await factsOf(path, SPAN, NUMBER);
    const errors = failed(facts).filter(({ severity }) => severity === 'error');
    expect(errors.find((one) => one.check === check)).toMatchObject({ column, isExact: true, onset: instant });
    expect(errors.every(({ fault }) => fault === undefined || fault === 'broken-feed')).toBe(true);
    expect(facts.maps).toEqual([]);
  });
});
