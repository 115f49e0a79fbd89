// Each case of the injector against the unchanged flights of the same seed: what it changes, from the onset on, and nothing else.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

// Each file is drawn from three million rows.
vi.setConfig({ testTimeout: 180_000 });

const FROM = '2001-01-29';
const ONSET = `TIMESTAMP '${FROM}'`;
const script = (name: string): string => new URL(`../../examples/flights/${name}`, import.meta.url).href;
const { injectFlights } = (await import(script('inject.mjs'))) as {
  injectFlights(options: {
    caseName: string;
    from: string;
    seed?: number;
    rowsAWeek: number;
    target: string;
  }): Promise<unknown>;
};
const { CASES } = (await import(script('inject-cases.mjs'))) as { CASES: Readonly<Record<string, { about: string }>> };

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'inject-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function build(caseName: string, options: { name?: string; seed?: number } = {}): Promise<string> {
  const target = join(dir, `${options.name ?? caseName}.parquet`);
  await injectFlights({ caseName, from: FROM, seed: options.seed ?? 1, rowsAWeek: 3000, target });
  return target;
}

/** `t`: the rows of the case, `u`: the unchanged ones. */
async function ask(caseName: string, question: string): Promise<Record<string, unknown>> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  for (const [view, name] of [
    ['t', caseName],
    ['u', 'unchanged'],
  ] as const) {
    await connection.run(`CREATE VIEW ${view} AS SELECT * FROM read_parquet('${join(dir, `${name}.parquet`)}')`);
  }
  const [row] = (await connection.runAndReadAll(`SELECT ${question}`)).getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return row ?? {};
}

const after = (relation: string): string => `(SELECT * FROM ${relation} WHERE event_at >= ${ONSET})`;
const joined = `(SELECT t.*, u.late AS late0, u.distance AS distance0, u.hour AS hour0, u.origin AS origin0, u.known_at AS known0
  FROM ${after('t')} AS t JOIN ${after('u')} AS u USING (id))`;
const all = (condition: string): string => `(SELECT count(*) > 500 AND bool_and(${condition}) FROM ${joined}) AS is_so`;
const share = (relation: string, aggregate = 'count(*)'): string => `(SELECT ${aggregate} FROM ${after(relation)})`;

/** One truth of each case, as SQL. */
const TRUTHS: Readonly<Record<string, string>> = {
  'drop-airports': `(SELECT count(*) BETWEEN 25 AND 40 FROM (SELECT DISTINCT origin FROM ${after('u')} EXCEPT SELECT origin FROM ${after('t')})) AS is_so`,
  'halve-rows': `${share('t')} BETWEEN 0.45 * ${share('u')} AND 0.55 * ${share('u')} AS is_so`,
  'duplicate-day': `(SELECT count(*) - count(DISTINCT id) = (SELECT count(*) FROM u WHERE event_at::DATE = DATE '${FROM}') FROM t) AS is_so`,
  'duplicate-day-renumbered': `(SELECT count(*) = count(DISTINCT id) AND count(*) > (SELECT count(*) FROM u) FROM t) AS is_so`,
  'null-share': `${share('t', 'avg((distance IS NULL)::INTEGER)')} BETWEEN 0.28 AND 0.32 AS is_so`,
  'all-null': `${share('t', 'count(distance)')} = 0 AS is_so`,
  'constant-hour': `${share('t', 'count(DISTINCT hour)')} = 1 AS is_so`,
  'stale-feed': `${share('t')} = 0 AS is_so`,
  'distance-km': all('abs(distance - distance0 * 1.609344) < 1e-6'),
  'distance-shuffled': `(SELECT avg((distance <> distance0)::INTEGER) > 0.9 AND count(*) > 500 FROM ${joined}) AND NOT EXISTS (
    SELECT event_at::DATE, list(distance ORDER BY distance) FROM ${after('t')} GROUP BY ALL
    EXCEPT SELECT event_at::DATE, list(distance ORDER BY distance) FROM ${after('u')} GROUP BY ALL) AS is_so`,
  'distance-log': all('abs(exp(distance) - distance0) < 1e-6'),
  'distance-clipped': `(SELECT bool_and(distance = least(distance0, top)) AND avg((distance = top)::INTEGER) BETWEEN 0.15 AND 0.25
    FROM (SELECT *, max(distance) OVER () AS top FROM ${joined})) AS is_so`,
  'distance-km-part': `(SELECT bool_and(distance IN (distance0, distance0 * 1.609344)) AND avg((distance <> distance0)::INTEGER) BETWEEN 0.2 AND 0.8
    AND count(DISTINCT origin) = count(DISTINCT (origin, distance <> distance0)) FROM ${joined}) AS is_so`,
  'origin-merged': `(SELECT count(*) > 50 AND count(DISTINCT origin0) = 1 AND count(DISTINCT origin) = 1 FROM ${joined} WHERE origin <> origin0) AS is_so`,
  'origin-lower': all('origin = lower(origin0) AND origin <> origin0'),
  'hour-shifted': all('(hour + 5) % 24 = hour0'),
  'hour-shifted-recorded': all('(hour + 5) % 24 = hour0'),
  'hour-shifted-recomputed': all('(hour + 5) % 24 = hour0 AND hour_recomputed = hour0'),
  'labels-inverted': `(SELECT count(DISTINCT origin) = 1 AND count(*) > 50 FROM ${joined} WHERE late <> late0) AS is_so`,
  'label-rule-30': `${share('t', 'avg(late)')} < 0.7 * ${share('u', 'avg(late)')} AS is_so`,
  'label-rule-30-recorded': `${share('t', 'avg(late)')} < 0.7 * ${share('u', 'avg(late)')} AS is_so`,
  'late-positives-missing': all(
    'CASE WHEN late = 1 THEN known_at = known0 + INTERVAL 30 DAY ELSE known_at = known0 END',
  ),
  unchanged: all('hour = hour(event_at) AND late = late0'),
  'sixty-rows': `${share('t', `count(*) FILTER (event_at < ${ONSET} + INTERVAL 14 DAY)`)} = 60 AS is_so`,
  'hour-reversed': `${share('t', 'avg(late) FILTER (hour < 10) - avg(late) FILTER (hour > 17)')} > 0.05
    AND ${share('u', 'avg(late) FILTER (hour < 10) - avg(late) FILTER (hour > 17)')} < -0.05 AS is_so`,
  'airports-triple': `(SELECT count(*) = count(DISTINCT id) AND bool_and(hour = hour(event_at)) FROM t)
    AND ${share('t')} BETWEEN 1.05 * ${share('u')} AND 1.6 * ${share('u')} AS is_so`,
};

