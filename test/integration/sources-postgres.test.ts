// A Postgres source on a real server: what is bound, what is refused, what one transaction sees, and every type.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindInstants } from '#dist/sources/postgres/bind-instants.js';
import { emptyDatabase, type FreshDatabase } from '../setup/services.js';
import {
  freeze,
  JANUARY,
  makeWorld,
  parseSpec,
  readIds,
  readManifest,
  readTable,
  untilActive,
  type World,
} from './dataset-fixtures.js';

let database: FreshDatabase;
let world: World;
let client: pg.Client;
beforeAll(async () => {
  database = await emptyDatabase('sources-postgres');
  world = makeWorld(await mkdtemp(join(tmpdir(), 'perennial-dataset-')), { url: database.url });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`
    CREATE SCHEMA "Odd ""schema";
    CREATE TABLE "Odd ""schema"."Rows" (id int, event_at timestamptz, x numeric(12, 4), label boolean);
    INSERT INTO "Odd ""schema"."Rows" SELECT n, '2001-01-01Z'::timestamptz + n * interval '1 hour', n / 8.0, n % 3 = 0 FROM generate_series(1, 1000) n;
    CREATE TABLE victims (id int);`);
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
  await rm(world.dir, { recursive: true, force: true });
});

const fromQuery = (query: string, parts: Record<string, unknown> = {}) =>
  parseSpec({ source: { kind: 'postgres', query, columns: { label: 'label' } }, target: { positive: true }, ...parts });
const ROWS = '"Odd ""schema"."Rows"';

describe('placeholders', () => {
  const bind = (query: string): string => bindInstants(query, (name) => `<${name}>`);

  it('are bound where they stand as values', () => {
    expect(bind('select * from t where at >= :start and at<:end and k <= :as_of')).toBe(
      'select * from t where at >= <start> and at<<end> and k <= <as_of>',
    );
    expect(bind('select :start::date, x::text, :ends')).toBe('select <start>::date, x::text, :ends');
  });

  it('are left alone in strings, names, comments, casts and dollar quotes', () => {
    for (const text of [
      `select ':start', 'it''s :end', E'\\\\' || e'\\':start' from ":as_of"`,
      'select $$ :start $$, $tag$ :end $$ ; $tag$',
      'select a::start, b[1:2]',
      'select 1 -- :start ; :end\n',
    ]) {
      expect(bind(text)).toBe(text.trimEnd());
    }
    expect(bind('select /* :start /* nested ; */ :end */ 1')).toBe('select   1');
  });

  it('refuse a second statement, and allow one semicolon at the end', () => {
    expect(() => bind('select 1; drop table victims')).toThrow(/more than one statement/);
    expect(bind('select 1 ; \n')).toBe('select 1');
    expect(bind(`select ';'`)).toBe(`select ';'`);
  });
});

describe('a query', () => {
  it('reads the window that is bound, and no text of the user closes it early', async () => {
    const bound = fromQuery(
      `select * from ${ROWS} where event_at >= :start and event_at < :end and :as_of > :start -- last line`,
    );
    expect((await freeze(world, bound)).rows.in).toBe(743);
    for (const query of [
      `select * from ${ROWS}) to stdout; drop table victims; --`,
      `select * from ${ROWS}) as source) to program 'touch /tmp/never' --`,
      'select 1; commit; drop table victims',
      'drop table victims',
      `with gone as (delete from victims returning id) select * from gone`,
    ]) {
      await expect(freeze(world, fromQuery(query))).rejects.toMatchObject({
        code: expect.stringMatching(/^(DATA_SCHEMA_VIOLATION|SPEC_INVALID|SOURCE_UNAVAILABLE)$/),
      });
    }
    expect((await client.query(`select to_regclass('victims') as there`)).rows[0]).toEqual({ there: 'victims' });
  });

  it('that does not run is refused with the reason of the server', async () => {
    await expect(freeze(world, fromQuery('select * from nowhere'))).rejects.toMatchObject({
      code: 'DATA_SCHEMA_VIOLATION',
      message: expect.stringContaining('relation "nowhere" does not exist'),
    });
    await expect(
      freeze(
        world,
        fromQuery(`select *, 1 / (id - 700) as d from ${ROWS}`, { features: [{ kind: 'numeric', name: 'd' }] }),
      ),
    ).rejects.toMatchObject({
      code: 'DATA_SCHEMA_VIOLATION',
      message: expect.stringContaining('division by zero'),
    });
  });

  it('that writes nothing may still not write: the transaction is read-only', async () => {
    await client.query(
      'CREATE FUNCTION sneak() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO victims VALUES (1); RETURN 1; END $$',
    );
    await expect(
      freeze(world, fromQuery(`select *, sneak() as s from ${ROWS}`, { features: [{ kind: 'numeric', name: 's' }] })),
    ).rejects.toThrow(/read-only transaction/);
  });
});

