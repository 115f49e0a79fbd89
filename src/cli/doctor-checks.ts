/** What `perennial doctor` looks at: each check says what it found and, when it is not well, what to do. */
import { existsSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Env } from '../env.js';
import { findTemporalCli, packageRoot } from '../local/native-parts.js';
import { readPlatform } from '../local/platform.js';
import { postgresPackageDir } from '../local/postgres-home.js';
import { ensureStateDir } from '../local/state-dir.js';
import { failureOf } from './fail.js';

export interface Check {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do; empty when nothing is. */
  readonly advice: string;
}

const ok = (check: string, found: string): Check => ({ check, state: 'ok', found, advice: '' });
const warn = (check: string, found: string, advice: string): Check => ({ check, state: 'warn', found, advice });
const fail = (check: string, found: string, advice: string): Check => ({ check, state: 'fail', found, advice });

const GIB = 1024 ** 3;
const LEAST_FREE_GIB = 2;
const LEAST_MEMORY_GIB = 4;

/** @param version e.g. `20.12.0` */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 12)) return fail('Node', version, 'Install Node 20.12 to 24.');
  if (major > 24) return warn('Node', version, 'Not tested here; Node 20.12 to 24 is.');
  return ok('Node', version);
}

export function checkHost(platform: string, arch: string): Check {
  const name = `${platform} ${arch}`;
  if (platform === 'linux' && arch === 'x64') return ok('platform', name);
  return warn('platform', name, 'Untested: the pinned native parts are for Linux x64.');
}

function checkMemory(): Check {
  const found = `${(totalmem() / GIB).toFixed(1)} GiB, ${availableParallelism()} cores`;
  if (totalmem() >= LEAST_MEMORY_GIB * GIB) return ok('memory', found);
  return warn('memory', found, 'Lower trainer.limits.memoryMb and keep one run at a time.');
}

/** A native part that is found by a call that throws where it is missing. */
async function checkPart(name: string, find: () => Promise<string> | string): Promise<Check> {
  try {
    return ok(name, await find());
  } catch (error) {
    const { message, advice } = failureOf(error);
    return fail(name, message, advice);
  }
}

function findTfjs(): string {
  const path = join(packageRoot, 'node_modules', '@tensorflow', 'tfjs-node', 'lib', 'napi-v8', 'tfjs_binding.node');
  if (!existsSync(path)) throw new Error(`${path} is missing; run \`npm run setup\`, or set trainer.backend: wasm.`);
  return path;
}

async function checkStateDir(dir: string): Promise<Check> {
  const probe = join(dir, `.doctor-${process.pid}`);
  try {
    ensureStateDir(dir);
    await writeFile(probe, 'doctor', { flag: 'wx' });
    const { bavail, bsize } = await statfs(dir);
    const freeGib = (bavail * bsize) / GIB;
    const found = `${dir}, ${freeGib.toFixed(1)} GiB free`;
    return freeGib >= LEAST_FREE_GIB ? ok('state folder', found) : warn('state folder', found, 'Free some disk space.');
  } catch (error) {
    return fail('state folder', failureOf(error).message, 'Make it writable, or set PERENNIAL_STATE_DIR.');
  } finally {
    await rm(probe, { force: true });
  }
}

/** Whether something accepts connections there; nothing is sent. */
function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 });
    const settle = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}

async function checkServer(name: string, url: URL, defaultPort: number): Promise<Check> {
  const port = Number(url.port || defaultPort);
  const at = `${url.hostname}:${port}`;
  if (await accepts(url.hostname.replace(/^\[|\]$/g, ''), port)) return ok(name, `answers at ${at}`);
  return fail(name, `nothing answers at ${at}`, 'Start it, or correct its address.');
}

async function checkServers(env: Env): Promise<Check[]> {
  const local = readPlatform(env.stateDir);
  const live = local?.isRunning === true ? local : null;
  const database = env.databaseUrl ?? live?.databaseUrl;
  const temporal = env.temporal.address ?? live?.temporalAddress;
  const notYet = 'Start the platform with `perennial up` when you need it.';
  return [
    database === undefined
      ? warn('Postgres', 'not running', notYet)
      : await checkServer('Postgres', new URL(database), 5432),
    temporal === undefined
      ? warn('Temporal', 'not running', notYet)
      : await checkServer('Temporal', new URL(`tcp://${temporal}`), 7233),
  ];
}

export async function runChecks(env: Env): Promise<Check[]> {
  return [
    checkNode(process.versions.node),
    checkHost(process.platform, process.arch),
    checkMemory(),
    await checkPart('embedded Postgres', postgresPackageDir),
    await checkPart('Temporal CLI', async () => {
      const { path, version, from } = await findTemporalCli({ cacheDir: env.cacheDir, temporalCli: env.temporalCli });
      return `${version} (${from}) ${path}`;
    }),
    await checkPart('TensorFlow add-on', findTfjs),
    await checkStateDir(env.stateDir),
    ...(await checkServers(env)),
  ];
}
