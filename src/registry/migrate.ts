/**
 * Migrations of the registry's schema: numbered SQL files, forward only, one transaction each, every one under the same
 * advisory lock, so that workers may start at the same time. Checksums of what was applied are kept and compared, and a
 * schema newer than this code is refused before anything is touched.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { assertInvariant, PipelineError } from '../core/errors.js';
import type { Digest } from '../core/types.js';
import { toRegistryError } from './registry-error.js';

// From src/ and from dist/ alike: the compiler does not copy SQL.
const MIGRATIONS_DIR = new URL('../../src/registry/migrations/', import.meta.url);
const ROLES_FILE = new URL('../../src/registry/roles.sql', import.meta.url);
const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
/** Any number that nothing else on the server uses: "perenn" in ASCII. */
const LOCK_KEY = 0x706572656e6e;
const CONNECT_TIMEOUT_MS = 10_000;
/** How long to wait for another process that migrates the same database. */
const LOCK_TIMEOUT_MS = 60_000;

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: Digest;
}

interface AppliedRow {
  version: number;
  name: string;
  checksum: string;
}

export interface MigrationResult {
  /** Number of the newest migration. */
  readonly version: number;
  /** Names of the files that this call applied. */
  readonly applied: readonly string[];
}

async function readMigrations(dir: URL): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const version = Number(FILE_NAME.exec(name)?.[1]);
      assertInvariant(version === index + 1, `Migration ${name} must be numbered ${index + 1}: numbers have no gaps.`);
      const sql = await readFile(new URL(name, dir), 'utf8');
      return { version, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function appliedMigrations(client: Client): Promise<AppliedRow[]> {
  const { rows } = await client.query<{ exists: boolean }>(
    `select to_regclass('perennial.schema_migrations') is not null as exists`,
  );
  if (rows[0]?.exists !== true) return [];
  const applied = await client.query<AppliedRow>(
    'select version, name, checksum from perennial.schema_migrations order by version',
  );
  return applied.rows;
}

/** @throws INVARIANT_BROKEN when the database was migrated by other files than these */
function checkApplied(applied: readonly AppliedRow[], known: readonly Migration[]): void {
  for (const row of applied) {
    const migration = known[row.version - 1];
    if (migration === undefined) {
      throw new PipelineError(
        'INVARIANT_BROKEN',
        `The registry's schema is newer than this code: it has migration ${row.version} (${row.name}), the code knows ${known.length}. Start a newer perennial.`,
        { details: { schemaVersion: row.version, codeVersion: known.length } },
      );
    }
    if (migration.checksum !== row.checksum) {
      throw new PipelineError(
        'INVARIANT_BROKEN',
        `Migration ${migration.name} was changed after it was applied to this database; restore the file and add a new one.`,
        { details: { version: row.version, applied: row.checksum, file: migration.checksum } },
      );
    }
  }
}

async function locked<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // The first error is the one to tell; a connection that cannot roll back has rolled back.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

const CREATE_LEDGER = `
  create schema if not exists perennial;
  create table if not exists perennial.schema_migrations (
    version integer constraint schema_migrations_pkey primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp())
  );
  comment on table perennial.schema_migrations is 'Migrations applied to this database, with the sha256 of each file';`;

const isForbidden = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '42501';

/** Retryable: in a roll-out the workers may start before whoever migrates has done so. */
function mayNotMigrate(name: string, cause: unknown): PipelineError {
  return new PipelineError(
    'REGISTRY_UNAVAILABLE',
    `The registry's schema lacks ${name}, and this login may not apply it. Run \`node scripts/migrate.mjs\` as the schema's owner, or set PERENNIAL_MIGRATION_URL.`,
    { cause },
  );
}

/** Applies the oldest migration that is missing; null when none is. */
async function applyNext(client: Client, known: readonly Migration[]): Promise<string | null> {
  const applied = await appliedMigrations(client);
  checkApplied(applied, known);
  const next = known[applied.length];
  if (next === undefined) return null;
  try {
    if (applied.length === 0) await client.query(CREATE_LEDGER);
    await client.query(next.sql);
  } catch (error) {
    throw isForbidden(error) ? mayNotMigrate(next.name, error) : error;
  }
  await client.query('insert into perennial.schema_migrations (version, name, checksum) values ($1, $2, $3)', [
    next.version,
    next.name,
    next.checksum,
  ]);
  return next.name;
}

/** Only whoever owns the schema may hand out rights in it; a worker's login finds everything done already. */
async function applyRoles(client: Client): Promise<void> {
  const { rows } = await client.query<{ is_owner: boolean }>(
    `select pg_has_role(current_user, nspowner, 'USAGE') as is_owner from pg_namespace where nspname = 'perennial'`,
  );
  if (rows[0]?.is_owner === true) await client.query(await readFile(ROLES_FILE, 'utf8'));
}

async function migrateWith(client: Client, known: readonly Migration[]): Promise<MigrationResult> {
  await client.connect();
  const applied: string[] = [];
  for (;;) {
    const name = await locked(client, () => applyNext(client, known));
    if (name === null) break;
    applied.push(name);
  }
  await locked(client, () => applyRoles(client));
  return { version: known.length, applied };
}

/**
 * Brings the schema `perennial` up to date; does nothing when it is.
 * @param options.migrationsDir folder URL, ending in a slash; the project's own by default
 * @throws INVARIANT_BROKEN for a newer schema or a changed file; REGISTRY_UNAVAILABLE when Postgres cannot be reached, or
 * when something is missing that this login may not add
 */
export async function migrate(databaseUrl: string, options: { migrationsDir?: URL } = {}): Promise<MigrationResult> {
  const known = await readMigrations(options.migrationsDir ?? MIGRATIONS_DIR);
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'perennial-migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A server that goes away between two statements is reported by the next statement.
  client.on('error', () => undefined);
  try {
    return await migrateWith(client, known);
  } catch (error) {
    throw toRegistryError(error);
  } finally {
    await client.end();
  }
}
