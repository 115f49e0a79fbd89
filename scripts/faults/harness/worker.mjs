// The worker under test, seen from the parent: a process that is started, killed and started again, with all that its
// activities did as a list of events, and gates that outlive the process.
import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { trainersOf } from './processes.mjs';

const ENTRY = fileURLToPath(new URL('../worker-process.mjs', import.meta.url));
const READY_TIMEOUT_MS = 120_000;

function tail(path, lines = 15) {
  try {
    return readFileSync(path, 'utf8').trim().split('\n').slice(-lines).join('\n');
  } catch {
    return ''; // nothing was written
  }
}

/** Resolves with the pid when the process says that its workers run; rejects when it ends before, or is too late. */
function untilReady(child, { onEvent, log }) {
  return new Promise((resolve, reject) => {
    const settle = (act) => {
      clearTimeout(timer);
      off();
      act();
    };
    const fail = (how) => settle(() => reject(new Error(`The worker ${how}. Its log ends with:\n${tail(log)}`)));
    const timer = setTimeout(() => fail('was not ready in time'), READY_TIMEOUT_MS);
    const off = onEvent((event) => {
      if (event.pid !== child.pid) return;
      if (event.type === 'ready') settle(() => resolve(child.pid));
      if (event.type === 'exit') fail('ended while starting');
    });
  });
}

/** SIGKILL, and the end of the process. @returns its pid and the trainers that it had at that moment */
async function killChild(child) {
  const trainers = trainersOf(child.pid);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  return { pid: child.pid, trainers };
}

const hasEnded = (child) => child === null || child.exitCode !== null || child.signalCode !== null;
const isOf = (arm) => (other) => other.activity === arm.activity && other.workflowId === arm.workflowId;

export function createWorker({ databaseUrl, temporalAddress, artifactDir, scratchDir, workerLog: log }, options = {}) {
  const settings = { databaseUrl, temporalAddress, artifactDir, scratchDir, ...options };
  const events = [];
  const crashes = [];
  const emitter = new EventEmitter();
  let arms = [];
  let child = null;
  const killed = new WeakSet();

  const take = (pid, message) => {
    const event = { ...message, pid, atMs: Date.now() };
    events.push(event);
    emitter.emit('event', event);
  };
  const onEvent = (listener) => {
    emitter.on('event', listener);
    return () => emitter.off('event', listener);
  };
  const tell = (message) => {
    if (child?.connected) child.send(message, () => undefined);
  };
  const holds = (arm) => liveHolds(events, child?.pid).filter(isOf(arm));
  const go = (holdId) => tell({ type: 'go', holdId });
  const rearm = (list) => {
    arms = list;
    tell({ type: 'arms', arms });
  };
  const start = () => {
    const mine = forkWorker(log);
    child = mine;
    mine.on('message', (message) => take(mine.pid, message));
    mine.on('exit', (code, signal) => {
      take(mine.pid, { type: 'exit', code, signal });
      if (!killed.has(mine)) crashes.push(`worker ${mine.pid} ended by itself (${signal ?? code}):\n${tail(log)}`);
    });
    mine.send({ type: 'start', settings, arms });
    return untilReady(mine, { onEvent, log });
  };

  return {
    events,
    /** Ends of the process that nobody asked for, with the last lines of its log. */
    crashes,
    start,
    kill: async () => {
      if (hasEnded(child)) return { pid: child?.pid, trainers: [] };
      killed.add(child);
      return killChild(child);
    },
    get pid() {
      return child?.pid;
    },
    tell,
    arm: (arm) => rearm([...arms, arm]),
    /** Also lets go whatever it holds. */
    disarm: (arm) => {
      rearm(arms.filter((other) => !isOf(arm)(other)));
      for (const { holdId } of holds(arm)) go(holdId);
    },
    /** Held now, in the process that lives. */
    holds,
    go,
  };
}

function forkWorker(log) {
  const fd = openSync(log, 'a', 0o600);
  try {
    // A group of its own: Ctrl-C in the terminal reaches us, and we end it.
    return fork(ENTRY, [], { stdio: ['ignore', fd, fd, 'ipc'], detached: true, execArgv: [] });
  } finally {
    closeSync(fd);
  }
}

function liveHolds(events, pid) {
  const live = new Map();
  for (const event of events) {
    if (event.pid !== pid) continue;
    if (event.type === 'held') live.set(event.holdId, event);
    if (event.type === 'unheld') live.delete(event.holdId);
    if (event.type === 'exit') live.clear();
  }
  return [...live.values()];
}
