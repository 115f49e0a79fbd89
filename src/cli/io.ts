/** Where a command reads and writes: one value instead of the process's streams, so that commands can be run in tests. */
import { createInterface } from 'node:readline/promises';

export interface Io {
  /** A text for standard output; a line end is added. */
  out(text: string): void;
  err(text: string): void;
  /** Columns of the terminal; null when the output is not one, and then nothing is cut. */
  readonly width: number | null;
  readonly hasColour: boolean;
  /** Asks and returns the answer; null when nobody can be asked. */
  ask(question: string): Promise<string | null>;
  /** Exit code of the whole process, unless an error sets another one. */
  setExitCode(code: number): void;
}

/** `hasColors` honours NO_COLOR, FORCE_COLOR and TERM by itself. */
export function processIo(): Io {
  const { stdin, stdout, stderr } = process;
  return {
    out: (text) => stdout.write(`${text}\n`),
    err: (text) => stderr.write(`${text}\n`),
    width: stdout.isTTY ? stdout.columns : null,
    hasColour: stdout.isTTY && stdout.hasColors(),
    ask: async (question) => {
      if (!stdin.isTTY || !stdout.isTTY) return null;
      const lines = createInterface({ input: stdin, output: stdout });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}
