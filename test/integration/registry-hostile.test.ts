/** Hostile text in every place where a caller's text is kept, and a server that goes away. */
import net from 'node:net';
import { Pool } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunKey } from '#dist/activities/deps.js';
import type { Arrival } from '#dist/core/signals/arrival.js';
import { verifyAudit } from '#dist/registry/audit-verify.js';
import { createRegistry } from '#dist/registry/create-registry.js';
import { closeIncidents } from '#dist/registry/incidents.js';
import { createPool } from '#dist/registry/pool.js';
import { championHistory, showRun } from '#dist/registry/reads.js';
import { listRuns } from '#dist/registry/runs.js';
import { applySpec } from '#dist/registry/specs.js';
import { triggerIdOf } from '#dist/registry/trigger-id.js';
import {
  applyModel,
  arrivalOf,
  commit,
  move,
  newVersion,
  openRunFor,
  specApplication,
  specLedger,
  TURNED_DOWN,
  triggerLedger,
  useRegistry,
} from './registry-fixtures.js';

const t = useRegistry('registry-hostile');

const HOSTILE: readonly [string, string][] = [
  ['quotes', `'; drop table perennial.audit; -- " \\ $1 $$ E'\\''`],
  ['Unicode', 'Ωμέγα 模型 🦜 e\u0301 \u202Ereversed\u2066 \uFEFF'],
  ['control characters', '\u0001\u0008\t\r\n\u001b[31m\u007f\u0085\u2028'],
  ['a template', '$' + '{process.env} {{7*7}} %s %n :start <script>alert(1)</script>'],
  ['JSON', '{"seq":1,"hash":"\\u0000"}'],
  ['a thousand bytes', 'ü'.repeat(600)],
];

let models = 0;

/** Every text that a caller chooses, in every place. */
async function wholeStory(modelId: string, text: { id: string; words: string }): Promise<RunKey> {
  const { id, words } = text;
  await applySpec(t.pool, specApplication(modelId, { by: words }));
  await commit(
    t.registry,
    arrivalOf(modelId, id, { requestedBy: words, body: { [words]: [words, { nested: words }] } }),
  );
  const { openRun } = await t.registry.judgeTriggers(modelId);
  if (openRun === null) throw new Error('not opened');
  const key = { modelId, runNo: openRun.runNo };
  await t.registry.registerVersion(newVersion(key));
  await t.registry.recordDecision(key, {
    eventId: id,
    decision: 'reject',
    by: words,
    reason: words,
    evidence: words,
    channel: 'client',
    answer: { accepted: false, code: 'not-awaited', reason: words },
  });
  await t.registry.moveChampion(move(modelId, { toVersion: 1, moveKey: id, by: words, reason: words }));
  await t.registry.closeRun(key, { outcome: { ...TURNED_DOWN, reasons: [words] } });
  return key;
}

/** One call for each place that a text can stand in. */
function everyPlaceOf(key: RunKey, text: string): (() => Promise<unknown>)[] {
  const { modelId } = key;
  const take = (change: Partial<Arrival>) => commit(t.registry, arrivalOf(modelId, 'x', change));
  const decision = {
    eventId: 'd',
    decision: 'approve',
    by: 'b',
    reason: 'r',
    evidence: 'e',
    channel: 'update',
    answer: { accepted: false, code: 'not-awaited', reason: 'r' },
  } as const;
  return [
    () => take({ eventId: text }),
    () => take({ source: text }),
    () => take({ requestedBy: text }),
    () => take({ body: [{ deep: { [text]: 1 } }] }),
    () => take({ body: [{ deep: text }] }),
    () => t.registry.setPause(modelId, { eventId: text, isPaused: true, by: 'b', reason: 'r' }),
    () => t.registry.setPause(modelId, { eventId: 'p', isPaused: true, by: text, reason: 'r' }),
    () => t.registry.setPause(modelId, { eventId: 'p', isPaused: true, by: 'b', reason: text }),
    () => t.registry.recordDecision(key, { ...decision, eventId: text }),
    () => t.registry.recordDecision(key, { ...decision, by: text }),
    () => t.registry.recordDecision(key, { ...decision, reason: text }),
    () => t.registry.recordDecision(key, { ...decision, evidence: text }),
    () => t.registry.moveChampion(move(modelId, { toVersion: 1, moveKey: text })),
    () => t.registry.moveChampion(move(modelId, { toVersion: 1, reason: text })),
    () => take({ refusal: text }),
    () => closeIncidents(t.pool, { modelId, by: text, reason: 'r' }),
    () => closeIncidents(t.pool, { modelId, by: 'b', reason: text }),
    () => applySpec(t.pool, specApplication(modelId, { seed: 9, by: text })),
  ];
}

