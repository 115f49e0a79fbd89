/** The audit chain under every kind of tampering, as a superuser who can switch triggers off. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointPath, verifyAgainstCheckpoint } from '#dist/cli/checkpoint-file.js';
import { type AuditCheckpoint, linkHash } from '#dist/registry/audit.js';
import {
  createCheckpointKeys,
  nextCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from '#dist/registry/audit-checkpoint.js';
import { verifyAudit } from '#dist/registry/audit-verify.js';
import { temporaryFolder } from '../setup/folders.js';
import {
  applyModel,
  digestOf,
  evaluationOf,
  GATES,
  makeVersion,
  move,
  newVersion,
  openRunFor,
  summaryOf,
  TURNED_DOWN,
  useRegistry,
} from './registry-fixtures.js';

const t = useRegistry('registry-audit');
let modelId = '';
let models = 0;
let admin: pg.Client;

/** spec-applied, run-opened, version-registered, run-closed, alias-moved, then the same of a second version: 9 entries. */
beforeEach(async () => {
  modelId = `audited-${++models}`;
  await applyModel(t.pool, modelId);
  await makeVersion(t.registry, modelId, 'x');
  await t.registry.moveChampion(move(modelId, { toVersion: 1 }));
  await makeVersion(t.registry, modelId, 'y');
  await t.registry.moveChampion(move(modelId, { toVersion: 2, expected: { version: 1, epoch: 1 } }));
  admin = new pg.Client({ connectionString: t.url });
  await admin.connect();
  await admin.query('set session_replication_role = replica');
});
afterEach(() => admin.end());

const tamper = (sql: string) => admin.query(sql.replaceAll(':model', `'${modelId}'`));
const verify = async (checkpoint?: AuditCheckpoint) => {
  const [result] = await verifyAudit(t.pool, checkpoint === undefined ? { modelId } : { modelId, checkpoint });
  if (result === undefined) throw new Error('no result');
  return result;
};

/** What an intruder does who knows how the chain is made: hashes everything again from `seq` on. */
async function rewriteFrom(seq: number): Promise<void> {
  const { rows } = await admin.query(
    'select seq, canonical_text, hash from perennial.audit where model_id = $1 order by seq',
    [modelId],
  );
  let previous = '0'.repeat(64);
  for (const row of rows) {
    const hash = row.seq < seq ? row.hash : linkHash(previous, row.canonical_text);
    await admin.query('update perennial.audit set previous_hash = $3, hash = $4 where model_id = $1 and seq = $2', [
      modelId,
      row.seq,
      previous,
      hash,
    ]);
    previous = hash;
  }
  await admin.query('update perennial.audit_heads set seq = $2, hash = $3 where model_id = $1', [
    modelId,
    rows.at(-1)?.seq ?? 0,
    previous,
  ]);
}

