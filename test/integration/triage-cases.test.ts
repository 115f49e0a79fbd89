// Every injected case once, at ten thousand rows a week: the simulation of triage in a reduced form, through its own command.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/simulate/main.mjs', import.meta.url));

it('each fault and change is told for what it is, and no fault ends in training', { timeout: 600_000 }, async () => {
  const child = spawn(process.execPath, [SCRIPT, 'triage', '--trials', '1', '--rows', '10000']);
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString('utf8');
  });
  child.stderr.on('data', (text: Buffer) => {
    output += text.toString('utf8');
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  expect(output).toMatch(/\nholds: 0 harmful retrains; right in 2[67] of 27 /);
  expect(status).toBe(0);
});
