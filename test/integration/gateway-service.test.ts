/** Reading through the gateway, its figures and its description, artifacts by digest, and where it listens. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '#dist/gateway/gateway.js';
import { MODEL, monitorFile, NO_TEMPORAL, OTHER, useGateway, WINDOW_QUERY } from './gateway-fixtures.js';
import { FEBRUARY, move, newVersion, openRunFor, TURNED_DOWN, useRegistry } from './registry-fixtures.js';

const at = useGateway('gateway-service');
const empty = useRegistry('gateway-empty');

const BYTES = Buffer.from('weights of a model\n'.repeat(4_000));
const DIGEST = createHash('sha256').update(BYTES).digest('hex');
let schemas: (path: string, method: string, status: number) => object;

beforeAll(async () => {
  const artifact = await at.store.putBytes(BYTES);
  expect(artifact.digest).toBe(DIGEST);
  const key = await openRunFor(at.registry, MODEL, 'service-1');
  const { version } = await at.registry.registerVersion({ ...newVersion(key), artifact });
  await at.registry.moveChampion(move(MODEL, { toVersion: version }));
  await at.registry.closeRun(key, { outcome: TURNED_DOWN });
  const { json } = await at.ask('/openapi.json');
  schemas = (path, method, status) => json.paths[path][method].responses[status].content['application/json'].schema;
});

/** What was answered is what the document promises. */
async function read(path: string, pattern: string, status = 200): Promise<unknown> {
  const answer = await at.ask(path);
  expect(answer.status, answer.text).toBe(status);
  const validate = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(
    schemas(pattern, 'get', status),
  );
  expect(validate(answer.json), JSON.stringify(validate.errors)).toBe(true);
  return answer.json;
}

describe('a reader', () => {
  it('sees models, runs, one run and the champion of now and of then', async () => {
    expect(await read('/v1/models', '/v1/models')).toMatchObject({
      models: [
        { modelId: MODEL, champion: { version: 1, epoch: 1 }, openRunNo: null, runs: 1 },
        { modelId: OTHER, champion: null },
      ],
    });
    const runs = '/v1/models/{model}/runs';
    expect(await read(`/v1/models/${MODEL}/runs`, runs)).toMatchObject({ runs: [{ runNo: 1, outcome: TURNED_DOWN }] });
    expect(await read(`/v1/models/${MODEL}/runs?open=true`, runs)).toEqual({ runs: [] });
    expect(await read(`/v1/runs/${MODEL}/1`, '/v1/runs/{model}/{no}')).toMatchObject({
      run: { runNo: 1 },
      version: { version: 1 },
      triggers: [{ triggerId: expect.stringMatching(/service-1$/), state: 'started' }],
    });
    const champion = '/v1/models/{model}/champion';
    expect(await read(`/v1/models/${MODEL}/champion`, champion)).toMatchObject({
      champion: { version: 1, artifact: { digest: DIGEST, bytes: BYTES.length } },
    });
    expect(await read(`/v1/models/${MODEL}/champion?at=${FEBRUARY.start}`, champion)).toMatchObject({
      at: FEBRUARY.start,
      champion: null,
    });
  });

  it('is told by code that a model or a run is not there', async () => {
    for (const [path, code] of [
      ['/v1/models/nobody/runs', 'MODEL_UNKNOWN'],
      ['/v1/models/nobody/champion', 'MODEL_UNKNOWN'],
      ['/v1/models/nobody/triggers', 'MODEL_UNKNOWN'],
      [`/v1/runs/${MODEL}/77`, 'RUN_UNKNOWN'],
    ]) {
      const answer = await at.ask(path!);
      expect([answer.status, answer.json.code], path).toEqual([404, code]);
    }
    const no = await at.ask(`/v1/runs/${MODEL}/0`);
    expect([no.status, no.json.code]).toEqual([422, 'SIGNAL_INVALID']);
  });

  it('pages through the ledger, newest first, without a gap', async () => {
    const report = monitorFile('evidently-0.7.23/feb_quiet.drift-tests.json');
    const sent: string[] = [];
    for (let i = 0; i < 7; i++) {
      const path = `/v1/models/${OTHER}/signals/evidently?${WINDOW_QUERY}&id=page-${i}`;
      sent.push((await at.ask(path, { body: report })).json.accepted[0].triggerId);
    }
    const seen: string[] = [];
    let next: number | null = null;
    do {
      const before: string = next === null ? '' : `&before=${next}`;
      const page = (await read(`/v1/models/${OTHER}/triggers?limit=3${before}`, '/v1/models/{model}/triggers')) as {
        triggers: { triggerId: string; claim: { monitor: string } }[];
        next: number | null;
      };
      expect(page.triggers.every(({ claim }) => claim.monitor === 'evidently')).toBe(true);
      seen.push(...page.triggers.map(({ triggerId }) => triggerId));
      next = page.next;
    } while (next !== null);
    expect(seen).toEqual(sent.reverse());
  });
});