describe('an audit that nobody touched', () => {
  it('verifies and tells its head', async () => {
    const { rows } = await t.pool.query('select seq, hash from perennial.audit_heads where model_id = $1', [modelId]);
    expect(await verify()).toEqual({
      modelId,
      entries: 9,
      headHash: rows[0]?.hash,
      brokenSeq: null,
      reason: null,
      checkpointAt: null,
    });
    expect(rows[0]?.seq).toBe(9);
  });

  it('holds every kind of entry', async () => {
    const key = await openRunFor(t.registry, modelId, 'z');
    await t.registry.registerVersion(newVersion(key));
    const { evaluationId } = await t.registry.beginEvaluation(evaluationOf(key, { candidateVersion: 3 }));
    await t.registry.finishEvaluation(evaluationId, { summary: summaryOf(evaluationId, 'e'), gates: GATES });
    await t.registry.recordDecision(key, {
      eventId: 'd',
      decision: 'reject',
      by: 'reviewer',
      reason: 'no',
      evidence: digestOf('e').slice(0, 12),
      channel: 'signal',
      answer: { accepted: true, code: 'accepted', reason: 'noted' },
    });
    await t.registry.closeRun(key, { outcome: TURNED_DOWN });
    const { rows } = await t.pool.query('select kind from perennial.audit where model_id = $1 order by seq', [modelId]);
    expect(rows.map((row) => row.kind)).toEqual([
      ...['spec-applied', 'run-opened', 'version-registered', 'run-closed', 'alias-moved'],
      ...['run-opened', 'version-registered', 'run-closed', 'alias-moved'],
      ...['run-opened', 'version-registered', 'evaluation-finished', 'decision', 'run-closed'],
    ]);
    expect(await verify()).toMatchObject({ entries: 14, brokenSeq: null });
  });

  it('covers all models when none is named, and says which is unknown', async () => {
    const all = await verifyAudit(t.pool);
    expect(all.find((row) => row.modelId === modelId)).toMatchObject({ brokenSeq: null });
    await expect(verifyAudit(t.pool, { modelId: 'nobody' })).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
  });

  it('verifies while others write', async () => {
    const writes = Array.from({ length: 10 }, async (_, i) => {
      await t.registry.recordDecision(
        { modelId, runNo: 1 },
        {
          eventId: `d${i}`,
          decision: 'approve',
          by: 'reviewer',
          reason: '',
          evidence: '',
          channel: 'client',
          answer: { accepted: false, code: 'run-closed', reason: 'closed' },
        },
      );
      return verify();
    });
    for (const result of await Promise.all(writes)) expect(result.brokenSeq).toBeNull();
    expect(await verify()).toMatchObject({ entries: 19, brokenSeq: null });
  });
});

describe('tampering with entries', () => {
  it.each([
    [
      'a changed text',
      3,
      `update perennial.audit set canonical_text = replace(canonical_text, '"runNo":1', '"runNo":7') where model_id = :model and seq = 3`,
    ],
    ['a changed hash', 4, `update perennial.audit set hash = repeat('a', 64) where model_id = :model and seq = 4`],
    [
      'a changed previous hash',
      4,
      `update perennial.audit set previous_hash = repeat('a', 64) where model_id = :model and seq = 4`,
    ],
    ['a changed kind', 2, `update perennial.audit set kind = 'decision' where model_id = :model and seq = 2`],
    [
      'a changed time',
      2,
      `update perennial.audit set at = at + interval '1 second' where model_id = :model and seq = 2`,
    ],
    ['a removed first entry', 1, `delete from perennial.audit where model_id = :model and seq = 1`],
    ['a removed entry', 5, `delete from perennial.audit where model_id = :model and seq = 5`],
    ['a cut tail', 8, `delete from perennial.audit where model_id = :model and seq >= 8`],
    ['all entries gone', 1, `delete from perennial.audit where model_id = :model`],
    ['a changed head', 10, `update perennial.audit_heads set hash = repeat('a', 64) where model_id = :model`],
    ['a missing head', 10, `delete from perennial.audit_heads where model_id = :model`],
    [
      'a forged entry at the end',
      10,
      `insert into perennial.audit select model_id, 10, at, kind, canonical_text, hash, repeat('b', 64) from perennial.audit where model_id = :model and seq = 9`,
    ],
  ])('names the first broken entry after %s', async (_what, brokenSeq, sql) => {
    await tamper(sql);
    const result = await verify();
    expect(result).toMatchObject({ brokenSeq });
    expect(result.reason).toMatch(new RegExp(`^Entry ${brokenSeq}: .+\\.$`));
  });

  it('names the entry after one that was changed together with its own hash', async () => {
    const { rows } = await admin.query('select * from perennial.audit where model_id = $1 and seq = 3', [modelId]);
    const text = rows[0].canonical_text.replace('"version":1', '"version":7');
    await admin.query('update perennial.audit set canonical_text = $2, hash = $3 where model_id = $1 and seq = 3', [
      modelId,
      text,
      linkHash(rows[0].previous_hash, text),
    ]);
    expect(await verify()).toMatchObject({ brokenSeq: 4, reason: expect.stringContaining('does not follow') });
  });

  it('names the first broken entry after one was inserted and the later ones moved up', async () => {
    await tamper('update perennial.audit set seq = seq + 1000 where model_id = :model and seq >= 5');
    await tamper('update perennial.audit set seq = seq - 999 where model_id = :model and seq >= 1000');
    await tamper(`insert into perennial.audit select model_id, 5, at, kind, canonical_text, hash, repeat('c', 64)
      from perennial.audit where model_id = :model and seq = 4`);
    expect(await verify()).toMatchObject({ brokenSeq: 5 });
  });

  it('names the first broken entry after two changed places, even when every hash was made again', async () => {
    await tamper('update perennial.audit set seq = 1003 where model_id = :model and seq = 3');
    await tamper('update perennial.audit set seq = 3 where model_id = :model and seq = 4');
    await tamper('update perennial.audit set seq = 4 where model_id = :model and seq = 1003');
    expect(await verify()).toMatchObject({ brokenSeq: 3 });
    await rewriteFrom(1);
    expect(await verify()).toMatchObject({ brokenSeq: 3, reason: 'Entry 3: its columns differ from its text.' });
  });
});

