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

export function createWorker(stack, options = {}) {
  const events = [];
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  const crashes = [];
  let arms = [];
  let child = null;
  let isKilling = false;
  const { databaseUrl, temporalAddress, artifactDir, scratchDir, workerLog } = stack;
  const settings = { databaseUrl, temporalAddress, artifactDir, scratchDir, ...options };

  const take = (pid, message) => {
    const event = { ...message, pid, atMs: Date.now() };
    events.push(event);
    emitter.emit('event', event);
  };

  const start = () => {
    const log = openSync(workerLog, 'a', 0o600);
    // A group of its own: Ctrl-C reaches us, and we end it.
    child = fork(ENTRY, [], { stdio: ['ignore', log, log, 'ipc'], detached: true, execArgv: options.execArgv ?? [] });
    closeSync(log);
    const mine = child;
    isKilling = false;
    mine.on('message', (message) => take(mine.pid, message));
    mine.on('exit', (code, signal) => {
      take(mine.pid, { type: 'exit', code, signal });
      if (!isKilling) crashes.push(`worker ${mine.pid} ended by itself (${signal ?? code}):\n${tail(workerLog)}`);
    });
    mine.send({ type: 'start', settings, arms });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail('was not ready in time'), READY_TIMEOUT_MS);
      const onEvent = (event) => {
        if (event.pid !== mine.pid) return;
        if (event.type === 'ready') settle(() => resolve(mine.pid));
        if (event.type === 'exit') fail('ended while starting');
      };
      const settle = (act) => {
        clearTimeout(timer);
        emitter.off('event', onEvent);
        act();
      };
      const fail = (how) =>
        settle(() => reject(new Error(`The worker ${how}. Its log ends with:\n${tail(workerLog)}`)));
      emitter.on('event', onEvent);
    });
  };

  const kill = async () => {
    const mine = child;
    if (mine === null || mine.exitCode !== null || mine.signalCode !== null) return { pid: mine?.pid, trainers: [] };
    isKilling = true;
    const trainers = trainersOf(mine.pid);
    const gone = new Promise((resolve) => mine.once('exit', resolve));
    mine.kill('SIGKILL');
    await gone;
    return { pid: mine.pid, trainers };
  };

  const tell = (message) => {
    if (child?.connected) child.send(message, () => undefined);
  };

  return {
    events,
    /** Ends of the process that nobody asked for, with the last lines of its log. */
    crashes,
    start,
    /** SIGKILL. @returns its pid and the trainers that it had at that moment */
    kill,
    get pid() {
      return child?.pid;
    },
    tell,
    onEvent: (listener) => {
      emitter.on('event', listener);
      return () => emitter.off('event', listener);
    },
    arm: (arm) => {
      arms = [...arms, arm];
      tell({ type: 'arms', arms });
    },
    /** Also lets go whatever it holds. */
    disarm: (arm) => {
      arms = arms.filter((other) => other.activity !== arm.activity || other.workflowId !== arm.workflowId);
      tell({ type: 'arms', arms });
      for (const event of liveHolds(events, child?.pid))
        if (event.activity === arm.activity && event.workflowId === arm.workflowId) {
          tell({ type: 'go', holdId: event.holdId });
        }
    },
    /** Holds of the process that lives now. */
    holds: (arm) =>
      liveHolds(events, child?.pid).filter(
        (event) => event.activity === arm.activity && event.workflowId === arm.workflowId,
      ),
    go: (holdId) => tell({ type: 'go', holdId }),
  };
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
