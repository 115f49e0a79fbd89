// The build: `tsc` into an empty folder that then takes dist's place, so that nothing of a deleted source lingers. It is
// skipped when sources and outputs are exactly those of the last one.
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { withLock } from './lock.mjs';
import { rootDir } from './paths.mjs';
import { run } from './run.mjs';
import { SetupError, say, secondsSince } from './say.mjs';

const distDir = join(rootDir, 'dist');
const srcDir = join(rootDir, 'src');
const STAMP = '.build.json';

async function filesBelow(dir) {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

async function inputsDigest() {
  const hash = createHash('sha256');
  const compiler = join(rootDir, 'node_modules', 'typescript', 'package.json');
  for (const path of [join(rootDir, 'tsconfig.json'), join(rootDir, 'package.json'), compiler])
    hash.update(await readFile(path));
  for (const name of await filesBelow(srcDir)) hash.update(`\0${name}\0`).update(await readFile(join(srcDir, name)));
  return hash.digest('hex');
}

/** Size and time of every output: a file that something else wrote or removed since makes the build stale. */
async function outputsOf(dir) {
  const outputs = {};
  for (const name of await filesBelow(dir)) {
    if (name === STAMP) continue;
    const { size, mtimeMs } = await stat(join(dir, name));
    outputs[name] = [size, mtimeMs];
  }
  return JSON.stringify(outputs);
}

async function isCurrent() {
  const text = await readFile(join(distDir, STAMP), 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const stamp = JSON.parse(text);
  return stamp.inputs === (await inputsDigest()) && stamp.outputs === (await outputsOf(distDir));
}

async function removeLeftovers() {
  for (const name of await readdir(rootDir))
    if (name.startsWith('dist.')) await rm(join(rootDir, name), { recursive: true, force: true });
}

async function build() {
  const startedAtMs = Date.now();
  await removeLeftovers();
  const inputs = await inputsDigest();
  const next = join(rootDir, `dist.next-${randomUUID().slice(0, 8)}`);
  const compiler = join(rootDir, 'node_modules', 'typescript', 'bin', 'tsc');
  const result = await run(process.execPath, [compiler, '-p', 'tsconfig.json', '--outDir', next], { cwd: rootDir });
  if (result.status !== 0) {
    await rm(next, { recursive: true, force: true });
    throw new SetupError(`the build failed:\n${result.stdout}${result.stderr}`.trim(), 'correct the lines named above');
  }
  await writeFile(join(next, STAMP), JSON.stringify({ inputs, outputs: await outputsOf(next) }));
  const old = join(rootDir, `dist.old-${randomUUID().slice(0, 8)}`);
  await rename(distDir, old).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(next, distDir);
  await rm(old, { recursive: true, force: true });
  say(`build: ready in ${secondsSince(startedAtMs)}`);
}

/** Makes sure that dist/ is the build of src/ as it stands; SetupError with the compiler's words otherwise. */
export async function ensureBuild() {
  if (await isCurrent()) return;
  await withLock(join(rootDir, '.perennial', 'locks', 'build'), async () => {
    if (!(await isCurrent())) await build();
  });
}
