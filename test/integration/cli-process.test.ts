/** The command line as real processes: without a platform, and against one that `perennial up` runs. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlatform } from '#dist/local/platform.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'dist', 'cli', 'main.js');
const stateDir = mkdtempSync(join(tmpdir(), 'perennial-cli-'));

/** The caller's own servers and settings must not be found. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(DATABASE_URL|TEMPORAL_|PERENNIAL_(STATE|ARTIFACT)_DIR)/.test(name),
  ),
);
env.PERENNIAL_STATE_DIR = stateDir;

function perennial(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { env, cwd: root, timeout: 60_000, killSignal: 'SIGKILL' },
      (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
    );
  });
}

afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

describe('without a platform', () => {
  it('says where it looked and how to start one', async () => {
    const { code, out, err } = await perennial('runs');
    expect({ code, out }).toEqual({ code: 7, out: '' });
    expect(err).toContain(`SERVER_UNREACHABLE: no platform runs in ${stateDir}`);
    expect(err).toContain('npx perennial up');
  });

  it('checks the machine and a pipeline all the same', async () => {
    const doctor = await perennial('doctor', '--json');
    const checks = JSON.parse(doctor.out) as { check: string; state: string }[];
    expect(checks.map(({ check }) => check)).toContain('embedded Postgres');
    expect(doctor.code).toBe(checks.some(({ state }) => state === 'fail') ? 10 : 0);
    expect((await perennial('apply', 'examples/flights/all-past.yaml', '--dry-run')).code).toBe(0);
  });
});

describe('with `perennial up`', () => {
  let up: ChildProcess;
  let output = '';
  let ended: Promise<number | null>;

  beforeAll(async () => {
    up = spawn(process.execPath, [main, 'up'], { env, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    ended = new Promise((resolve) => up.once('exit', resolve));
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        output += chunk.toString();
        if (output.includes('perennial is up.')) resolve();
      };
      up.stdout?.on('data', read);
      up.stderr?.on('data', read);
      up.once('exit', (code) => reject(new Error(`up ended with ${code}:\n${output}`)));
    });
  }, 120_000);

  afterAll(() => {
    if (up.exitCode === null) up.kill('SIGKILL');
  });

  it('applies a pipeline, shows what a second one changes, and nothing the third time', async () => {
    const first = await perennial('apply', 'examples/flights/january.yaml', '--model', 'cli-test');
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toContain('(first of this model)');
    const second = await perennial('apply', 'examples/flights/last-week.yaml', '--model', 'cli-test', '--json');
    const { changes, isNew } = JSON.parse(second.out) as { isNew: boolean; changes: { path: string }[] };
    expect(isNew).toBe(true);
    expect(changes.map(({ path }) => path).sort()).toEqual([
      'description',
      'schedule',
      'triggers.debounce.maxWait',
      'triggers.debounce.quiet',
      'window.expanding',
      'window.sliding',
    ]);
    const third = await perennial('apply', 'examples/flights/last-week.yaml', '--model', 'cli-test');
    expect(third.out).toContain('nothing changed');
  });

  it('answers about a model that has no champion and no runs, and verifies its chain', async () => {
    expect((await perennial('champion', 'cli-test')).out).toContain('cli-test has no champion yet.');
    expect((await perennial('runs', 'cli-test')).out).toContain('No runs yet');
    expect((await perennial('champion')).out).toMatch(/^MODEL .*\ncli-test +– +– +– +0\n$/);
    expect((await perennial('incidents')).out).toContain('No incident is open.');
    expect(await perennial('incident', 'close', 'cli-test/7', '--reason', 'r')).toMatchObject({ code: 5 });
    expect((await perennial('unblock', 'cli-test', '--reason', 'r')).out).toContain('no recipe is blocked');
  });

  it('finds a tail that was cut off the audit since it last verified', async () => {
    const first = await perennial('verify', 'cli-test');
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining('cli-test: whole, 2 entries') });
    expect(first.out).toContain('no checkpoint was there to compare with');
    expect((await perennial('verify')).out).toMatch(/cli-test: whole, .* as the checkpoint of \d{4}-\d\d-\d\d/);
    const owner = new URL(readPlatform(stateDir)?.databaseUrl ?? '');
    owner.username = 'perennial';
    owner.password = readFileSync(join(stateDir, 'postgres.password'), 'utf8').trim();
    const client = new pg.Client({ connectionString: owner.href });
    await client.connect();
    await client.query(`set session_replication_role = replica;
      delete from perennial.audit where model_id = 'cli-test' and seq = 2;
      update perennial.audit_heads h set seq = 1, hash = a.hash
        from perennial.audit a where a.model_id = h.model_id and a.model_id = 'cli-test'`);
    await client.end();
    for (const args of [['verify'], ['verify', 'cli-test']]) {
      const cut = await perennial(...args);
      expect(cut).toMatchObject({
        code: 9,
        out: expect.stringContaining('cli-test: BROKEN at sequence number 2 of 1'),
      });
      expect(cut.out).toContain('the signed checkpoint saw 2 entries: the tail was cut off');
    }
  });

  it('ends with the exit codes of the table where something is not known', async () => {
    expect((await perennial('show', 'cli-test/7')).code).toBe(5);
    expect((await perennial('retrain', 'nobody-applied-me', '--reason', 'r')).code).toBe(5);
    expect(await perennial('apply', 'examples/flights/january.yaml', '--model', 'no-schedule')).toMatchObject({
      code: 0,
    });
    expect((await perennial('schedule', 'set', 'no-schedule')).err).toContain('has no schedule');
  });

  it('refuses a second platform in the same folder', async () => {
    expect(await perennial('up')).toMatchObject({ code: 10, err: expect.stringContaining('already runs in') });
  });

  it('stops on SIGTERM with exit code 0 and leaves its data', async () => {
    up.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(output).toContain('perennial is down; its data stays.');
    expect(existsSync(join(stateDir, 'platform.owner'))).toBe(false);
    expect((await perennial('runs')).code).toBe(7);
  }, 60_000);
});
