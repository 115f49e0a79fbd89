// Rows of a large table come over two connections that see one state; whatever forbids the second, one brings them all.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeRelation, SETTINGS } from '#dist/sources/postgres/relation.js';
import { openSecondSession } from '#dist/sources/postgres/second-session.js';
import { copyRows } from '#dist/sources/postgres/select-columns.js';
import { openSession, type PostgresSession } from '#dist/sources/postgres/session.js';
import { emptyDatabase, type FreshDatabase } from '../setup/services.js';
import { freeze, makeWorld, noSignal, parseSpec, type World } from './dataset-fixtures.js';

const ROWS = 120_000;
const WANTED = [
  { key: 'k_id', source: 'id', use: 'text' },
  { key: 'k_event_at', source: 'event_at', use: 'time' },
] as const;
const SCOPE = { window: null, rowsAsOf: '2001-02-01T00:00:00Z', labelsAsOf: '2001-02-01T00:00:00Z', sample: undefined };

let database: FreshDatabase;
let client: pg.Client;
let dir: string;
/** May open one connection, and no second one. */
let aloneUrl: string;

beforeAll(async () => {
  database = await emptyDatabase('sources-second');
  dir = await mkdtemp(join(tmpdir(), 'perennial-dataset-'));
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`
    CREATE TABLE large AS SELECT n AS id, '2001-01-01Z'::timestamptz + n * interval '10 seconds' AS event_at, n % 2 AS label,
      CASE WHEN n % 7 > 0 THEN n / 8.0 END AS x, n::text || 'ß' AS c FROM generate_series(1, ${ROWS}) n;
    CREATE TABLE small AS SELECT * FROM large LIMIT 1000;
    CREATE VIEW shown AS SELECT * FROM large;
    ANALYZE;
    DROP ROLE IF EXISTS second_alone;
    CREATE ROLE second_alone LOGIN PASSWORD 'alone' CONNECTION LIMIT 1;
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO second_alone;`);
  const url = new URL(database.url);
  url.username = 'second_alone';
  url.password = 'alone';
  aloneUrl = url.href;
});
afterAll(async () => {
  await client?.query('DROP OWNED BY second_alone; DROP ROLE second_alone');
  await client?.end();
  await database?.drop();
  await rm(dir, { recursive: true, force: true });
});

async function withSessions(
  options: { table: string; url?: string },
  work: (first: PostgresSession, second: () => Promise<PostgresSession | null>) => Promise<void>,
): Promise<void> {
  const login = { url: options.url ?? database.url, urlEnv: 'DATABASE_URL', signal: noSignal() };
  const first = await openSession(login);
  try {
    const relation = await describeRelation(first, { table: options.table }, SETTINGS.rowsAsOf);
    const plan = copyRows(relation, WANTED, SCOPE);
    await work(first, () => openSecondSession(first, { ...login, relation, plan }));
  } finally {
    await first.close();
  }
}

const countOf = async (session: PostgresSession | null): Promise<number> => {
  const { rows } = (await session?.query('SELECT count(*)::int4 AS n FROM large', [])) ?? { rows: [] };
  return Number(rows[0]?.n);
};

const specOf = (source: Record<string, string>) =>
  parseSpec({
    source: { kind: 'postgres', ...source, columns: { label: 'label' } },
    features: [
      { kind: 'numeric', name: 'x' },
      { kind: 'categorical', name: 'c' },
    ],
  });

it('are the same over two connections as over one', async () => {
  const two: World = makeWorld(join(dir, 'two'), { url: database.url });
  const one: World = makeWorld(join(dir, 'one'), { url: aloneUrl });
  const snapshot = await freeze(two, specOf({ table: 'large' }));
  expect(snapshot.rows).toMatchObject({ in: ROWS, used: ROWS });
  for (const other of [
    await freeze(one, specOf({ table: 'large' })),
    await freeze(two, specOf({ table: 'shown' })),
    await freeze(two, specOf({ query: 'select * from large' })),
  ]) {
    expect(other.contentDigest).toBe(snapshot.contentDigest);
    expect(other.rows).toEqual(snapshot.rows);
  }
});

it('are of one state, and each in one half', async () => {
  await withSessions({ table: 'large' }, async (first, openSecond) => {
    await client.query('BEGIN; DELETE FROM large WHERE id <= 1000; UPDATE large SET x = 1 WHERE id = 2000; COMMIT');
    const second = await openSecond();
    try {
      expect(await countOf(second)).toBe(ROWS);
      expect(await countOf(first)).toBe(ROWS);
      const halves = await first.query(
        `SELECT count(*) FILTER (WHERE hashtid(ctid) < 0)::int4 AS a, count(*) FILTER (WHERE (hashtid(ctid) < 0) IS NOT TRUE)::int4 AS b FROM large`,
        [],
      );
      const [a, b] = [Number(halves.rows[0]?.a), Number(halves.rows[0]?.b)];
      expect(a + b).toBe(ROWS);
      expect(Math.abs(a - b)).toBeLessThan(ROWS / 10);
    } finally {
      await second?.close();
    }
  });
});

it('that cannot be read fail with the reason of their own half, whatever became of the other', async () => {
  await client.query(`CREATE TABLE broken AS SELECT id, event_at, label, CASE WHEN id = ${ROWS} THEN '1e400'::numeric ELSE x END AS x, c FROM large;
    ANALYZE broken`);
  await expect(freeze(makeWorld(dir, { url: database.url }), specOf({ table: 'broken' }))).rejects.toMatchObject({
    code: 'DATA_SCHEMA_VIOLATION',
    message: expect.stringContaining('out of range'),
  });
});

it('come over one connection from a small table, a view, a table with children, and where a second one is not allowed', async () => {
  // A child may be a foreign table, whose rows are of no state that two connections share.
  await client.query(
    'CREATE TABLE parent (LIKE large); CREATE TABLE child () INHERITS (parent); INSERT INTO child SELECT * FROM large; ANALYZE child',
  );
  const options = [{ table: 'small' }, { table: 'shown' }, { table: 'parent' }, { table: 'large', url: aloneUrl }];
  for (const one of options) {
    await withSessions(one, async (first, openSecond) => {
      expect(await openSecond()).toBeNull();
      expect(await countOf(first)).toBeGreaterThan(ROWS / 2);
    });
  }
});

it('come over one connection where the server keeps its state to itself', async () => {
  await client.query('REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC');
  await withSessions({ table: 'large', url: aloneUrl }, async (first, openSecond) => {
    expect(await openSecond()).toBeNull();
    expect(await countOf(first)).toBeGreaterThan(ROWS / 2);
  });
});

it('do not wait behind a change of the table, which waits for the first connection', async () => {
  const change = new pg.Client({ connectionString: database.url });
  await change.connect();
  try {
    await withSessions({ table: 'large' }, async (first, openSecond) => {
      const changed = change.query('ALTER TABLE large ADD COLUMN y int');
      await expect
        .poll(async () => {
          const { rows } = await client.query(`SELECT count(*)::int4 AS n FROM pg_locks WHERE NOT granted`);
          return rows[0]?.n;
        })
        .toBe(1);
      expect(await openSecond()).toBeNull();
      await first.close();
      await changed;
    });
  } finally {
    await change.end();
  }
});
