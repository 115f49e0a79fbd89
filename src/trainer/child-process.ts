/**
 * Forks the trainer and keeps it within its limits: stop, grace, kill, wall time, memory. The promise settles only when the
 * process is gone, whatever happened.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ERROR_TABLE, type ErrorCode, PipelineError } from '../core/errors.js';
import { residentMemoryMb } from './memory.js';
import { type FinalReply, type ProgressReply, replySchema, type TrainerRequest } from './protocol.js';

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));
const MEMORY_POLL_MS = 200;
const STDERR_TAIL_CHARS = 4000;

export interface ChildLimits {
  readonly threads: number;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** From a stop to SIGKILL: longer than one batch and one checkpoint. */
  readonly graceMs: number;
}

export interface ChildOptions {
  readonly limits: ChildLimits;
  readonly signal: AbortSignal;
  readonly onProgress: (pid: number, reply: ProgressReply) => void;
}

type Ending = { kind: 'abort' } | { kind: 'timeout' } | { kind: 'memory'; memoryMb: number };

/** The whole environment of the child: nothing of the worker's, above all no password. */
const environmentOfChild = (threads: number): NodeJS.ProcessEnv => ({
  TF_NUM_INTRAOP_THREADS: String(threads),
  TF_NUM_INTEROP_THREADS: '1',
  OMP_NUM_THREADS: String(threads),
  // Eigen's kernels alone: as fast here, and results hang less on the processor than with oneDNN's choice of its own.
  TF_ENABLE_ONEDNN_OPTS: '0',
  TF_CPP_MIN_LOG_LEVEL: '2',
  LC_ALL: 'C.UTF-8',
});

function forkChild(limits: ChildLimits): ChildProcess {
  return fork(CHILD, [], {
    env: environmentOfChild(limits.threads),
    // Three quarters for JavaScript; typed arrays and tensors lie outside its heap and are bounded by the watch on resident memory.
    execArgv: [`--max-old-space-size=${Math.floor(limits.memoryMb * 0.75)}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C in the terminal reaches the worker, which stops the child in order.
    detached: true,
  });
}

const abortError = (signal: AbortSignal): Error =>
  new DOMException('The training was stopped.', { name: 'AbortError', cause: signal.reason });

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_TABLE, code);

function failureOf(
  end: { code: number | null; signal: NodeJS.Signals | null; stderr: string },
  reply: FinalReply | null,
  limits: ChildLimits,
): PipelineError {
  if (reply?.type === 'failed') {
    const code = isErrorCode(reply.code) ? reply.code : 'TRAINER_CRASHED';
    return new PipelineError(code, reply.message, { details: reply.details });
  }
  if (/heap out of memory|std::bad_alloc|OOM when allocating/.test(end.stderr)) {
    return new PipelineError(
      'TRAINER_OUT_OF_MEMORY',
      `The trainer ran out of memory under a limit of ${limits.memoryMb} MB. Raise trainer.limits.memoryMb or make the window smaller.`,
      { details: { memoryMb: limits.memoryMb } },
    );
  }
  const how = end.signal === null ? `with exit code ${end.code}` : `by ${end.signal}`;
  const tail = end.stderr.trim();
  return new PipelineError(
    'TRAINER_CRASHED',
    `The trainer ended ${how} before it answered.${tail === '' ? '' : ` Its last words:\n${tail}`}`,
    { details: { exitCode: end.code, signal: end.signal, stderr: tail } },
  );
}

function endedEarly(ending: Ending, limits: ChildLimits, signal: AbortSignal): Error {
  if (ending.kind === 'abort') return abortError(signal);
  if (ending.kind === 'timeout') {
    return new PipelineError(
      'TRAINER_TIMEOUT',
      `The trainer was stopped after its limit of ${limits.timeoutMs / 1000} s; a retry goes on from its last checkpoint. Raise trainer.limits.timeout if this repeats.`,
      { details: { timeoutMs: limits.timeoutMs } },
    );
  }
  return new PipelineError(
    'TRAINER_OUT_OF_MEMORY',
    `The trainer used ${Math.round(ending.memoryMb)} MB, over its limit of ${limits.memoryMb} MB (trainer.limits.memoryMb; TensorFlow itself takes about 400 MB of it).`,
    { details: { memoryMb: Math.round(ending.memoryMb), limitMb: limits.memoryMb } },
  );
}

/**
 * @returns the child's last message, after the child is gone
 * @throws TRAINER_TIMEOUT, TRAINER_OUT_OF_MEMORY, TRAINER_CRASHED, the child's own PipelineError, or an AbortError
 */
export function runTrainerChild(
  request: Exclude<TrainerRequest, { type: 'stop' }>,
  { limits, signal, onProgress }: ChildOptions,
): Promise<Exclude<FinalReply, { type: 'failed' }>> {
  if (signal.aborted) return Promise.reject(abortError(signal));
  const child = forkChild(limits);
  const pid = child.pid ?? 0;
  const timers: NodeJS.Timeout[] = [];
  let ending: Ending | null = null;
  let reply: FinalReply | null = null;
  let stderr = '';

  const end = (how: Ending): void => {
    if (ending !== null) return;
    ending = how;
    // Over its memory it may not take more for a checkpoint; the last one stands.
    if (how.kind === 'memory') child.kill('SIGKILL');
    // The callback takes the error of a channel that is closing: the child is leaving anyway.
    else if (child.connected) child.send({ type: 'stop' } satisfies TrainerRequest, () => undefined);
    timers.push(setTimeout(() => child.kill('SIGKILL'), limits.graceMs));
  };
  const watchMemory = (memoryMb: number | null): void => {
    if (memoryMb !== null && memoryMb > limits.memoryMb) end({ kind: 'memory', memoryMb });
  };
  const onAbort = (): void => end({ kind: 'abort' });
  signal.addEventListener('abort', onAbort, { once: true });
  timers.push(setTimeout(() => end({ kind: 'timeout' }), limits.timeoutMs));
  timers.push(
    setInterval(() => {
      void residentMemoryMb(pid).then(watchMemory);
    }, MEMORY_POLL_MS),
  );

  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL_CHARS);
  });
  child.on('message', (message) => {
    const parsed = replySchema.safeParse(message);
    if (!parsed.success) {
      stderr = `${stderr}\nmalformed message: ${parsed.error.message}`.slice(-STDERR_TAIL_CHARS);
      child.kill('SIGKILL');
    } else if (parsed.data.type === 'progress') {
      watchMemory(parsed.data.memoryMb);
      onProgress(pid, parsed.data);
    } else {
      reply = parsed.data;
    }
  });

  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    child.on('error', (cause) => {
      // Fork failed: there is no process and no `close` will follow.
      if (child.pid !== undefined) return;
      settle(() =>
        reject(new PipelineError('TRAINER_CRASHED', `The trainer could not be started: ${cause.message}`, { cause })),
      );
    });
    child.on('close', (code, exitSignal) => {
      settle(() => {
        if (ending !== null) reject(endedEarly(ending, limits, signal));
        else if (reply !== null && reply.type !== 'failed') resolve(reply);
        else reject(failureOf({ code, signal: exitSignal, stderr }, reply, limits));
      });
    });
    child.send(request, (error) => {
      if (error !== null) child.kill('SIGKILL');
    });
  });
}
