// Processes by pid and start time (pids are used again), read from /proc: is this very trainer still there?
import { readdirSync, readFileSync } from 'node:fs';

const TRAINER = /dist\/trainer\/child\.js$/;

/** @returns {{ ppid: number, state: string, startTime: string } | null} null when there is no such process */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], ppid: Number(fields[1]), startTime: fields[19] };
  } catch {
    return null; // gone
  }
}

function isTrainer(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .some((word) => TRAINER.test(word));
  } catch {
    return false; // gone meanwhile
  }
}

/** @returns {{ pid: number, startTime: string } | null} */
export function identityOf(pid) {
  const stat = statOf(pid);
  return stat === null ? null : { pid, startTime: stat.startTime };
}

/** A zombie is dead: nobody has asked for its exit status, that is all. */
export function isRunning({ pid, startTime }) {
  const stat = statOf(pid);
  return stat !== null && stat.startTime === startTime && stat.state !== 'Z' && stat.state !== 'X';
}

/** The forked trainers of a worker that lives: those that train and those that score. */
export function trainersOf(workerPid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statOf(pid)?.ppid === workerPid && isTrainer(pid))
    .map(identityOf)
    .filter((identity) => identity !== null);
}

/** @returns milliseconds until the last of them was gone, or null when one was still there after `limitMs` */
export async function untilGone(identities, limitMs) {
  const startedAtMs = performance.now();
  while (identities.some(isRunning)) {
    if (performance.now() - startedAtMs > limitMs) return null;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - startedAtMs;
}