describe('text from outside', () => {
  it.each(HOSTILE)('comes back as it was given: %s', async (_what, text) => {
    const modelId = `hostile-${++models}`;
    const key = await wholeStory(modelId, { id: text, words: text });
    const picture = await showRun(t.pool, key);
    expect(picture.run).toMatchObject({ requestedBy: text, outcome: { reasons: [text] } });
    expect(picture.triggers).toMatchObject([
      { triggerId: triggerIdOf('manual', text), requestedBy: text, body: { [text]: [text, { nested: text }] } },
    ]);
    expect(picture.approvals).toMatchObject([{ eventId: text, by: text, reason: text, evidence: text }]);
    expect(await championHistory(t.pool, modelId)).toMatchObject([{ moveKey: text, by: text, reason: text }]);
    expect((await specLedger(t.pool, modelId))[0]?.appliedBy).toBe(text);
    expect(await verifyAudit(t.pool, { modelId })).toMatchObject([{ brokenSeq: null }]);
  });

  it('may be ten thousand characters long in reasons and names', async () => {
    const words = '🦜é"\\'.repeat(2_500);
    const key = await wholeStory('long-words', { id: 'short', words });
    expect((await showRun(t.pool, key)).approvals[0]?.reason).toBe(words);
    expect(await verifyAudit(t.pool, { modelId: 'long-words' })).toMatchObject([{ brokenSeq: null }]);
  });

  it('may not be ten thousand characters long in an id, nor empty, and the field is named', async () => {
    for (const id of ['x'.repeat(10_000), 'ü'.repeat(601), '']) {
      await expect(wholeStory('long-ids', { id, words: 'w' })).rejects.toMatchObject({
        code: 'SIGNAL_INVALID',
        details: { field: 'eventId' },
      });
    }
    expect(await triggerLedger(t.pool, 'long-ids')).toEqual([]);
  });

  it.each([
    ['NUL', 'a\0b', /NUL/],
    ['half a surrogate pair', 'a\uD83Eb', /surrogate/],
  ])('is refused when it holds %s, wherever that is, and nothing is written', async (_what, text, message) => {
    const modelId = `refusing-${++models}`;
    await applyModel(t.pool, modelId);
    const key = await openRunFor(t.registry, modelId, 'fine');
    await t.registry.registerVersion(newVersion(key));
    const refused = everyPlaceOf(key, text);
    for (const work of refused) {
      await expect(work()).rejects.toMatchObject({ code: 'SIGNAL_INVALID', message: expect.stringMatching(message) });
    }
    const { rows } = await t.pool.query('select seq from perennial.audit_heads where model_id = $1', [modelId]);
    expect(rows).toEqual([{ seq: 3 }]);
  });

  it.each([
    ['outcome', 'closeRun', (words: string) => ({ outcome: { ...TURNED_DOWN, reasons: [words, 'whole'] } })],
    ['failure', 'closeRun', (words: string) => ({ failure: words })],
    ['failure', 'failOpenRun', (words: string) => words],
  ] as const)('keeps no run open by what cannot be stored in its %s: %s writes it changed', async (field, way, of) => {
    const modelId = `closing-${++models}`;
    await applyModel(t.pool, modelId);
    const key = await openRunFor(t.registry, modelId, 'fine');
    const result = of('a\0b \uD83E \uDD9C\uD83E 🦜');
    const close = t.registry[way] as (key: RunKey, result: unknown) => Promise<unknown>;
    await close(key, result);
    await close(key, result);
    const words = 'a\uFFFDb \uFFFD \uFFFD\uFFFD 🦜';
    const row = await t.registry.run(key);
    expect(row.closedAt).not.toBeNull();
    expect(row[field]).toEqual(field === 'failure' ? words : { ...TURNED_DOWN, reasons: [words, 'whole'] });
    expect((await t.registry.loadModelState(modelId)).openRun).toBeNull();
    expect(await verifyAudit(t.pool, { modelId })).toMatchObject([{ brokenSeq: null }]);
  });
});

