// The per-user cache of native parts. An entry is built in a temporary directory, synced, given a marker with the
// size, time and sha256 of every file, and renamed into place: it is whole or it is not there.
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, createReadStream, fsyncSync, openSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { withLock } from './lock.mjs';
import { cacheDir } from './paths.mjs';
import { say } from './say.mjs';

const MARKER = 'complete.json';

/** sha256 of a file, as hex. */
export async function sha256OfFile(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Where the entry of a part lies; `key` is a sha256. */
export function entryDir(part, key) {
  return join(cacheDir(), part, key);
}

async function filesBelow(dir) {
  const found = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}

function sync(path) {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

async function writeMarker(dir, facts) {
  const files = {};
  for (const path of await filesBelow(dir)) {
    sync(path);
    const { size, mtimeMs } = await stat(path);
    files[relative(dir, path)] = { bytes: size, mtimeMs, sha256: await sha256OfFile(path) };
  }
  await writeFile(join(dir, MARKER), `${JSON.stringify({ ...facts, files }, null, 1)}\n`);
  sync(join(dir, MARKER));
  sync(dir);
}

/**
 * The marker of an entry whose files are all as they were written, or undefined. Size and time are compared; a file
 * whose time differs (a copied cache), or every file when `isThorough`, is hashed.
 */
async function readEntry(dir, { isThorough = false } = {}) {
  let marker;
  try {
    marker = JSON.parse(await readFile(join(dir, MARKER), 'utf8'));
  } catch {
    return undefined; // absent or damaged: either way the entry is not to be used
  }
  for (const [name, expected] of Object.entries(marker.files ?? {})) {
    const path = join(dir, name);
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isFile() || found.size !== expected.bytes) return undefined;
    const isUntouched = Math.abs(found.mtimeMs - expected.mtimeMs) < 1;
    if ((isThorough || !isUntouched) && (await sha256OfFile(path)) !== expected.sha256) return undefined;
  }
  return marker;
}

/** Leftovers of builds that were killed: whoever holds the part's lock owns every unfinished folder. */
async function removeAbandoned(parent) {
  for (const name of await readdir(parent))
    if (/^(tmp|bad)-/.test(name)) await rm(join(parent, name), { recursive: true, force: true });
}

/**
 * Makes sure that the entry `part`/`key` exists and is whole; `fill(dir)` builds it in a temporary directory and
 * returns facts for the marker. Safe against other processes and against being killed at any moment.
 * Returns `{dir, isFresh}`.
 */
export async function ensureEntry({ part, key, isThorough = false, fill }) {
  const dir = entryDir(part, key);
  if (await readEntry(dir, { isThorough })) return { dir, isFresh: false };
  const parent = dirname(dir);
  await mkdir(parent, { recursive: true });
  return withLock(join(cacheDir(), 'locks', part), async () => {
    if (await readEntry(dir, { isThorough })) return { dir, isFresh: false };
    await removeAbandoned(parent);
    const bad = join(parent, `bad-${randomUUID()}`);
    const hasBad = await rename(dir, bad).then(
      () => true,
      () => false,
    );
    if (hasBad) {
      say(`${part}: the cached copy is incomplete or damaged; fetching it again`);
      await rm(bad, { recursive: true, force: true });
    }
    const temporary = join(parent, `tmp-${randomUUID()}`);
    await mkdir(temporary);
    try {
      const facts = await fill(temporary);
      await writeMarker(temporary, { part, key, ...facts });
      await rename(temporary, dir);
      sync(parent);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return { dir, isFresh: true };
  });
}