describe('tampering with the champion', () => {
  it.each([
    ['the alias set back', 9, `update perennial.aliases set version = 1 where model_id = :model`],
    ['the epoch raised', 9, `update perennial.aliases set epoch = 9 where model_id = :model`],
    ['the alias row gone', 9, `delete from perennial.aliases where model_id = :model`],
    ['the last move gone', 9, `delete from perennial.alias_moves where model_id = :model and epoch = 2`],
    ['an earlier move gone', 5, `delete from perennial.alias_moves where model_id = :model and epoch = 1`],
    [
      'a changed reason',
      5,
      `update perennial.alias_moves set reason = 'because' where model_id = :model and epoch = 1`,
    ],
    [
      'a changed time',
      9,
      `update perennial.alias_moves set moved_at = moved_at - interval '1 day' where model_id = :model and epoch = 2`,
    ],
    [
      'a move that was never audited',
      10,
      `insert into perennial.alias_moves select model_id, alias, 3, 'forged', kind, 2, 1, moved_by, reason, evidence_digest, run_no, moved_at from perennial.alias_moves where model_id = :model and epoch = 2`,
    ],
  ])('is found after %s', async (_what, brokenSeq, sql) => {
    await tamper(sql);
    expect(await verify()).toMatchObject({ brokenSeq });
  });
});

/** The promotion of version 2 and its run's end never happened, says the database. */
async function cutTail(): Promise<void> {
  await tamper('delete from perennial.audit where model_id = :model and seq >= 8');
  await tamper('delete from perennial.alias_moves where model_id = :model and epoch = 2');
  await tamper(`update perennial.aliases a set version = 1, epoch = 1, moved_at = m.moved_at
    from perennial.alias_moves m where m.model_id = :model and a.model_id = :model`);
  await tamper(`update perennial.audit_heads h set seq = 7, hash = a.hash
    from perennial.audit a where a.model_id = :model and a.seq = 7 and h.model_id = :model`);
}

describe('the signed checkpoint', () => {
  const keys = createCheckpointKeys();
  const takenAt = '2001-03-01T00:00:00.000Z';
  const take = async () => nextCheckpoint([await verify()], { before: null, takenAt });
  const reread = async () => verifyCheckpoint(signCheckpoint(await take(), keys.privateKey), keys.publicKey);

  it('is met by a chain that only grew', async () => {
    const checkpoint = await reread();
    await openRunFor(t.registry, modelId, 'z');
    expect(await verify(checkpoint)).toMatchObject({ entries: 10, brokenSeq: null, checkpointAt: takenAt });
  });

  it('shows a tail that was cut off together with its head and its moves, which the chain alone cannot', async () => {
    const checkpoint = await reread();
    await cutTail();
    expect(await verify()).toMatchObject({ brokenSeq: null });
    expect(await verify(checkpoint)).toMatchObject({ entries: 7, brokenSeq: 8 });
  });

  it('shows a chain that was rewritten from one entry on with right hashes', async () => {
    const checkpoint = await reread();
    await tamper(`update perennial.audit set canonical_text = replace(canonical_text, 'requester', 'somebody')
      where model_id = :model and seq = 2`);
    await rewriteFrom(2);
    expect(await verify()).toMatchObject({ brokenSeq: null });
    const result = await verify(checkpoint);
    expect(result.brokenSeq).not.toBeNull();
    expect(result.reason).toContain('rewritten');
  });

  it('shows a model that is gone altogether', async () => {
    const checkpoint = await reread();
    for (const table of ['audit', 'audit_heads', 'aliases', 'alias_moves', 'models']) {
      await tamper(`delete from perennial.${table} where model_id = :model`);
    }
    expect(await verify(checkpoint)).toMatchObject({ entries: 0, brokenSeq: 1 });
  });

  it('is refused when a byte was changed, when signed with another key, and when cut short', async () => {
    const file = signCheckpoint(await take(), keys.privateKey);
    const { publicKey } = createCheckpointKeys();
    for (const damaged of [file.replace('"seq":9', '"seq":7'), file.split('\n')[0] ?? '', '', 'not\na checkpoint\n']) {
      expect(() => verifyCheckpoint(damaged, keys.publicKey)).toThrow(/signature/);
    }
    expect(() => verifyCheckpoint(file, publicKey)).toThrow(/signature/);
    expect(verifyCheckpoint(file, keys.publicKey).heads.map((head) => head.modelId)).toContain(modelId);
  });
});

