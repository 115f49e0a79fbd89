/** What nobody may do to final rows, the owner included, and what the application's role may do at all. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeIncident } from '#dist/registry/close-incident.js';
import { createRegistry } from '#dist/registry/create-registry.js';
import { closeIncidents } from '#dist/registry/incidents.js';
import { listIncidents } from '#dist/registry/list-incidents.js';
import { createPool } from '#dist/registry/pool.js';
import { applySpec } from '#dist/registry/specs.js';
import {
  evaluationOf,
  GATES,
  MARCH,
  makeVersion,
  move,
  newVersion,
  openRunFor,
  snapshotOf,
  specApplication,
  summaryOf,
  TURNED_DOWN,
  useRegistry,
} from './registry-fixtures.js';

const t = useRegistry('registry-roles');
const login = `perennial_worker_${process.pid}`;
const MUTABLE = [
  'models',
  'runs',
  'aliases',
  'audit_heads',
  'trigger_heads',
  'model_inboxes',
  'tokens',
  'poller_cursors',
];

let owner: pg.Client;
let app: pg.Client;
let appUrl = '';
let finalTables: string[] = [];

beforeAll(async () => {
  owner = new pg.Client({ connectionString: t.url });
  await owner.connect();
  await owner.query(`create role ${login} login password 'secret' in role perennial_app`);
  const url = new URL(t.url);
  url.username = login;
  url.password = 'secret';
  appUrl = url.href;
  app = new pg.Client({ connectionString: appUrl });
  await app.connect();
  const { rows } = await owner.query(
    `select relname from pg_class where relnamespace = 'perennial'::regnamespace and relkind = 'r' order by 1`,
  );
  finalTables = rows
    .map((row) => row.relname)
    .filter((name) => !MUTABLE.includes(name) && name !== 'schema_migrations');
});
afterAll(async () => {
  await app.end();
  await owner.query(`drop role ${login}`);
  await owner.end();
});

const BROKEN = {
  verdict: 'broken-feed',
  inputsAsOf: MARCH.end,
  window: MARCH,
  checks: [],
  reasons: ['half of the rows are gone'],
} as const;

/** A row in every table, written as the application. */
async function wholeStory(modelId: string): Promise<void> {
  const pool = createPool(appUrl);
  try {
    const registry = createRegistry(pool);
    await applySpec(pool, specApplication(modelId));
    await makeVersion(registry, modelId, 'first');
    const key = await openRunFor(registry, modelId, 'second');
    await registry.recordAssessment(key, BROKEN);
    await registry.recordStage(key, 'freeze');
    await registry.recordSnapshot(key, snapshotOf('training', 'a'));
    await registry.registerVersion(newVersion(key));
    const { evaluationId } = await registry.beginEvaluation(evaluationOf(key, { candidateVersion: 2 }));
    await registry.finishEvaluation(evaluationId, { summary: summaryOf(evaluationId, 'e'), gates: GATES });
    await registry.moveChampion(move(modelId, { toVersion: 1 }));
    await registry.moveChampion(move(modelId, { toVersion: 2, expected: { version: 1, epoch: 1 } }));
    const back = { kind: 'rollback', moveKey: 'back', expected: { version: 2, epoch: 2 } } as const;
    await registry.moveChampion(move(modelId, { toVersion: 1, ...back }));
    await closeIncidents(pool, { modelId, by: 'reviewer', reason: 'it was the feed' });
    const [fault] = await listIncidents(pool, { modelId, isOpenOnly: true, limit: 1 });
    await closeIncident(pool, { modelId, incidentId: fault!.incidentId, by: 'reviewer', reason: 'mended' });
    await registry.closeRun(key, { outcome: TURNED_DOWN });
  } finally {
    await pool.end();
  }
}

