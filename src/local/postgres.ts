/**
 * The embedded Postgres of one machine: initialised on first use, durable (fsync on), on the loopback interface, with a
 * password that only the state folder's owner can read. Survives `kill -9` of itself and of its starter.
 */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chownSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { PipelineError } from '../core/errors.js';
import { choosePort } from './ports.js';
import { type PostgresHome, preparePostgresHome } from './postgres-home.js';
import { ensureAppLogin } from './postgres-logins.js';
import { runningPostmaster } from './postmaster.js';
import { type ServiceProcess, startService, tailOfLog, waitForPredecessor, waitUntilReady } from './service-process.js';
import { writePrivateFile } from './state-dir.js';

const run = promisify(execFile);

const USER = 'perennial';
const DATABASE = 'perennial';
const READY_TIMEOUT_MS = 60_000;
const START_ATTEMPTS = 5;
const CHILD_ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

export interface LocalPostgres {
  /** A superuser's URL of the database `perennial`. */
  readonly url: string;
  /** The same database for workers and commands, which may read the registry and add to it. */
  readonly appUrl: string;
  readonly pid: number;
  readonly port: number;
  readonly dataDir: string;
  /** Fast shutdown: open transactions are rolled back, buffers written; waits for the end. */
  stop(): Promise<void>;
  /** SIGKILL of the postmaster, for fault injection. */
  kill(): Promise<void>;
}

function passwordFor(stateDir: string, dataDir: string): string {
  const path = join(stateDir, 'postgres.password');
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  if (existsSync(join(dataDir, 'PG_VERSION')))
    throw new PipelineError(
      'NATIVE_PART_MISSING',
      `${path} is gone, but ${dataDir} was initialised with it. Restore the file, or remove the folder to start empty.`,
    );
  const password = randomBytes(24).toString('hex');
  writePrivateFile(path, `${password}\n`);
  return password;
}

/** Initialises into a folder of its own and renames, so that a killed `initdb` leaves nothing that looks like data. */
async function initialise(home: PostgresHome, dataDir: string, password: string): Promise<void> {
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  for (const name of readdirSync(home.homeDir))
    if (name.startsWith('init-')) rmSync(join(home.homeDir, name), { recursive: true, force: true });
  const temporary = join(home.homeDir, `init-${randomUUID()}`);
  const passwordFile = join(home.homeDir, `init-password-${randomUUID()}`);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (home.runAs !== undefined) chownSync(passwordFile, home.runAs.uid, home.runAs.gid);
  const args = ['--pgdata', temporary, '--username', USER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
  args.push('--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8');
  try {
    await run(join(home.binDir, 'initdb'), args, { ...home.runAs, cwd: '/', env: CHILD_ENV });
    rmSync(dataDir, { recursive: true, force: true }); // without PG_VERSION it never was a cluster
    renameSync(temporary, dataDir);
  } catch (cause) {
    throw new PipelineError('NATIVE_PART_MISSING', `initdb failed: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Waits for a postmaster that is on its way out, then removes the pid file that a killed one left. */
async function clearPredecessor(dataDir: string): Promise<void> {
  await waitForPredecessor({ name: 'Postgres', data: dataDir, find: () => runningPostmaster(dataDir) });
  // Linux only: elsewhere a recycled pid cannot be told from a live server, and Postgres decides itself.
  if (process.platform === 'linux') rmSync(join(dataDir, 'postmaster.pid'), { force: true });
}

async function canConnect(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false; // not yet: asked again until the deadline
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function ensureDatabase(maintenanceUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: maintenanceUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function serverArgs(dataDir: string, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '100',
    fsync: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
  };
  return ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

interface Launch {
  readonly home: PostgresHome;
  readonly stateDir: string;
  readonly dataDir: string;
  readonly password: string;
  readonly port: number;
}

async function launch({ home, stateDir, dataDir, password, port }: Launch): Promise<LocalPostgres> {
  const urlOf = (database: string): string => `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;
  const logPath = join(stateDir, 'postgres.log');
  const process: ServiceProcess = await startService({
    name: 'Postgres',
    command: join(home.binDir, 'postgres'),
    args: serverArgs(dataDir, port),
    logPath,
    cwd: '/',
    env: CHILD_ENV,
    runAs: home.runAs,
    stopSignal: 'SIGINT',
    graceMs: 30_000,
  });
  const probe = (): Promise<boolean> => canConnect(urlOf('postgres'));
  await waitUntilReady({ name: 'Postgres', process, logPath, timeoutMs: READY_TIMEOUT_MS, probe });
  await ensureDatabase(urlOf('postgres'));
  const url = urlOf(DATABASE);
  const appUrl = await ensureAppLogin(url, stateDir);
  return { url, appUrl, pid: process.pid, port, dataDir, stop: process.stop, kill: process.kill };
}

/** What passes by itself: backends of a killed postmaster that still hold its memory, or a port lost to someone faster. */
function isPassing(logPath: string, isPortWanted: boolean): boolean {
  const text = tailOfLog(logPath);
  return (
    /pre-existing shared memory block|is another postmaster/.test(text) ||
    (!isPortWanted && /could not bind/.test(text))
  );
}

/**
 * Starts the Postgres of `stateDir`, initialising it on first use, and waits until it answers.
 * @param options.port a port that must be used (PORT_TAKEN when it is not free); `preferredPort` is used when it is free
 */
export async function startPostgres(options: {
  readonly stateDir: string;
  readonly port?: number | undefined;
  readonly preferredPort?: number | undefined;
}): Promise<LocalPostgres> {
  const stateDir = resolve(options.stateDir);
  const home = await preparePostgresHome(stateDir);
  const dataDir = join(home.homeDir, 'data');
  const password = passwordFor(stateDir, dataDir);
  await initialise(home, dataDir, password);
  for (let attempt = 1; ; attempt += 1) {
    await clearPredecessor(dataDir);
    const port = await choosePort({ service: 'Postgres', wanted: options.port, preferred: options.preferredPort });
    try {
      return await launch({ home, stateDir, dataDir, password, port });
    } catch (error) {
      if (attempt === START_ATTEMPTS || !isPassing(join(stateDir, 'postgres.log'), Boolean(options.port))) throw error;
      await new Promise((resume) => setTimeout(resume, 200 * attempt));
    }
  }
}
