// The simulations in a reduced form, through their own command: `scripts/simulate/main.mjs`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/simulate/main.mjs', import.meta.url));

function simulate(...parameters: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...parameters], { encoding: 'utf8' });
  return { status, stderr, lastLine: stdout.trimEnd().split('\n').at(-1) ?? '' };
}

it('day-jackknife intervals hold the true difference about as often as they say', () => {
  const { status, lastLine } = simulate('coverage', '--trials', '40');
  expect(lastLine).toMatch(/^holds/);
  expect(status).toBe(0);
});

it('a candidate that is no better is promoted no more often than nominal at any look', () => {
  const { status, lastLine } = simulate('false-promotions', '--trials', '80');
  expect(lastLine).toMatch(/^holds/);
  expect(status).toBe(0);
});

it('the re-test of an alarm says "moved" no more often than nominal when nothing changed, and finds a small shift', () => {
  const { status, lastLine } = simulate('false-alarms', '--trials', '20');
  expect(lastLine).toMatch(/^holds/);
  expect(status).toBe(0);
});

it('an unknown simulation or count of trials is refused with the names that exist', () => {
  for (const parameters of [[], ['nothing'], ['coverage', '--trials', 'many'], ['coverage', '--loud']]) {
    const { status, stderr } = simulate(...parameters);
    expect(status).toBe(2);
    expect(stderr).toContain('coverage, false-alarms, false-promotions');
  }
});
