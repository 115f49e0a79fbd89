/**
 * Python packages for tests that run a user's monitor as it is: pinned with their digests, fetched by the machine's own pip,
 * kept in the cache beside the native parts. Without a virtual environment, since Debian's python3 has no `venv`.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

interface Lock {
  withLock<T>(path: string, work: () => Promise<T>): Promise<T>;
}
interface Paths {
  cacheDir(): string;
}

const setup = async <T>(file: string): Promise<T> =>
  (await import(new URL(`../../scripts/setup/${file}`, import.meta.url).href)) as T;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; one that is not installed ends with status null. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text;
    });
    child.once('error', (error) => resolve({ status: null, stdout: '', stderr: error.message }));
    child.once('close', (status) => resolve({ status, ...said }));
  });
}

const WHAT = 'import sys, sysconfig; print(*sys.version_info[:2], sysconfig.get_platform())';

/** "3 11 linux-x86_64": wheels with native code fit one version of Python on one platform. */
async function pythonKind(): Promise<string> {
  const found = await run('python3', ['-c', WHAT], process.env);
  const [major, minor] = found.stdout.split(' ').map(Number);
  if (found.status === 0 && major === 3 && minor !== undefined && minor >= 10 && minor <= 14)
    return found.stdout.trim();
  const version = found.status === 0 ? `python3 is version ${major}.${minor}` : `python3 does not run: ${found.stderr}`;
  throw new Error(
    `${version}. The monitors' packages are pinned for Python 3.10 to 3.14: put one first in PATH, ` +
      'on Debian: apt-get install python3 python3-pip.',
  );
}

const remedyOf = ({ stderr }: Ended): string =>
  /No module named pip/.test(stderr)
    ? 'pip is not installed for python3. Install it, on Debian: apt-get install python3-pip.'
    : 'Check the network and `python3 -m pip config list`; pip 20.3 or later is needed. Then run the tests again.';

async function install(requirements: string, dir: string): Promise<void> {
  const args = [
    '-m',
    'pip',
    'install',
    '--target',
    dir,
    '--requirement',
    requirements,
    '--require-hashes',
    '--no-deps',
  ];
  args.push('--only-binary=:all:', '--no-compile', '--no-cache-dir', '--no-input', '--disable-pip-version-check', '-q');
  // A user's settings for mirrors and proxies apply; those that forbid or contradict --target do not.
  const ended = await run('python3', args, { ...process.env, PIP_REQUIRE_VIRTUALENV: '0', PIP_USER: '0' });
  if (ended.status === 0) return;
  throw new Error(`pip could not install ${requirements}:\n${ended.stderr.slice(-2000)}\n${remedyOf(ended)}`);
}

/**
 * @param requirements path of a file of exact pins with digests, complete: nothing else is fetched
 * @returns folder for PYTHONPATH, whole: it is filled under another name and renamed
 * @throws with what to do, where Python, pip or the registry is missing
 */
export async function pythonPackages(name: string, requirements: string): Promise<string> {
  const kind = await pythonKind();
  const digest = createHash('sha256').update(`${kind}\n`).update(readFileSync(requirements)).digest('hex');
  const { cacheDir } = await setup<Paths>('paths.mjs');
  const { withLock } = await setup<Lock>('lock.mjs');
  const parent = join(cacheDir(), 'monitors');
  const dir = join(parent, `${name}-${digest}`);
  if (existsSync(dir)) return dir;
  mkdirSync(parent, { recursive: true });
  return withLock(join(cacheDir(), 'locks', 'monitors'), async () => {
    if (existsSync(dir)) return dir;
    // Whoever holds the lock owns what was left unfinished.
    for (const left of readdirSync(parent)) {
      if (left.startsWith('tmp-')) rmSync(join(parent, left), { recursive: true, force: true });
    }
    const temporary = mkdtempSync(join(parent, 'tmp-'));
    try {
      await install(requirements, temporary);
      // One for the file system: for each of 24,000 files it took two minutes.
      await run('sync', ['-f', temporary], process.env);
      renameSync(temporary, dir);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
    return dir;
  });
}
