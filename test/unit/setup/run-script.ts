/** Runs set-up's plain modules in a process of their own, as bootstrap does: that process can be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ScriptResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs an ES module given as text; `process.argv` carries `args` from index 1. */
export async function runScript(options: {
  readonly source: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}): Promise<ScriptResult> {
  const { source, args = [], env = {} } = options;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, ...args], {
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { status, signal, output };
}
