// npm dependencies exactly as the lock file says, install scripts off. A stamp inside node_modules names the lock file
// it was made from; `npm ci` removes node_modules first, so an interrupted installation has no stamp.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { rootDir } from './paths.mjs';
import { tailOf, tryRun } from './run.mjs';
import { SetupError, say, secondsSince } from './say.mjs';

const ARGS = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
const PROGRESS_EVERY_MS = 10_000;

const stampPath = join(rootDir, 'node_modules', '.perennial-stamp.json');

async function wantedStamp() {
  const lock = await readFile(join(rootDir, 'package-lock.json'));
  const lockSha256 = createHash('sha256').update(lock).digest('hex');
  return JSON.stringify({ lockSha256, platform: process.platform, arch: process.arch });
}

async function isInstalled() {
  const found = await readFile(stampPath, 'utf8').catch(() => undefined);
  return found === (await wantedStamp());
}

async function install() {
  const startedAtMs = Date.now();
  say('installing npm packages from package-lock.json');
  const ticker = setInterval(() => say(`  still installing after ${secondsSince(startedAtMs)}`), PROGRESS_EVERY_MS);
  try {
    const result = await tryRun('npm', ARGS, { cwd: rootDir });
    if (result === undefined) throw new SetupError('npm is not on PATH', 'install Node with npm, version 10 or later');
    if (result.status !== 0)
      throw new SetupError(
        `\`npm ${ARGS.join(' ')}\` failed:\n${tailOf(result, 20)}`,
        'check the network and `npm config get registry`, then run the same command again',
      );
  } finally {
    clearInterval(ticker);
  }
  await writeFile(stampPath, await wantedStamp());
  say(`npm packages: ready in ${secondsSince(startedAtMs)}`);
}

/** Makes sure that node_modules is what package-lock.json says; two processes at once do it once. */
export async function ensureDependencies() {
  if (await isInstalled()) return;
  await withLock(join(rootDir, '.perennial', 'locks', 'dependencies'), async () => {
    if (!(await isInstalled())) await install();
  });
}