describe('the application role', () => {
  it('suffices for everything the registry does', async () => {
    await wholeStory('as-app');
    const { rows } = await owner.query(`select epoch from perennial.aliases where model_id = 'as-app'`);
    expect(rows).toEqual([{ epoch: 3 }]);
  });

  it('may add to final tables but not update, delete or truncate', async () => {
    expect(finalTables).toContain('alias_moves');
    for (const table of finalTables) {
      const column = await firstColumn(table);
      for (const sql of [
        `update perennial.${table} set ${column} = ${column}`,
        `delete from perennial.${table}`,
        `truncate perennial.${table} cascade`,
      ]) {
        await expect(app.query(sql), sql).rejects.toMatchObject({ code: '42501' });
      }
    }
  });

  it('may delete nothing anywhere, nor change the schema or its guards', async () => {
    for (const sql of [
      ...MUTABLE.map((table) => `delete from perennial.${table}`),
      ...MUTABLE.map((table) => `truncate perennial.${table} cascade`),
      'alter table perennial.audit disable trigger all',
      'drop table perennial.audit',
      'create table perennial.more (id int)',
      `set session_replication_role = replica`,
      `insert into perennial.schema_migrations values (99, 'x', 'x')`,
    ]) {
      await expect(app.query(sql), sql).rejects.toMatchObject({ code: '42501' });
    }
  });
});

async function firstColumn(table: string): Promise<string> {
  const { rows } = await owner.query(
    `select attname from pg_attribute where attrelid = format('perennial.%I', $1::text)::regclass and attnum > 0
     and attidentity = '' order by attnum limit 1`,
    [table],
  );
  return rows[0].attname;
}

describe('the owner', () => {
  it('is another role than the application', async () => {
    const { rows } = await owner.query(
      `select distinct relowner::regrole::text as owner from pg_class
       where relnamespace = 'perennial'::regnamespace and relkind = 'r'`,
    );
    expect(rows).toEqual([{ owner: 'perennial_owner' }]);
  });

  it('cannot change or remove a final row either', async () => {
    await wholeStory('as-owner');
    for (const table of finalTables) {
      const column = await firstColumn(table);
      const { rows } = await owner.query(`select count(*)::int as rows from perennial.${table}`);
      const statements = [`truncate perennial.${table} cascade`];
      if (rows[0].rows > 0) {
        statements.push(`update perennial.${table} set ${column} = ${column}`, `delete from perennial.${table}`);
      }
      for (const sql of statements) await expect(owner.query(sql), sql).rejects.toMatchObject({ code: '23001' });
    }
  });

  it('cannot reopen or remove a closed run', async () => {
    await wholeStory('closed');
    for (const sql of [
      `update perennial.runs set closed_at = null, outcome = null where model_id = 'closed'`,
      `delete from perennial.runs where model_id = 'closed'`,
    ]) {
      await expect(owner.query(sql), sql).rejects.toMatchObject({ code: '23001' });
    }
  });

  it('cannot point the alias anywhere but where its newest move says', async () => {
    await wholeStory('pointed');
    for (const set of ['version = 2', 'epoch = 2', 'version = 99', 'version = null', 'epoch = 0', `alias = 'other'`]) {
      const sql = `update perennial.aliases set ${set} where model_id = 'pointed'`;
      await expect(owner.query(sql), sql).rejects.toMatchObject({ code: expect.stringMatching(/^23(503|514)$/) });
    }
  });

  it('cannot have two open runs of a model', async () => {
    await applySpec(t.pool, specApplication('one-open'));
    const key = await openRunFor(t.registry, 'one-open', 'x');
    await expect(
      owner.query(
        `insert into perennial.runs (model_id, run_no, workflow_id, first_trigger_id, cause, spec_digest, requested_by, clock)
         select model_id, 2, 'other', first_trigger_id, cause, spec_digest, requested_by, clock
         from perennial.runs where model_id = $1`,
        [key.modelId],
      ),
    ).rejects.toMatchObject({ code: '23505' });
  });
});
