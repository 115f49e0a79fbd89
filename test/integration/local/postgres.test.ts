import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LocalPostgres, startPostgres } from '#dist/local/postgres.js';
import { temporaryFolder } from '../../setup/folders.js';

async function start(options: Parameters<typeof startPostgres>[0]): Promise<LocalPostgres> {
  const postgres = await startPostgres(options);
  onTestFinished(() => postgres.stop());
  return postgres;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the server may be killed while we are connected
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded Postgres', () => {
  it('is durable, listens on the loopback interface only and asks for its password', async () => {
    const { url } = await start({ stateDir: temporaryFolder({ isOpen: true }) });
    const settings = await query(
      url,
      "select name, setting from pg_settings where name in ('fsync', 'listen_addresses', 'max_connections', 'password_encryption') order by name",
    );
    expect(settings).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'max_connections', setting: '100' },
      { name: 'password_encryption', setting: 'scram-sha-256' },
    ]);
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  });

  it('keeps password, log and data from other users', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    const { dataDir } = await start({ stateDir });
    for (const name of ['postgres.password', 'postgres.log'])
      expect(statSync(join(stateDir, name)).mode & 0o077, name).toBe(0);
    expect(statSync(dataDir).mode & 0o077).toBe(0);
  });

  it('comes back on the same port with its committed rows after SIGKILL', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    const first = await start({ stateDir });
    await query(first.url, 'create table kept as select 42 as answer');
    await first.kill();
    expect(existsSync(join(first.dataDir, 'postmaster.pid'))).toBe(true);
    const second = await start({ stateDir, port: first.port });
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('starts although the pid in a left pid file now belongs to another program', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    const first = await start({ stateDir });
    await first.kill();
    const pidFile = join(first.dataDir, 'postmaster.pid');
    writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(process.pid)));
    const second = await start({ stateDir });
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('works in a folder that only its owner can enter', async () => {
    const stateDir = join(temporaryFolder({ isOpen: false }), 'state');
    const first = await start({ stateDir });
    await query(first.url, 'create table kept as select 7 as answer');
    await first.stop();
    const second = await start({ stateDir });
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 7 }]);
    // Under root the data lies elsewhere; it goes when its state folder is gone and another one is made.
    await second.stop();
    rmSync(stateDir, { recursive: true });
    await start({ stateDir: join(temporaryFolder({ isOpen: false }), 'other') });
    expect(existsSync(second.dataDir)).toBe(false);
  });

  it('refuses a wanted port that is taken, naming it', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    onTestFinished(() => void server.close());
    const starting = startPostgres({ stateDir: temporaryFolder({ isOpen: true }), port });
    await expect(starting).rejects.toMatchObject({ code: 'PORT_TAKEN', details: { port } });
  });

  it('says what to do when the password of existing data is gone', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    await (await start({ stateDir })).stop();
    rmSync(join(stateDir, 'postgres.password'));
    await expect(startPostgres({ stateDir })).rejects.toThrow(/Restore the file, or remove the folder/);
  });

  it('does not take a half-made data folder for data', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    const { dataDir, stop } = await start({ stateDir });
    await stop();
    rmSync(join(dataDir, 'PG_VERSION'));
    const { url } = await start({ stateDir });
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});