describe('text in questions', () => {
  it('finds nothing as a model id, and breaks nothing', async () => {
    for (const [, text] of HOSTILE) {
      await expect(t.registry.loadModelState(text)).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
      await expect(showRun(t.pool, { modelId: text, runNo: 1 })).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
      expect(await listRuns(t.pool, { modelId: text, limit: 10 })).toEqual([]);
      expect(await t.registry.champion(text)).toBeNull();
    }
    await expect(t.registry.loadModelState('a\0b')).rejects.toMatchObject({ code: 'SIGNAL_INVALID' });
  });
});

const unavailable = { code: 'REGISTRY_UNAVAILABLE', retryable: true };
const key: RunKey = { modelId: 'outage', runNo: 1 };

beforeAll(async () => {
  await applyModel(t.pool, 'outage');
  await openRunFor(t.registry, 'outage', 'x');
});

describe('a server that goes away', () => {
  it('is an error that a retry can help when it is not there, and when its name is unknown', async () => {
    for (const url of ['postgres://u@127.0.0.1:1/d', 'postgres://u@no-such-host.invalid/d']) {
      const pool = createPool(url);
      await expect(createRegistry(pool).run(key)).rejects.toMatchObject(unavailable);
      await expect(createRegistry(pool).recordStage(key, 'train')).rejects.toMatchObject(unavailable);
      await pool.end();
    }
  });

  it('is the same when it accepts and never answers', async () => {
    const sockets: net.Socket[] = [];
    const server = net.createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as net.AddressInfo;
    const pool = new Pool({ connectionString: `postgres://u@127.0.0.1:${port}/d`, connectionTimeoutMillis: 100 });
    await expect(createRegistry(pool).run(key)).rejects.toMatchObject(unavailable);
    await pool.end();
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('costs one retry and never the process when connections are killed: idle, in a statement, in a transaction', async () => {
    const url = new URL(t.url);
    url.searchParams.set('application_name', 'victim');
    const pool = createPool(url.href, { maxConnections: 4 });
    const registry = createRegistry(pool);
    const kill = () =>
      t.pool.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'victim'`);
    const client = await t.pool.connect();
    try {
      await registry.run(key);
      await kill();
      await expect
        .poll(
          () =>
            registry.run(key).then(
              (run) => run.runNo,
              () => null,
            ),
          { timeout: 5_000 },
        )
        .toBe(1);

      await client.query(`begin; select from perennial.models where model_id = 'outage' for update`);
      const waiting = Promise.allSettled([1, 2, 3].map(() => registry.recordStage(key, 'train')));
      const blocked = async () =>
        (
          await t.pool.query(
            `select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'victim'`,
          )
        ).rowCount;
      await expect.poll(blocked, { timeout: 5_000 }).toBe(3);
      await kill();
      for (const result of await waiting) {
        expect(result).toMatchObject({ status: 'rejected', reason: unavailable });
      }
    } finally {
      await client.query('rollback');
      client.release();
    }
    await registry.recordStage(key, 'train');
    expect((await showRun(t.pool, key)).stages.map((row) => row.stage)).toEqual(['assess', 'train']);
    await pool.end();
  });
});

describe('a server that is there and cannot answer', () => {
  it('is the same when a lock is not given in time or the statement takes too long', async () => {
    const client = await t.pool.connect();
    for (const limit of ['lock_timeout', 'statement_timeout'] as const) {
      const pool = new Pool({ connectionString: t.url, [limit]: 50 });
      await client.query(`begin; select from perennial.models where model_id = 'outage' for update`);
      await expect(createRegistry(pool).recordStage(key, 'evaluate')).rejects.toMatchObject(unavailable);
      await client.query('rollback');
      await pool.end();
    }
    client.release();
  });

  it('is the same when the schema has not been migrated yet, and when the pool was ended', async () => {
    const url = new URL(t.url);
    url.pathname = '/postgres';
    const pool = createPool(url.href);
    await expect(createRegistry(pool).run(key)).rejects.toMatchObject(unavailable);
    await pool.end();
    await expect(createRegistry(pool).run(key)).rejects.toMatchObject(unavailable);
  });
});
