/** Who may do what: every route of the served document, tokens from their making to their end, signatures. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ensureStartToken } from '#dist/client/tokens.js';
import { startGateway } from '#dist/gateway/gateway.js';
import { listTokens, revokeToken } from '#dist/registry/tokens.js';
import {
  MODEL,
  monitorFile,
  NO_TEMPORAL,
  newToken,
  OTHER,
  type Reply,
  useGateway,
  WINDOW_QUERY,
} from './gateway-fixtures.js';
import { newVersion, openRunFor } from './registry-fixtures.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const folder = mkdtempSync(join(tmpdir(), 'perennial-secrets-'));
const secretsFile = join(folder, 'secrets.json');
writeFileSync(secretsFile, JSON.stringify([{ name: 'grafana', model: MODEL, secret: SECRET }]), { mode: 0o600 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = useGateway('gateway-access', { webhookSecrets: secretsFile });

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly description?: string;
  readonly security: readonly object[];
}

let artifact = '';
let operations: readonly Operation[] = [];
beforeAll(async () => {
  const key = await openRunFor(at.registry, MODEL, 'access-1');
  const version = newVersion(key);
  artifact = version.artifact.digest;
  await at.registry.registerVersion(version);
  const { json } = await at.ask('/openapi.json', { token: null });
  operations = Object.entries(json.paths as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
  );
});

/** A request that would be fine, were it allowed. */
function call(operation: Operation, token: string | null): Promise<Reply> {
  const values: Record<string, string> = { model: MODEL, format: 'evidently', no: '1', id: '1', digest: artifact };
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'missing');
  const request = operation.method === 'POST' ? { body: '{}' } : {};
  return at.ask(path, { ...request, method: operation.method, token });
}

const OPEN = ['/healthz', '/readyz', '/openapi.json'];
/** About no one model: they answer for the models of the token alone. */
const OF_ALL = ['/v1/models', '/metrics'];
const closed = (): readonly Operation[] => operations.filter(({ path }) => !OPEN.includes(path));

describe('every route of the served document', () => {
  it('is one of those that we know, and is documented as open or closed as it is', () => {
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /healthz',
      'GET /metrics',
      'GET /openapi.json',
      'GET /readyz',
      'GET /v1/artifacts/{digest}',
      'GET /v1/models',
      'GET /v1/models/{model}/champion',
      'GET /v1/models/{model}/incidents',
      'GET /v1/models/{model}/monitor',
      'GET /v1/models/{model}/quarantine',
      'GET /v1/models/{model}/runs',
      'GET /v1/models/{model}/schema',
      'GET /v1/models/{model}/triggers',
      'GET /v1/runs/{model}/{no}',
      'POST /v1/models/{model}/incidents/{id}/close',
      'POST /v1/models/{model}/labels',
      'POST /v1/models/{model}/quarantine/release',
      'POST /v1/models/{model}/retrain',
      'POST /v1/models/{model}/schema/accept',
      'POST /v1/models/{model}/signals/{format}',
      'POST /v1/models/{model}/versions',
      'POST /v1/runs/{model}/{no}/answer',
      'POST /v1/runs/{model}/{no}/approve',
      'POST /v1/runs/{model}/{no}/reject',
    ]);
    for (const { path, security } of operations) expect(security.length > 0, path).toBe(!OPEN.includes(path));
  });

  it('answers 401 without a token, with a made-up one and with half a header', async () => {
    for (const operation of closed()) {
      const none = await call(operation, null);
      const made = await call(operation, `pnl_${'A'.repeat(43)}`);
      expect([none.status, none.json.code, made.status, made.json.code], operation.path).toEqual([
        401,
        'UNAUTHENTICATED',
        401,
        'UNAUTHENTICATED',
      ]);
      expect(none.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    const half = await at.ask('/v1/models', { token: null, headers: { authorization: `Basic ${at.admin}` } });
    expect(half.status).toBe(401);
  });

  it('answers 403 to a token with every role but the one that it needs', async () => {
    for (const operation of closed()) {
      const role = /Role: `(\w+)`/.exec(operation.description ?? '')?.[1] ?? '';
      const roles = ['signal', 'read', 'retrain', 'approve'].filter((one) => one !== role);
      expect(roles, operation.path).toHaveLength(3);
      const name = `no-${role}-${operations.indexOf(operation)}`;
      const answer = await at.token(name, { roles, models: [MODEL] }).then((token) => fresh(operation, token));
      expect([answer.status, answer.json?.code], `${operation.path}: ${answer.text}`).toEqual([403, 'FORBIDDEN']);
      expect(answer.json.message).toContain(role);
    }
  });

  it('answers 403 to a token with every role for another model', async () => {
    const token = await at.token('other-model', {
      roles: ['signal', 'read', 'retrain', 'approve', 'admin'],
      models: [OTHER],
    });
    for (const operation of closed().filter(({ path }) => !OF_ALL.includes(path))) {
      const answer = await fresh(operation, token);
      expect([answer.status, answer.json?.code], `${operation.path}: ${answer.text}`).toEqual([403, 'FORBIDDEN']);
    }
    const models = await at.ask('/v1/models', { token });
    expect(models.json.models.map(({ modelId }: { modelId: string }) => modelId)).toEqual([OTHER]);
  });

  it('lets the open ones be read by anybody', async () => {
    for (const path of OPEN) expect((await at.ask(path, { token: null })).status, path).toBe(200);
  });
});

