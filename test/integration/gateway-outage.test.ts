/** 202 means committed: the gateway as a process of its own, killed, and its Postgres taken away and given back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LocalPostgres, startPostgres } from '#dist/local/postgres.js';
import { migrate } from '#dist/registry/migrate.js';
import { createPool } from '#dist/registry/pool.js';
import { ledger, MODEL, monitorFile, newToken, send, WINDOW_QUERY } from './gateway-fixtures.js';
import { applyModel } from './registry-fixtures.js';

const MAIN = fileURLToPath(new URL('../../dist/gateway/main.js', import.meta.url));
const REPORT = monitorFile('evidently-0.7.23/feb_quiet.drift-tests.json');
const folder = mkdtempSync(join(tmpdir(), 'perennial-gateway-outage-'));
chmodSync(folder, 0o711);

let postgres: LocalPostgres;
let pool: Pool;
let token = '';
const children: ChildProcess[] = [];

beforeAll(async () => {
  postgres = await startPostgres({ stateDir: folder });
  await migrate(postgres.url);
  pool = createPool(postgres.url);
  await applyModel(pool, MODEL);
  token = await newToken(pool, 'sender', { roles: ['signal'] });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await pool.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface GatewayProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly ended: Promise<number | null>;
}

/** Temporal is nowhere: nothing here may need it. */
async function startProcess(): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      PERENNIAL_STATE_DIR: folder,
      PERENNIAL_GATEWAY_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /listens on (http:\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then((code) => reject(new Error(`ended with ${code} before it listened: ${text}`)));
  });
  return { child, url, ended };
}

const signal = (url: string, id: string) =>
  send(`${url}/v1/models/${MODEL}/signals/evidently?${WINDOW_QUERY}&id=${id}`, { token, body: REPORT });

const events = async (): Promise<string[]> => (await ledger(pool)).map(({ event }) => event);

describe('a gateway that is killed', () => {
  it('directly after an answer has kept all that it answered for', async () => {
    const answered: string[] = [];
    for (let round = 0; round < 4; round++) {
      const gateway = await startProcess();
      const seen: string[] = [];
      const senders = Array.from({ length: 8 }, async (_, no) => {
        for (let i = 0; ; i++) {
          const id = `kill-${round}-${no}-${i}`;
          const answer = await signal(gateway.url, id).catch(() => null);
          if (answer === null) return;
          expect(answer.status, answer.text).toBe(202);
          seen.push(id);
          // Not at a moment of rest: others are half-way through.
          if (seen.length === 3 + round * 5) gateway.child.kill('SIGKILL');
        }
      });
      await Promise.all(senders);
      await gateway.ended;
      answered.push(...seen);
    }
    expect(answered.length).toBeGreaterThanOrEqual(30);
    expect(await events()).toEqual(expect.arrayContaining(answered));
  });

  it('gently answers what it has taken, then ends', async () => {
    const gateway = await startProcess();
    const sent = Array.from({ length: 20 }, (_, i) => signal(gateway.url, `gentle-${i}`));
    await sent[0];
    gateway.child.kill('SIGTERM');
    const outcomes = await Promise.allSettled(sent);
    expect(await gateway.ended).toBe(0);
    const kept = outcomes.flatMap((one, i) =>
      one.status === 'fulfilled' && one.value.status === 202 ? [`gentle-${i}`] : [],
    );
    expect(kept.length).toBeGreaterThanOrEqual(1);
    const all = (await events()).filter((event) => event.startsWith('gentle-'));
    // Neither lost nor taken in silence.
    expect(all.sort()).toEqual(kept.sort());
  });
});

describe('a gateway whose Postgres is away', () => {
  it('accepts nothing, says when to come back, and goes on by itself when Postgres does', async () => {
    const gateway = await startProcess();
    expect((await signal(gateway.url, 'before')).status).toBe(202);
    const port = postgres.port;
    await postgres.kill();
    for (let i = 0; i < 3; i++) {
      const answer = await signal(gateway.url, `away-${i}`);
      expect([answer.status, answer.json.code], answer.text).toEqual([503, 'REGISTRY_UNAVAILABLE']);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(answer.text).not.toMatch(/127\.0\.0\.1|node:|\.js/);
    }
    const ready = await send(`${gateway.url}/readyz`);
    expect([ready.status, ready.json.postgres]).toEqual([503, 'unreachable']);
    expect((await send(`${gateway.url}/healthz`)).status).toBe(200);
    postgres = await startPostgres({ stateDir: folder, port });
    await vi.waitFor(async () => expect((await signal(gateway.url, 'after')).status).toBe(202), {
      timeout: 20_000,
      interval: 100,
    });
    const seen = (await events()).filter((event) => /^(before|away|after)/.test(event));
    expect(seen).toEqual(['before', 'after']);
    gateway.child.kill('SIGKILL');
    await gateway.ended;
  });
});