describe('a table', () => {
  it('is found and quoted by the server, whatever its name', async () => {
    const spec = parseSpec({
      source: { kind: 'postgres', table: ROWS, columns: { label: 'label' } },
      target: { positive: true },
    });
    const snapshot = await freeze(world, spec);
    expect(snapshot.rows).toMatchObject({ in: 743, used: 743 });
    const { label } = await readTable(world, spec, snapshot);
    expect(label.reduce((sum, value) => sum + value, 0)).toBe(247);
  });

  it('that is not there is named', async () => {
    const spec = parseSpec({ source: { kind: 'postgres', table: 'missing_table', columns: { label: 'label' } } });
    await expect(freeze(world, spec)).rejects.toMatchObject({
      code: 'DATA_SCHEMA_VIOLATION',
      message: expect.stringContaining('"missing_table"'),
    });
  });
});

describe('one transaction', () => {
  it('reads rows and labels of one state, whatever is committed meanwhile', async () => {
    await client.query(`
      CREATE TABLE events (id int, event_at timestamptz, x float8);
      CREATE TABLE facts (id int, label int, known_at timestamptz);
      INSERT INTO events SELECT n, '2001-01-02Z'::timestamptz + n * interval '1 minute', n FROM generate_series(1, 400) n;
      INSERT INTO facts SELECT n, n % 2, '2001-01-20Z' FROM generate_series(1, 400) n;`);
    const query = `select *, pg_sleep(0.004)::text as pause from events where event_at >= :start and event_at < :end and :as_of is not null`;
    const spec = parseSpec({
      source: { kind: 'postgres', query, labels: { table: 'facts', columns: { knownAt: 'known_at' } } },
      features: [
        { kind: 'numeric', name: 'x' },
        { kind: 'categorical', name: 'pause' },
      ],
    });
    const work = freeze(world, spec);
    await untilActive(database.url, 'pause');
    await client.query(`BEGIN; DELETE FROM facts WHERE id > 100; UPDATE facts SET label = 1; COMMIT`);
    const snapshot = await work;
    expect(snapshot.rows).toMatchObject({ in: 400, used: 400 });
    const { label } = await readTable(world, spec, snapshot);
    expect(label.reduce((sum, value) => sum + value, 0)).toBe(200);
  });
});

