/** What a test file asks of the run's servers: a database of its own, addresses, a queue nobody else polls. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

const TEMPLATE = 'perennial_template';
// Any number will do, as long as it is the same in every test process.
const TEMPLATE_LOCK = 7_061_995;

export interface FreshDatabase {
  readonly url: string;
  /** Drops the database, whoever is still connected. */
  drop(): Promise<void>;
}

function urlOf(database: string): string {
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${database}`;
  return url.href;
}

async function withMaintenance<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Migrates under another name and renames, so that a template that exists is complete. */
async function ensureTemplate(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [TEMPLATE]);
  if (rowCount !== 0) return;
  const { migrate } = await import('#dist/registry/migrate.js');
  await client.query(`drop database if exists ${TEMPLATE}_building with (force)`);
  await client.query(`create database ${TEMPLATE}_building`);
  await migrate(urlOf(`${TEMPLATE}_building`));
  await client.query(`alter database ${TEMPLATE}_building rename to ${TEMPLATE}`);
}

async function createDatabase(name: string, fromTemplate: boolean): Promise<FreshDatabase> {
  const database = `${name.toLowerCase().replace(/[^a-z0-9]+/g, '_')}_${randomUUID().slice(0, 8)}`;
  await withMaintenance(async (client) => {
    // A template must have no other session while it is copied: one copy at a time.
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    if (fromTemplate) await ensureTemplate(client);
    await client.query(`create database "${database}" ${fromTemplate ? `template ${TEMPLATE}` : ''}`);
  });
  const drop = (): Promise<void> =>
    withMaintenance(async (client) => {
      await client.query(`drop database if exists "${database}" with (force)`);
    });
  return { url: urlOf(database), drop };
}

/** A database with the registry's migrated schema and no rows. */
export function freshDatabase(name: string): Promise<FreshDatabase> {
  return createDatabase(name, true);
}

/** A database without any table, for tests of the migrations themselves and of users' sources. */
export function emptyDatabase(name: string): Promise<FreshDatabase> {
  return createDatabase(name, false);
}

/** `host:port` of the run's Temporal development server; namespace `default`, search attributes registered. */
export function temporalAddress(): string {
  return inject('temporalAddress');
}

/** The executable for `TestWorkflowEnvironment.createTimeSkipping`. */
export function testServerPath(): string {
  return inject('testServerPath');
}

/** A task queue (or model id, lower case and hyphens only) that no other test uses. */
export function uniqueTaskQueue(prefix = 'test'): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}