describe('an artifact', () => {
  it('is read by its digest, once: whoever has it is told so', async () => {
    const first = await at.ask(`/v1/artifacts/${DIGEST}`);
    expect(first.status).toBe(200);
    expect(createHash('sha256').update(first.text).digest('hex')).toBe(DIGEST);
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toBe(`"${DIGEST}"`);
    expect(first.headers.get('cache-control')).toMatch(/private.*immutable/);
    expect(first.headers.get('x-content-type-options')).toBe('nosniff');
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await at.ask(`/v1/artifacts/${DIGEST}`, { headers: { 'if-none-match': known } });
      expect([again.status, again.text], known).toEqual([304, '']);
    }
    const other = await at.ask(`/v1/artifacts/${DIGEST}`, { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('that no model has is not there, whatever lies in the store', async () => {
    const { digest } = await at.store.putBytes(Buffer.from('a checkpoint'));
    for (const one of [digest, 'f'.repeat(64)]) {
      const answer = await at.ask(`/v1/artifacts/${one}`);
      expect([answer.status, answer.json.code]).toEqual([404, 'ARTIFACT_MISSING']);
    }
  });

  it('whose bytes were changed is not sent', async () => {
    const bytes = Buffer.from('a second model');
    const { digest } = await at.store.putBytes(bytes);
    const key = await openRunFor(at.registry, OTHER, 'service-2');
    await at.registry.registerVersion({ ...newVersion(key), artifact: { digest, bytes: bytes.length } });
    const path = join(at.folder, 'artifacts', digest.slice(0, 2), digest.slice(2));
    expect(existsSync(path)).toBe(true);
    const { chmod, writeFile } = await import('node:fs/promises');
    await chmod(path, 0o600);
    await writeFile(path, 'A second model');
    const answer = await at.ask(`/v1/artifacts/${digest}`);
    expect([answer.status, answer.json.code]).toEqual([500, 'ARTIFACT_DIGEST_MISMATCH']);
    expect(answer.text).not.toContain(at.folder);
  });
});

describe('an operator', () => {
  it('sees that it is alive and ready, and that Temporal is away', async () => {
    expect(await read('/healthz', '/healthz')).toEqual({ status: 'ok' });
    expect(await read('/readyz', '/readyz')).toEqual({
      status: 'ready',
      postgres: 'reachable',
      temporal: 'unreachable',
    });
  });

  it('reads figures that follow what happened', async () => {
    const figure = async (line: string): Promise<number> => {
      const { text } = await at.ask('/metrics');
      const found = text.split('\n').find((one) => one.startsWith(`${line} `));
      return found === undefined ? 0 : Number(found.slice(line.length + 1));
    };
    const accepted = 'perennial_gateway_arrivals_total{format="evidently",result="accepted"}';
    const duplicate = 'perennial_gateway_arrivals_total{format="evidently",result="duplicate"}';
    const refused = 'perennial_gateway_arrivals_total{format="evidently",result="refused"}';
    const before = [await figure(accepted), await figure(duplicate), await figure(refused)];
    const path = `/v1/models/${MODEL}/signals/evidently?${WINDOW_QUERY}&id=counted`;
    const body = monitorFile('evidently-0.7.23/feb_quiet.drift-tests.json');
    await at.ask(path, { body });
    await at.ask(path, { body });
    await at.ask(path, { body: 'no report' });
    const after = [await figure(accepted), await figure(duplicate), await figure(refused)];
    expect(after).toEqual(before.map((count) => count + 1));
    expect(await figure('perennial_gateway_queue_depth')).toBe(0);
    expect(await figure('perennial_registry_reachable')).toBe(1);
    await expect.poll(() => figure('perennial_open_runs')).toBe(1);
    const { rows } = await at.pool.query(
      'select count(*)::integer as count from perennial.model_inboxes where pending_through > judged_through',
    );
    expect(rows[0].count).toBeGreaterThan(0);
    // The registry is counted once in a while, however often the figures are asked for.
    await expect.poll(() => figure('perennial_unjudged_models'), { timeout: 10_000 }).toBe(rows[0].count);
    const { headers, text } = await at.ask('/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toContain(
      'perennial_gateway_requests_total{route="/v1/models/{model}/signals/{format}",method="POST",status="202"}',
    );
    expect(text).not.toContain(MODEL);
  });

  it('gets a document whose every schema is one', async () => {
    const { json } = await at.ask('/openapi.json');
    expect(json.openapi).toBe('3.1.1');
    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
    const refs: string[] = [];
    let compiled = 0;
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if (key === '$ref') refs.push(String(inner));
        if (key === 'schema' && !('$ref' in (inner as object))) {
          expect(() => ajv.compile(inner as object)).not.toThrow();
          compiled += 1;
        }
        walk(inner);
      }
    };
    walk(json.paths);
    expect(compiled).toBeGreaterThan(20);
    for (const schema of Object.values(json.components.schemas))
      expect(() => ajv.compile(schema as object)).not.toThrow();
    expect([...new Set(refs)]).toEqual(['#/components/schemas/Problem']);
    const ids = Object.values(json.paths as Record<string, Record<string, { operationId: string }>>).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a gateway', () => {
  const settings = () => ({ temporal: NO_TEMPORAL, artifacts: at.store, port: 0 });

  it('does not listen beyond this machine without a token, and says how to get one', async () => {
    const start = () => startGateway({ ...settings(), databaseUrl: empty.url, host: '0.0.0.0' });
    await expect(start()).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('perennial token create'),
    });
    const local = await startGateway({ ...settings(), databaseUrl: empty.url });
    expect(local.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    await local.stop();
  });

  it('says that its port is taken', async () => {
    const start = () => startGateway({ ...settings(), databaseUrl: at.url, port: at.gateway.port });
    await expect(start()).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining('PERENNIAL_GATEWAY_PORT'),
    });
  });
});
