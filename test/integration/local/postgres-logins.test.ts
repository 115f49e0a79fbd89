/** The embedded Postgres has two logins: whoever migrates, and workers and commands, who can rewrite nothing. */
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnv } from '#dist/env.js';
import { type Platform, startPlatform } from '#dist/local/platform.js';
import { startPostgres } from '#dist/local/postgres.js';
import { migrate } from '#dist/registry/migrate.js';
import { temporaryFolder } from '../../setup/folders.js';
import { temporalAddress } from '../../setup/services.js';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const stateDir = mkdtempSync(join(tmpdir(), 'perennial-logins-'));
let platform: Platform;
beforeAll(async () => {
  // Under root Postgres runs as another user, who has to pass through this folder.
  chmodSync(stateDir, 0o711);
  const { cacheDir } = readEnv();
  platform = await startPlatform({ stateDir, cacheDir, temporal: { address: temporalAddress() } });
  await migrate(platform.migrationUrl);
});
afterAll(async () => {
  await platform?.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

describe('workers and commands', () => {
  it('connect as a member of perennial_app that is neither superuser nor owner', async () => {
    expect(
      await query(
        platform.databaseUrl,
        `select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls as is_mighty,
           pg_has_role('perennial_app', 'usage') as is_app, pg_has_role('perennial_owner', 'usage') as is_owner
         from pg_roles where rolname = current_user`,
      ),
    ).toEqual([{ is_mighty: false, is_app: true, is_owner: false }]);
  });

  it('check the schema by themselves, and can neither rewrite the audit nor switch its guards off', async () => {
    expect((await migrate(platform.databaseUrl)).applied).toEqual([]);
    for (const sql of [
      `update perennial.audit set kind = 'decision'`,
      'delete from perennial.alias_moves',
      'alter table perennial.audit disable trigger all',
      'set session_replication_role = replica',
    ]) {
      await expect(query(platform.databaseUrl, sql), sql).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('read source tables of the same database once they are granted', async () => {
    await query(platform.migrationUrl, 'create schema shop; create table shop.rides as select 7 as id');
    await expect(query(platform.databaseUrl, 'select id from shop.rides')).rejects.toMatchObject({ code: '42501' });
    await query(
      platform.migrationUrl,
      'grant usage on schema shop to perennial_app; grant select on shop.rides to perennial_app',
    );
    expect(await query(platform.databaseUrl, 'select id from shop.rides')).toEqual([{ id: 7 }]);
  });
});

describe('the password of workers and commands', () => {
  it('is private, and the same at the next start', async () => {
    expect(statSync(join(stateDir, 'postgres.worker-password')).mode & 0o077).toBe(0);
    expect(new URL(platform.databaseUrl).password).not.toBe(new URL(platform.migrationUrl).password);
  });

  it('is made anew when its file is lost or damaged', async () => {
    const own = temporaryFolder({ isOpen: true });
    const file = join(own, 'postgres.worker-password');
    const seen = new Set<string>();
    for (const spoil of [
      () => undefined,
      () => rmSync(file),
      () => writeFileSync(file, `x'; drop role postgres; --`),
    ]) {
      spoil();
      const postgres = await startPostgres({ stateDir: own });
      expect(await query(postgres.appUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
      seen.add(postgres.appUrl.replace(/:\d+\//, '/'));
      await postgres.stop();
    }
    expect(seen.size).toBe(3);
  });
});

it("with a Postgres of the user's own, both are what the user named", async () => {
  const temporal = { address: temporalAddress() };
  const { cacheDir } = readEnv();
  const databaseUrl = platform.databaseUrl;
  for (const migrationUrl of [undefined, platform.migrationUrl]) {
    const settings = { stateDir: temporaryFolder({ isOpen: true }), cacheDir, databaseUrl, migrationUrl, temporal };
    const other = await startPlatform(settings);
    expect(other).toMatchObject({ databaseUrl, migrationUrl: migrationUrl ?? databaseUrl, postgres: undefined });
    await other.stop();
  }
});
