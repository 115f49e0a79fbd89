// A lock between processes, held as a directory: mkdir is atomic everywhere. A holder that died leaves a stale
// lock; its pid and start time tell (a recycled pid has another start time), on another machine its age does.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SetupError, say } from './say.mjs';

const POLL_MS = 250;
const REFRESH_MS = 5_000;
const FOREIGN_STALE_MS = 60_000;
const OWNERLESS_STALE_MS = 10_000;
const TIMEOUT_MS = 30 * 60_000;

/** Start time of a live process in clock ticks since boot ('' where /proc is missing), or undefined when it is gone. */
function startTimeOf(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch (error) {
    return error.code === 'ENOENT' && process.platform === 'linux' ? undefined : '';
  }
}

function readOwner(path) {
  try {
    return JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8'));
  } catch {
    return undefined; // being written this moment, or its writer died between mkdir and write
  }
}

function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch (error) {
    if (error.code === 'ENOENT') return 0;
    throw error;
  }
}

function isStale(path, owner) {
  if (owner === undefined) return ageMs(path) > OWNERLESS_STALE_MS;
  if (owner.host !== hostname()) return ageMs(path) > FOREIGN_STALE_MS;
  return startTimeOf(owner.pid) !== owner.startTime;
}

/** Moves a stale lock aside. If a live holder slipped in between look and move, it is put back. */
function removeStale(path, seen) {
  const aside = `${path}.stale-${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (readOwner(aside)?.token !== seen?.token) {
    try {
      renameSync(aside, path);
      return;
    } catch (error) {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { recursive: true, force: true });
}

function tryTake(path, token) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  const owner = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '', host: hostname(), token };
  writeFileSync(join(path, 'owner.json'), JSON.stringify(owner));
  return true;
}

/** Runs `work` while holding the lock at `path`; waits for a live holder, takes over from a dead one. */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const token = randomUUID();
  const startedAtMs = Date.now();
  let hasToldWaiting = false;
  while (!tryTake(path, token)) {
    const owner = readOwner(path);
    if (isStale(path, owner)) {
      removeStale(path, owner);
      continue;
    }
    if (!hasToldWaiting) say(`waiting for process ${owner?.pid ?? '?'}, which is doing the same set-up`);
    hasToldWaiting = true;
    if (Date.now() - startedAtMs > TIMEOUT_MS)
      throw new SetupError(`lock ${path} is held for more than 30 minutes`, `stop process ${owner?.pid} and try again`);
    await wait(POLL_MS);
  }
  const refresh = setInterval(() => {
    const now = new Date();
    utimesSync(path, now, now);
  }, REFRESH_MS);
  refresh.unref();
  try {
    return await work();
  } finally {
    clearInterval(refresh);
    if (readOwner(path)?.token === token) rmSync(path, { recursive: true, force: true });
  }
}