describe('`perennial verify`', () => {
  const run = async (stateDir: string) => {
    const [result] = await verifyAgainstCheckpoint(stateDir, (checkpoint) =>
      verifyAudit(t.pool, checkpoint === null ? { modelId } : { modelId, checkpoint }),
    );
    return result;
  };
  const textOf = (path: string) => readFileSync(path, 'utf8');

  it('has nothing to compare with at first, then finds a tail that was cut, again and again', async () => {
    const stateDir = temporaryFolder({ isOpen: false });
    expect(await run(stateDir)).toMatchObject({ entries: 9, brokenSeq: null, checkpointAt: null });
    const path = checkpointPath(stateDir);
    for (const name of readdirSync(stateDir)) expect(statSync(join(stateDir, name)).mode & 0o077, name).toBe(0);
    await openRunFor(t.registry, modelId, 'z');
    expect(await run(stateDir)).toMatchObject({ entries: 10, brokenSeq: null, checkpointAt: expect.any(String) });
    const kept = textOf(path);
    await tamper('delete from perennial.trigger_states where model_id = :model and run_no = 3');
    await cutTail();
    expect(await run(temporaryFolder({ isOpen: false }))).toMatchObject({ entries: 7, brokenSeq: null });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await run(stateDir)).toMatchObject({
        entries: 7,
        brokenSeq: 8,
        reason: 'Entry 8: the signed checkpoint saw 10 entries: the tail was cut off.',
      });
      expect(textOf(path)).toBe(kept);
    }
  });

  it('keeps what the checkpoint saw of models that it was not asked about', async () => {
    const stateDir = temporaryFolder({ isOpen: false });
    const first = modelId;
    await run(stateDir);
    modelId = `audited-${++models}`;
    await applyModel(t.pool, modelId);
    await run(stateDir);
    const { publicKey } = JSON.parse(textOf(join(stateDir, 'audit-key.json')));
    const { heads } = verifyCheckpoint(textOf(checkpointPath(stateDir)), publicKey);
    expect(heads.map((head) => [head.modelId, head.seq])).toEqual([
      [first, 9],
      [modelId, 1],
    ]);
  });

  it('does not believe a checkpoint that was changed, or whose key is gone', async () => {
    const stateDir = temporaryFolder({ isOpen: false });
    await run(stateDir);
    const path = checkpointPath(stateDir);
    const whole = textOf(path);
    writeFileSync(path, whole.replace('"seq":9', '"seq":7'));
    await expect(run(stateDir)).rejects.toMatchObject({ code: 'ARTIFACT_DIGEST_MISMATCH' });
    writeFileSync(path, whole);
    rmSync(join(stateDir, 'audit-key.json'));
    await expect(run(stateDir)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
  });

  it('makes one key when two processes verify for the first time at once', async () => {
    const stateDir = temporaryFolder({ isOpen: false });
    await Promise.all([run(stateDir), run(stateDir), run(stateDir)]);
    expect(await run(stateDir)).toMatchObject({ brokenSeq: null, checkpointAt: expect.any(String) });
  });
});
