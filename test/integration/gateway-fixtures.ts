/** A gateway on a free port over a database of its own, tokens for it, and requests as a monitor job would send them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { createToken } from '#dist/client/tokens.js';
import { type GatewaySettings, type RunningGateway, startGateway } from '#dist/gateway/gateway.js';
import { createLocalStore, type LocalStore } from '#dist/storage/local-store.js';
import { applyModel, type TestRegistry, useRegistry } from './registry-fixtures.js';

/** A port where nobody listens: Temporal is away. */
export const NO_TEMPORAL = { address: '127.0.0.1:1', namespace: 'default' };

export interface TestGateway extends TestRegistry {
  readonly gateway: RunningGateway;
  readonly store: LocalStore;
  readonly folder: string;
  /** Sends a request; `token` null sends none. */
  ask(path: string, request?: Ask): Promise<Reply>;
  token(name: string, options: { roles: readonly string[]; models?: readonly string[] }): Promise<string>;
  /** May do everything. */
  readonly admin: string;
}

export interface Ask {
  readonly method?: string;
  readonly token?: string | null;
  readonly body?: string | Buffer | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

export const MODEL = 'flights';
export const OTHER = 'rides';

export async function send(url: string, request: Ask = {}): Promise<Reply> {
  const { token = null, body, headers = {} } = request;
  const content = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const answer = await fetch(url, {
    method: request.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(content === undefined ? {} : { body: content }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: isJson && text !== '' ? JSON.parse(text) : null,
  };
}

const need = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('Made before the first test, not while the file is read.');
  return value;
};

export const newToken = (
  pool: Pool,
  name: string,
  options: { roles: readonly string[]; models?: readonly string[]; expiresAt?: string },
): Promise<string> => createToken(pool, { models: null, expiresAt: null, ...options, name, by: 'operator' });

/** Call at the top of a file. Models `flights` and `rides` are there. */
export function useGateway(name: string, settings: Partial<GatewaySettings> = {}): TestGateway {
  const registry = useRegistry(name);
  const folder = mkdtempSync(join(tmpdir(), 'perennial-gateway-'));
  const store = createLocalStore(join(folder, 'artifacts'));
  const made: { gateway?: RunningGateway; admin?: string } = {};
  beforeAll(async () => {
    await applyModel(registry.pool, MODEL);
    await applyModel(registry.pool, OTHER);
    made.admin = await newToken(registry.pool, 'admin', { roles: ['admin'] });
    made.gateway = await startGateway({
      databaseUrl: registry.url,
      temporal: NO_TEMPORAL,
      artifacts: store,
      port: 0,
      ...settings,
    });
  });
  afterAll(async () => {
    await made.gateway?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get pool() {
      return registry.pool;
    },
    get registry() {
      return registry.registry;
    },
    get url() {
      return registry.url;
    },
    get gateway() {
      return need(made.gateway);
    },
    get admin() {
      return need(made.admin);
    },
    store,
    folder,
    ask: (path, request = {}) => send(`${need(made.gateway).url}${path}`, { token: need(made.admin), ...request }),
    token: (tokenName, options) => newToken(registry.pool, tokenName, options),
  };
}

/** A generic claim, in the documented form. */
export const WINDOW_QUERY = 'source=nightly&start=2001-02-01T00:00:00Z&end=2001-03-01T00:00:00Z';

export const monitorFile = (path: string): string =>
  readFileSync(new URL(`../fixtures/monitors/${path}`, import.meta.url), 'utf8');

/** One row a trigger, by seq. */
export async function ledger(pool: Pool): Promise<{ model: string; source: string; event: string; seq: number }[]> {
  const { rows } = await pool.query(
    'select model_id as model, source, event_id as event, seq::integer from perennial.triggers order by seq',
  );
  return rows;
}
