// Runs a child process to its end; the one place set-up starts other programs.
import { spawn } from 'node:child_process';

/**
 * Runs a program; resolves `{status, signal, stdout, stderr}` and rejects only when it cannot be started (ENOENT).
 * `inherit` shows its output instead of keeping it.
 */
export function run(command, args, options = {}) {
  const { inherit = false, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', inherit ? 2 : 'pipe', inherit ? 2 : 'pipe'],
      ...spawnOptions,
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
}

/** Like `run`, but a program that is not installed answers `undefined`. */
export async function tryRun(command, args, options = {}) {
  try {
    return await run(command, args, options);
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EACCES') return undefined;
    throw error;
  }
}

/** The last lines of a failed program's output, for an error message. */
export function tailOf(result, lines = 12) {
  return `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-lines).join('\n');
}