describe('types', () => {
  it('become numbers, categories and instants; what cannot is refused', async () => {
    await client.query(`
      CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE DOMAIN share AS numeric CHECK (value >= 0);
      CREATE TABLE kinds (id uuid, event_at timestamp, s smallint, r real, n numeric, b boolean, sh share, m mood, d date, c char(4), j bytea, label text);
      INSERT INTO kinds VALUES
        ('00000000-0000-0000-0000-00000000000a', '2001-01-03 23:30', 7, 0.1, 1e3, true, 0.25, 'ok', '2001-02-28', 'ab', '\\x00', 'yes'),
        ('00000000-0000-0000-0000-00000000000b', '2001-01-04 00:30', null, 2, 'NaN', false, null, null, 'infinity', null, null, 'no'),
        ('00000000-0000-0000-0000-00000000000c', '2001-01-04 01:30', -7, -0.5, 12.5, null, 1, 'sad', '2001-03-01', 'z', null, 'no');`);
    const source = { kind: 'postgres', table: 'kinds', columns: { label: 'label' } };
    const categories = ['s', 'r', 'b', 'm', 'c'].map((column) => ({
      kind: 'categorical',
      name: `${column}_cat`,
      column,
    }));
    const numbers = ['s', 'r', 'b', 'sh'].map((column) => ({ kind: 'numeric', name: column }));
    const times = [
      { kind: 'time', name: 'hour', part: 'hour' },
      { kind: 'time', name: 'd', column: 'd', part: 'day-of-year' },
    ];
    const spec = parseSpec({ source, features: [...numbers, ...categories, ...times], target: { positive: 'yes' } });
    const snapshot = await freeze(world, spec);
    expect(await readIds(world, snapshot)).toEqual(
      ['a', 'b', 'c'].map((end) => `00000000-0000-0000-0000-00000000000${end}`),
    );
    const table = await readTable(world, spec, snapshot);
    const shown = Object.fromEntries(
      table.features.map((column) => [
        column.name,
        column.kind === 'numeric' ? [...column.values] : [...column.codes].map((code) => column.levels[code] ?? null),
      ]),
    );
    expect(shown).toEqual({
      s: [7, Number.NaN, -7],
      r: [0.10000000149011612, 2, -0.5],
      b: [1, 0, Number.NaN],
      sh: [0.25, Number.NaN, 1],
      s_cat: ['7', null, '-7'],
      r_cat: ['0.1', '2', '-0.5'],
      b_cat: ['true', 'false', null],
      m_cat: ['ok', null, 'sad'],
      c_cat: ['ab', null, 'z'],
      hour: ['23', '0', '1'],
      d: ['59', null, '60'],
    });
    const withNaN = await freeze(
      world,
      parseSpec({ source, features: [{ kind: 'numeric', name: 'n' }], target: { positive: 'yes' } }),
    );
    expect((await readManifest(world, withNaN)).quarantined).toEqual({ 'non-finite:n': 1 });
    for (const column of ['j', 'd', 'm']) {
      await expect(
        freeze(world, parseSpec({ source, features: [{ kind: 'numeric', name: column }] })),
      ).rejects.toMatchObject({
        code: 'DATA_SCHEMA_VIOLATION',
        message: expect.stringContaining(`Column "${column}" of the source has type`),
      });
    }
  });
});

describe('a server', () => {
  const spec = parseSpec({
    source: { kind: 'postgres', table: 'victims', columns: { label: 'id' }, urlEnv: 'MY_URL' },
  });

  it('that cannot be reached, or whose URL is not set, makes the source unavailable without showing the URL', async () => {
    const closed = makeWorld(world.dir, { url: 'postgres://someone:topsecret@127.0.0.1:1/nothing' });
    const failure = await freeze(closed, spec).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'SOURCE_UNAVAILABLE', message: expect.stringContaining('MY_URL') });
    expect(String(failure)).not.toContain('topsecret');
    await expect(freeze(makeWorld(world.dir), spec)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('MY_URL'),
    });
  });

  it('that ends the connection midway makes the source unavailable', async () => {
    const slow = fromQuery(`select *, pg_sleep(0.01)::text as nap from ${ROWS}`, {
      features: [{ kind: 'categorical', name: 'nap' }],
    });
    const refused = expect(freeze(world, slow)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    await untilActive(database.url, 'nap');
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like 'COPY%' and position('nap' in query) > 0`,
    );
    await refused;
    expect(
      (await world.dataset.inspect(fromQuery(`select * from ${ROWS}`), { window: JANUARY, asOf: JANUARY.end })).rows,
    ).toBe(743);
  });
});
