/** Migrating: once, twice, at the same time, by who may not, and over a schema that this code does not know. */
import { readdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '#dist/registry/migrate.js';
import { emptyDatabase, type FreshDatabase } from '../setup/services.js';
import { dumpSchema } from './registry-schema-dump.js';

const OWN_DIR = fileURLToPath(new URL('../../src/registry/migrations/', import.meta.url));
/** Made anew by `npx vitest run test/integration/migrations.test.ts --update`. */
const FIXTURE = fileURLToPath(new URL('../fixtures/schema.sql', import.meta.url));
const FILES = readdirSync(OWN_DIR)
  .filter((name) => name.endsWith('.sql'))
  .sort();
const NEWEST = FILES.length;
const nameOf = (version: number, what: string): string => `${String(version).padStart(4, '0')}_${what}.sql`;

let database: FreshDatabase;
let client: pg.Client;
let dir: string;

beforeEach(async () => {
  database = await emptyDatabase('migrations');
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  dir = await mkdtemp(join(tmpdir(), 'perennial-migrations-'));
  await cp(OWN_DIR, dir, { recursive: true });
});
afterEach(async () => {
  await client.end();
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

const dirUrl = () => pathToFileURL(`${dir}/`);

describe('migrating', () => {
  it('applies every file once and does nothing the second time', async () => {
    const first = await migrate(database.url);
    expect(first.version).toBe(NEWEST);
    expect(first.applied).toHaveLength(NEWEST);
    expect(first.applied[0]).toBe('0001_models_and_audit.sql');
    const before = await dumpSchema(client);
    expect(await migrate(database.url)).toEqual({ version: NEWEST, applied: [] });
    expect(await dumpSchema(client)).toBe(before);
  });

  it('gives the schema that is committed', async () => {
    await migrate(database.url);
    await expect(await dumpSchema(client)).toMatchFileSnapshot(FIXTURE);
  });

  it('applies each file once when eight processes begin at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => migrate(database.url)));
    const applied = results.flatMap((result) => result.applied);
    expect(applied.length).toBe(new Set(applied).size);
    expect(applied).toHaveLength(NEWEST);
  });

  it('applies only what is new to an older schema', async () => {
    for (const name of FILES.slice(2)) await rm(join(dir, name));
    expect((await migrate(database.url, { migrationsDir: dirUrl() })).version).toBe(2);
    expect((await migrate(database.url)).applied).toEqual(FILES.slice(2));
    await expect(await dumpSchema(client)).toMatchFileSnapshot(FIXTURE);
  });

  it('leaves nothing of a file that fails half-way and keeps those before it', async () => {
    await writeFile(join(dir, nameOf(NEWEST + 1, 'broken')), 'create table perennial.half (id int); select 1 / 0;');
    await expect(migrate(database.url, { migrationsDir: dirUrl() })).rejects.toMatchObject({
      code: 'INVARIANT_BROKEN',
    });
    const { rows } = await client.query(
      `select to_regclass('perennial.half') as half, (select max(version) from perennial.schema_migrations) as newest`,
    );
    expect(rows).toEqual([{ half: null, newest: NEWEST }]);
  });
});

describe('refusing', () => {
  it('a schema that is newer than the code, before anything is touched', async () => {
    await writeFile(join(dir, nameOf(NEWEST + 1, 'later')), 'create table perennial.later (id int);');
    await migrate(database.url, { migrationsDir: dirUrl() });
    await expect(migrate(database.url)).rejects.toMatchObject({
      code: 'INVARIANT_BROKEN',
      message: expect.stringContaining('newer than this code'),
      details: { schemaVersion: NEWEST + 1, codeVersion: NEWEST },
    });
  });

  it('a file that was changed after it was applied', async () => {
    await migrate(database.url);
    const file = join(dir, '0002_triggers_and_runs.sql');
    await writeFile(file, `${await readFile(file, 'utf8')}\n-- changed\n`);
    await expect(migrate(database.url, { migrationsDir: dirUrl() })).rejects.toMatchObject({
      code: 'INVARIANT_BROKEN',
      message: expect.stringContaining('0002_triggers_and_runs.sql was changed'),
    });
  });

  it('numbers with a gap', async () => {
    await rm(join(dir, '0002_triggers_and_runs.sql'));
    await expect(migrate(database.url, { migrationsDir: dirUrl() })).rejects.toMatchObject({
      code: 'INVARIANT_BROKEN',
      message: expect.stringContaining('must be numbered 2'),
    });
  });

  it('a server that is not there, as something that a retry can help', async () => {
    await expect(migrate('postgres://nobody@127.0.0.1:1/none')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
  });
});

/** As an administrator makes them before the first migration; on this server another test may have been first. */
async function ensureGroupRoles(): Promise<void> {
  for (const role of ['perennial_owner', 'perennial_app']) {
    await client.query(
      `do $$ begin create role ${role}; exception when duplicate_object or unique_violation then null; end $$`,
    );
  }
}

describe('migrating without all rights', () => {
  const login = `perennial_test_${process.pid}`;
  const urlAs = () => {
    const url = new URL(database.url);
    url.username = login;
    url.password = 'secret';
    return url.href;
  };
  beforeEach(async () => {
    await client.query(`drop role if exists ${login}`);
    await client.query(`create role ${login} login password 'secret'`);
  });
  afterEach(async () => {
    await client.query(`drop owned by ${login} cascade`);
    await client.query(`drop role ${login}`);
  });

  it('goes on with triggers alone where the login may not hand its tables over', async () => {
    await client.query(`grant create on database ${client.database} to ${login}`);
    expect((await migrate(urlAs())).applied).toHaveLength(NEWEST);
    const { rows } = await client.query(
      `select nspowner::regrole::text as owner from pg_namespace where nspname = 'perennial'`,
    );
    expect(rows).toEqual([{ owner: login }]);
    const own = new pg.Client({ connectionString: urlAs() });
    await own.connect();
    try {
      await expect(own.query('truncate perennial.audit')).rejects.toMatchObject({ code: '23001' });
    } finally {
      await own.end();
    }
    await expect(await dumpSchema(client)).toMatchFileSnapshot(FIXTURE);
  });

  it('needs no more than membership in perennial_owner, which then owns everything', async () => {
    await ensureGroupRoles();
    await client.query(
      `grant perennial_owner to ${login}; grant create on database ${client.database} to perennial_owner`,
    );
    expect((await migrate(urlAs())).applied).toHaveLength(NEWEST);
    const { rows } = await client.query(
      `select distinct relowner::regrole::text as owner from pg_class
       where relnamespace = 'perennial'::regnamespace and relkind = 'r'`,
    );
    expect(rows).toEqual([{ owner: 'perennial_owner' }]);
    expect(await migrate(urlAs())).toEqual({ version: NEWEST, applied: [] });
    await expect(dumpSchema(client)).resolves.toBe(await readFile(FIXTURE, 'utf8'));
  });

  it('lets a worker check the schema without any right to change it', async () => {
    await migrate(database.url);
    await client.query(`grant perennial_app to ${login}`);
    expect(await migrate(urlAs())).toEqual({ version: NEWEST, applied: [] });
  });

  it('says what is missing and who can add it, and that waiting may help', async () => {
    await expect(migrate(urlAs())).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringMatching(/lacks 0001_models_and_audit\.sql.*PERENNIAL_MIGRATION_URL/),
    });
  });
});
