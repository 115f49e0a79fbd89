/** `perennial up` as a user runs it: a child process with a state folder of its own, and the commands typed against it. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { connectClient, type PerennialClient } from '#dist/client.js';
import { readEnv } from '#dist/env.js';
import { findTemporalCli } from '#dist/local/native-parts.js';
import { readPlatform } from '#dist/local/platform.js';
import { ROOT, writeSmallFlights } from './flights.js';

const MAIN = join(ROOT, 'dist', 'cli', 'main.js');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface PlatformChild {
  readonly stateDir: string;
  readonly uiUrl: string;
  /** To wait by: a command line a poll would cost seconds. */
  readonly client: PerennialClient;
  perennial(...args: string[]): Promise<Ended>;
  /** Parses what a command printed with `--json`; fails unless the command ended with 0. */
  json<T>(...args: string[]): Promise<T>;
  /** Temporal's own command line, pointed at the platform's server. */
  temporal(...args: string[]): Promise<Ended>;
  /** A line as a person would paste it. */
  shell(line: string): Promise<Ended>;
  /** The login of workers and commands, which may add and never rewrite. */
  readonly databaseUrl: string;
  /** As the database's superuser. */
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env, cwd: ROOT, timeout: 120_000, killSignal: 'SIGKILL' as const, maxBuffer: 16 * 1024 * 1024 };
    execFile(command, [...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
    );
  });
}

/** The caller's own servers and settings must not be found. */
function cleanEnv(stateDir: string): NodeJS.ProcessEnv {
  const foreign = /^(DATABASE_URL|TEMPORAL_|PERENNIAL_(STATE|ARTIFACT)_DIR)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), PERENNIAL_STATE_DIR: stateDir };
}

/** Workers and commands have a login that can rewrite nothing; the superuser's password lies in the state folder. */
function superuserUrl(databaseUrl: string, stateDir: string): string {
  const url = new URL(databaseUrl);
  url.username = 'perennial';
  url.password = readFileSync(join(stateDir, 'postgres.password'), 'utf8').trim();
  return url.href;
}

export async function startPlatformChild(name: string): Promise<PlatformChild> {
  const stateDir = mkdtempSync(join(tmpdir(), `perennial-e2e-${name}-`));
  await writeSmallFlights(stateDir);
  const env = cleanEnv(stateDir);
  const child = spawn(process.execPath, [MAIN, 'up'], { env, cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('perennial is up.')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    ended.then((code) => {
      rmSync(stateDir, { recursive: true, force: true });
      reject(new Error(`\`perennial up\` ended with ${code}:\n${output}`));
    });
  });
  const facts = readPlatform(stateDir);
  if (facts === undefined || facts.uiUrl === null) throw new Error(`${stateDir} has no platform.json with a Web UI.`);
  const { databaseUrl, temporalAddress, uiUrl } = facts;
  const { cacheDir, temporalCli } = readEnv();
  const cli = await findTemporalCli({ cacheDir, temporalCli });
  const client = await connectClient({ databaseUrl, temporal: { address: temporalAddress, namespace: 'default' } });
  const perennial = (...args: string[]): Promise<Ended> => run(process.execPath, [MAIN, ...args], env);
  // The command line's own settings file must not point elsewhere.
  const temporalEnv = { PATH: `${dirname(cli.path)}:/usr/bin:/bin`, HOME: stateDir, TEMPORAL_ADDRESS: temporalAddress };
  return {
    stateDir,
    uiUrl,
    databaseUrl,
    client,
    perennial,
    json: async <T>(...args: string[]): Promise<T> => {
      const { code, out, err } = await perennial(...args, '--json');
      if (code !== 0) throw new Error(`\`perennial ${args.join(' ')} --json\` ended with ${code}: ${err}\n${out}`);
      return JSON.parse(out) as T;
    },
    temporal: (...args) => run(cli.path, args, temporalEnv),
    shell: (line) => run('/bin/sh', ['-c', line], temporalEnv),
    sql: async (text, values = []) => {
      const superuser = new pg.Client({ connectionString: superuserUrl(databaseUrl, stateDir) });
      await superuser.connect();
      try {
        const results: pg.QueryResult | pg.QueryResult[] = await superuser.query(text, [...values]);
        return ('rows' in results ? results.rows : []) as Record<string, unknown>[];
      } finally {
        await superuser.end();
      }
    },
    stop: async () => {
      await client.close();
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
