/**
 * A server that this process starts and owns. It runs in its own process group, so that a Ctrl-C in the terminal reaches
 * only us and servers stop after the workers that use them. A small shell beside it (the reaper) reads from a pipe of
 * which we hold the other end: should this process die without cleaning up, even by SIGKILL, the reaper stops the server.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { PipelineError } from '../core/errors.js';

const PREDECESSOR_TIMEOUT_MS = 15_000;

/** The user to run as; undefined = this process's own. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface ServiceProcess {
  readonly pid: number;
  /** Resolves when the process has ended, however it did. */
  readonly exited: Promise<void>;
  hasExited(): boolean;
  /** Asks it to stop and waits; SIGKILL after `graceMs`. */
  stop(): Promise<void>;
  /** SIGKILL, for fault injection: nothing is flushed, nothing is tidied. */
  kill(): Promise<void>;
}

export interface ServiceCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logPath: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly runAs?: RunAs | undefined;
  /** Written by the server's own shell before the server runs, so that no start goes unrecorded. */
  readonly pidPath?: string | undefined;
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
}

// $1 pid file or '', $2 signal; the rest is the server. `read` fails at end of file, that is when the owner is gone; a line
// means that the server ended first. The reaper is forked twice, so that the server has no child it does not know of. Files
// that servers make (a database of payloads, for one) are for their owner alone.
const LAUNCHER = `umask 077
[ -z "$1" ] || echo $$ > "$1"
( ( read -r _ <&3 || kill -s "$2" $$ ) > /dev/null 2>&1 & )
exec 3<&-
shift 2
exec "$@"`;

/** The last lines of a log file, for an error message; '' when there is none. */
export function tailOfLog(logPath: string, lines = 8): string {
  try {
    return readFileSync(logPath, 'utf8').trim().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

function spawnService(service: ServiceCommand): Promise<ChildProcess> {
  const log = openSync(service.logPath, 'a', 0o600);
  const { command, args, pidPath = '', stopSignal } = service;
  const words = ['-c', LAUNCHER, 'perennial-launcher', pidPath, stopSignal.replace(/^SIG/, ''), command, ...args];
  const child = spawn('/bin/sh', words, {
    cwd: service.cwd,
    env: service.env,
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
    ...(service.runAs ?? {}),
  });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child));
    child.once('error', (cause) =>
      reject(
        new PipelineError('NATIVE_PART_MISSING', `${service.name} cannot be started: ${cause}`, {
          cause,
          details: { service: service.name, command: service.command },
        }),
      ),
    );
  });
}

/** Our end of the reaper's pipe; it must not keep Node's event loop alive. */
function lifeline(child: ChildProcess): Socket {
  const pipe = child.stdio[3];
  if (!(pipe instanceof Socket))
    throw new PipelineError('INVARIANT_BROKEN', 'The fourth stream of a server is no pipe.');
  pipe.on('error', () => pipe.destroy()); // the reaper was killed: nothing is left to tell it
  pipe.unref();
  return pipe;
}

/** Starts a server; the process never keeps Node's event loop alive by itself. */
export async function startService(service: ServiceCommand): Promise<ServiceProcess> {
  const child = await spawnService(service);
  const { pid } = child;
  if (pid === undefined) throw new PipelineError('INVARIANT_BROKEN', `${service.name} was started without a pid.`);
  const pipe = lifeline(child);
  let hasExited = false;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      hasExited = true;
      pipe.end('\n'); // from here on the pid may belong to someone else
      resolve();
    });
  });
  child.unref();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasExited) return;
    child.ref();
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), service.graceMs);
    await exited;
    clearTimeout(timer);
  };
  return {
    pid,
    exited,
    hasExited: () => hasExited,
    stop: () => end(service.stopSignal),
    kill: () => end('SIGKILL'),
  };
}

/**
 * Waits for the server that an earlier owner started on the same data and that is on its way out.
 * @param options.find the pid of such a server, or undefined when there is none
 * @throws PORT_TAKEN when it still runs after 15 s: then its owner lives
 */
export async function waitForPredecessor(options: {
  readonly name: string;
  readonly data: string;
  readonly find: () => number | undefined;
}): Promise<void> {
  const { name, data, find } = options;
  const deadlineMs = performance.now() + PREDECESSOR_TIMEOUT_MS;
  for (let pid = find(); pid !== undefined; pid = find()) {
    if (performance.now() > deadlineMs)
      throw new PipelineError(
        'PORT_TAKEN',
        `${name} already runs on ${data} as process ${pid}. Stop its owner first.`,
        {
          details: { pid, data },
        },
      );
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

/** Calls `probe` until it answers true; PipelineError SERVER_UNREACHABLE at the deadline or when the server has ended. */
export async function waitUntilReady(options: {
  readonly name: string;
  readonly process: ServiceProcess;
  readonly logPath: string;
  readonly timeoutMs: number;
  readonly probe: () => Promise<boolean>;
}): Promise<void> {
  const { name, process, logPath, timeoutMs, probe } = options;
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await probe())) {
    const isLate = performance.now() > deadlineMs;
    if (!process.hasExited() && !isLate) {
      await Promise.race([process.exited, new Promise((resolve) => setTimeout(resolve, 50))]);
      continue;
    }
    const why = process.hasExited() ? 'ended while starting' : `was not ready after ${timeoutMs / 1000} s`;
    if (!process.hasExited()) await process.kill();
    throw new PipelineError(
      'SERVER_UNREACHABLE',
      `${name} ${why}. Its log ${logPath} ends with:\n${tailOfLog(logPath)}`,
      {
        details: { service: name, logPath },
      },
    );
  }
}