it('each case changes what it says from the onset on, and no row before it', async () => {
  await build('unchanged');
  for (const [caseName, question] of Object.entries(TRUTHS)) {
    if (caseName !== 'unchanged') await build(caseName);
    expect([caseName, await ask(caseName, question)]).toEqual([caseName, { is_so: true }]);
    if (caseName === 'sixty-rows') continue;
    const columns = 'id, event_at, distance, origin, destination, late, known_at, hour';
    const before = (view: string): string => `SELECT ${columns} FROM ${view} WHERE event_at < ${ONSET}`;
    const differing = `(SELECT count(*)::INTEGER FROM ((${before('t')} EXCEPT ${before('u')}) UNION ALL (${before('u')} EXCEPT ${before('t')}))) AS rows`;
    expect([caseName, await ask(caseName, differing)]).toEqual([caseName, { rows: 0 }]);
  }
});

it('a season has two years, and its weeks look like those of the year before and unlike the weeks before', async () => {
  await build('season', { name: 'season' });
  const sunny = (from: string, days: number): string =>
    `(SELECT avg((destination IN ('MCO', 'LAS'))::INTEGER) FROM t WHERE event_at >= TIMESTAMP '${from}' AND event_at < TIMESTAMP '${from}' + INTERVAL ${days} DAY)`;
  const found = await ask(
    'season',
    `${sunny(FROM, 14)} AS now, ${sunny('2000-01-30', 14)} AS last_year, ${sunny('2001-01-01', 28)} AS before,
     (SELECT count(DISTINCT event_at::DATE)::INTEGER FROM t) AS days, (SELECT count(*) = count(DISTINCT id) FROM t) AS is_unique`,
  );
  expect(found).toMatchObject({ days: 730, is_unique: true });
  expect(Number(found.now) / Number(found.before)).toBeGreaterThan(1.7);
  expect(Math.abs(Number(found.now) / Number(found.last_year) - 1)).toBeLessThan(0.25);
});

it('the same seed gives the same file, another seed other rows', async () => {
  const bytes = async (name: string, seed: number): Promise<Buffer> =>
    readFileSync(await build('hour-reversed', { name, seed }));
  const first = await bytes('first', 7);
  expect(first.equals(await bytes('second', 7))).toBe(true);
  expect(first.equals(await bytes('third', 8))).toBe(false);
});

it('every case says what is true of it', () => {
  expect(Object.keys(CASES).sort()).toEqual([...Object.keys(TRUTHS), 'season'].sort());
});

it('refuses what it cannot make, and says what can be', async () => {
  const target = join(dir, 'never.parquet');
  const make = (options: { caseName?: string; from?: string }) =>
    injectFlights({ caseName: 'unchanged', from: FROM, rowsAWeek: 3000, target, ...options });
  await expect(make({ caseName: 'nothing' })).rejects.toThrow(/no case "nothing".*halve-rows/);
  await expect(make({ from: '2001-02-30' })).rejects.toThrow(/--from is a day/);
  await expect(make({ from: '2001-01-05' })).rejects.toThrow(/at earliest 2001-01-29/);
  await expect(make({ from: '2001-06-25' })).rejects.toThrow(/at latest 2001-07-01/);
});