/** A token that was made a moment ago may be unknown for a moment. */
function fresh(operation: Operation, token: string): Promise<Reply> {
  return vi.waitFor(
    async () => {
      const answer = await call(operation, token);
      if (answer.status === 401) throw new Error('not known yet');
      return answer;
    },
    { timeout: 10_000, interval: 50 },
  );
}

describe('a token', () => {
  it('is kept as a hash alone', async () => {
    const token = await at.token('hashed', { roles: ['read'] });
    expect(token).toMatch(/^pnl_[A-Za-z0-9_-]{43}$/);
    const { rows } = await at.pool.query('select row_to_json(t)::text as row from perennial.tokens t');
    const all = rows.map(({ row }) => row).join();
    expect(all).not.toContain(token);
    expect(all).toContain(createHash('sha256').update(token).digest('hex'));
  });

  it('works within seconds, and stops within seconds of its revocation', async () => {
    const token = await at.token('short', { roles: ['read'] });
    const status = async (): Promise<number> => (await at.ask('/v1/models', { token })).status;
    await vi.waitFor(async () => expect(await status()).toBe(200), { timeout: 8_000, interval: 50 });
    expect(await revokeToken(at.pool, { name: 'short', by: 'operator' })).toBe(true);
    await vi.waitFor(async () => expect(await status()).toBe(401), { timeout: 8_000, interval: 50 });
    expect(await revokeToken(at.pool, { name: 'short', by: 'operator' })).toBe(false);
  });

  it('ends by itself when it expires', async () => {
    const expiresAt = new Date(Date.now() + 3_000).toISOString();
    const token = await newToken(at.pool, 'brief', { roles: ['read'], expiresAt });
    const status = async (): Promise<number> => (await at.ask('/v1/models', { token })).status;
    await vi.waitFor(async () => expect(await status()).toBe(200), { timeout: 8_000, interval: 50 });
    await vi.waitFor(async () => expect(await status()).toBe(401), { timeout: 8_000, interval: 50 });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
  });

  it('has a name that no other live one has, known roles and some model', async () => {
    await at.token('twice', { roles: ['read'] });
    await expect(at.token('twice', { roles: ['read'] })).rejects.toMatchObject({ code: 'SIGNAL_INVALID' });
    await expect(at.token('Loud', { roles: ['read'] })).rejects.toMatchObject({ code: 'SIGNAL_INVALID' });
    await expect(at.token('none', { roles: [] })).rejects.toMatchObject({ code: 'SIGNAL_INVALID' });
    await expect(at.token('odd', { roles: ['reader'] })).rejects.toMatchObject({ code: 'SIGNAL_INVALID' });
    await revokeToken(at.pool, { name: 'twice', by: 'operator' });
    await at.token('twice', { roles: ['read'] });
  });

  it('changes once, when it is revoked, and is never deleted', async () => {
    await at.token('final', { roles: ['read'] });
    const change = (text: string) => at.pool.query(text);
    await expect(change(`update perennial.tokens set roles = '{admin}' where name = 'final'`)).rejects.toThrow(/final/);
    await revokeToken(at.pool, { name: 'final', by: 'operator' });
    await expect(
      change(`update perennial.tokens set revoked_at = null, revoked_by = null where name = 'final'`),
    ).rejects.toThrow(/final/);
    await expect(change(`delete from perennial.tokens where name = 'final'`)).rejects.toThrow(/final/);
    await expect(change('truncate perennial.tokens')).rejects.toThrow(/final/);
  });

  it('of a start takes the place of the one that the last start made', async () => {
    const first = await ensureStartToken(at.pool, 'operator');
    const second = await ensureStartToken(at.pool, 'operator');
    expect(second).not.toBe(first);
    const rows = (await listTokens(at.pool)).filter(({ name }) => name === 'start');
    expect(rows.map(({ revokedAt }) => revokedAt === null)).toEqual([true, false]);
  });
});

