/**
 * Who connects to the embedded Postgres: its superuser migrates the schema and owns what the user makes; workers and
 * commands have a login of their own, a member of `perennial_app`, which can add to the registry and never rewrite it
 * (src/registry/roles.sql). Both passwords lie in the state folder, readable by its owner alone.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { writePrivateFile } from './state-dir.js';

const APP_LOGIN = 'perennial_worker';
/** Made here when it is not there yet, since the login comes before the first migration, which gives it its rights. */
const APP_ROLE = 'perennial_app';
const PASSWORD_FILE = 'postgres.worker-password';

/** 48 hex digits. It is given to the login again at each start, so a lost file costs nothing. */
function appPassword(stateDir: string): string {
  const path = join(stateDir, PASSWORD_FILE);
  const known = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  if (/^[0-9a-f]{48}$/.test(known)) return known;
  const password = randomBytes(24).toString('hex');
  writePrivateFile(path, `${password}\n`);
  return password;
}

const createUnlessThere = (role: string): string =>
  `do $$ begin create role ${role}; exception when duplicate_object or unique_violation then null; end $$`;

/** @param ownerUrl a superuser's URL of any database of the server; the answer is the application's URL of the same one */
export async function ensureAppLogin(ownerUrl: string, stateDir: string): Promise<string> {
  const password = appPassword(stateDir);
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(createUnlessThere(APP_ROLE));
    await client.query(createUnlessThere(APP_LOGIN));
    await client.query(`alter role ${APP_LOGIN} login password '${password}'`);
    await client.query(`grant ${APP_ROLE} to ${APP_LOGIN}`);
  } finally {
    await client.end();
  }
  const url = new URL(ownerUrl);
  url.username = APP_LOGIN;
  url.password = password;
  return url.href;
}