describe('a decision', () => {
  it('is made by the name of the token: the body cannot say otherwise', async () => {
    const body = { reason: 'x', evidence: 'a'.repeat(12), by: 'somebody' };
    const answer = await at.ask(`/v1/runs/${MODEL}/1/approve`, { body });
    expect([answer.status, answer.json.code]).toEqual([422, 'SIGNAL_INVALID']);
    expect(answer.json.message).toMatch(/by/);
  });

  it('is told that Temporal is away, with a time to come back', async () => {
    const answer = await at.ask(`/v1/runs/${MODEL}/1/approve`, { body: { reason: 'x', evidence: 'a'.repeat(12) } });
    expect([answer.status, answer.json.code]).toEqual([503, 'SERVER_UNREACHABLE']);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('a past instant', () => {
  it('may be asked for by who may ask for retrains alone', async () => {
    const token = await at.token('signal-only', { roles: ['signal'], models: [MODEL] });
    const body = monitorFile('evidently-0.7.23/feb_quiet.drift-tests.json');
    const path = `/v1/models/${MODEL}/signals/evidently?${WINDOW_QUERY}&asOf=2001-03-01T00:00:00Z`;
    await vi.waitFor(async () => {
      const answer = await at.ask(path, { token, body });
      expect([answer.status, answer.json.message]).toEqual([403, expect.stringContaining('retrain')]);
    }, 10_000);
  });
});

interface Signing {
  readonly secret?: string;
  readonly at?: Date;
  /** What the signature is over, where that is not what is sent. */
  readonly body?: string;
  readonly sent?: string;
  readonly model?: string;
  readonly format?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const WINDOW = 'start=2001-02-01T00:00:00Z&end=2001-03-01T00:00:00Z';

describe('a signed message', () => {
  const body = monitorFile('evidently-0.7.23/distance_km.drift-tests.json');
  const signed = (id: string, options: Signing = {}): Promise<Reply> => {
    const time = options.at ?? new Date();
    const sent = options.sent ?? body;
    const signature = new Webhook(options.secret ?? SECRET).sign(id, time, options.body ?? sent);
    const { model = MODEL, format = 'evidently', query = '' } = options;
    return at.ask(`/v1/models/${model}/signals/${format}?${WINDOW}${query}`, {
      token: null,
      body: sent,
      headers: {
        ...options.headers,
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
        'webhook-signature': signature,
      },
    });
  };

  it('is taken, named after its sender, and known by its own id', async () => {
    const first = await signed('msg_1');
    const again = await signed('msg_1');
    expect([first.status, again.status], first.text).toEqual([202, 202]);
    expect(first.json.accepted[0]).toMatchObject({ eventId: 'msg_1', isNew: true });
    expect(again.json.accepted[0]).toMatchObject({ eventId: 'msg_1', isNew: false });
    const { rows } = await at.pool.query(`select requested_by from perennial.triggers where event_id = 'msg_1'`);
    expect(rows).toEqual([{ requested_by: 'webhook/grafana' }]);
  });

  it.each([
    ['source', { query: '&source=other' }, /source/],
    ['id', { query: '&id=other' }, /id/],
    ['severity', { query: '&severity=critical' }, /severity/],
    ['a binary CloudEvent', { format: 'cloudevents', headers: { 'ce-id': 'x' } }, /ce-/],
  ])('takes no %s that the signature does not cover', async (_what, options, message) => {
    const answer = await signed('msg_unsigned', options);
    expect([answer.status, answer.json.code], answer.text).toEqual([422, 'SIGNAL_INVALID']);
    expect(answer.json.message).toMatch(message);
  });

  it('of a file that grows names no chunk: old chunks are repeats under whatever message', async () => {
    const csv = monitorFile('nannyml-0.13.1/distance_km.univariate-default.csv').split('\n');
    const first = await signed('msg_n1', { format: 'nannyml', sent: csv.slice(0, 4).join('\n') });
    const again = await signed('msg_n2', { format: 'nannyml', sent: csv.slice(0, 5).join('\n') });
    expect([first.status, again.status], first.text + again.text).toEqual([202, 202]);
    const isNew = ({ json }: Reply): boolean[] => json.accepted.map((one: { isNew: boolean }) => one.isNew);
    expect(isNew(first).every(Boolean)).toBe(true);
    expect(isNew(again).slice(0, isNew(first).length).some(Boolean)).toBe(false);
    const { rows } = await at.pool.query(
      'select distinct source from perennial.triggers where event_id = any($1::text[])',
      [first.json.accepted.map(({ eventId }: { eventId: string }) => eventId)],
    );
    expect(rows).toEqual([{ source: 'webhook/grafana' }]);
  });

  it('may carry several signatures, as while a secret is changed', async () => {
    const time = new Date();
    const id = 'msg_rotated';
    const old = new Webhook(`whsec_${Buffer.alloc(32, 9).toString('base64')}`).sign(id, time, body);
    const answer = await at.ask(`/v1/models/${MODEL}/signals/evidently?${WINDOW}`, {
      token: null,
      body,
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
        'webhook-signature': `v2,x ${old} ${new Webhook(SECRET).sign(id, time, body)}`,
      },
    });
    expect(answer.status, answer.text).toBe(202);
  });

  it('is refused with another secret, another body, an old or a future time, for another model, or on another route', async () => {
    const answers = await Promise.all([
      signed('msg_2', { secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` }),
      signed('msg_3', { body: `${body} ` }),
      signed('msg_4', { at: new Date(Date.now() - 6 * 60_000) }),
      signed('msg_5', { at: new Date(Date.now() + 6 * 60_000) }),
      signed('msg_6', { model: OTHER }),
      at.ask(`/v1/models/${MODEL}/retrain`, {
        token: null,
        body: { reason: 'x' },
        headers: { 'webhook-id': 'a', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' },
      }),
    ]);
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual(answers.map(() => [401, 'UNAUTHENTICATED']));
  });

  it('needs a file of secrets that others cannot read and that is well-formed', async () => {
    const path = join(folder, 'open.json');
    const start = () =>
      startGateway({ databaseUrl: at.url, temporal: NO_TEMPORAL, artifacts: at.store, port: 0, webhookSecrets: path });
    await expect(start()).rejects.toMatchObject({
      code: 'SPEC_INVALID',
      message: expect.stringContaining('cannot be read'),
    });
    writeFileSync(path, JSON.stringify([{ name: 'x', model: MODEL, secret: SECRET }]));
    chmodSync(path, 0o644);
    await expect(start()).rejects.toMatchObject({
      code: 'SPEC_INVALID',
      message: expect.stringContaining('chmod 600'),
    });
    chmodSync(path, 0o600);
    writeFileSync(path, JSON.stringify([{ name: 'x', model: MODEL, secret: 'short' }]));
    const refused = await start().catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'SPEC_INVALID', message: expect.stringContaining('0.secret') });
    expect((refused as Error).message).not.toContain('short');
  });
});
