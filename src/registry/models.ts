/**
 * The models table. Every write of a model begins by locking its row here: what happens to one model happens in one order,
 * and no two transactions can wait for each other in a circle.
 */
import type { Pool, PoolClient } from 'pg';
import type { ModelState, OpenRun } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import type { Cause, RunClock } from '../core/types.js';
import { type Db, inReadSnapshot, query, queryOne } from './database.js';

interface ModelLock {
  readonly lastRunNo: number;
  readonly lastVersion: number;
}

export function modelUnknown(modelId: string): PipelineError {
  return new PipelineError('MODEL_UNKNOWN', `No model ${JSON.stringify(modelId)} is known; apply its pipeline first.`, {
    details: { modelId },
  });
}

/**
 * Held until the transaction ends. `no key update` leaves rows that merely refer to the model free to be inserted.
 * @throws MODEL_UNKNOWN
 */
export async function lockModel(client: PoolClient, modelId: string): Promise<ModelLock> {
  const row = await queryOne<{ last_run_no: number; last_version: number }>(
    client,
    'select last_run_no, last_version from perennial.models where model_id = $1 for no key update',
    [modelId],
  );
  if (row === undefined) throw modelUnknown(modelId);
  return { lastRunNo: row.last_run_no, lastVersion: row.last_version };
}

/** Makes model, alias, audit head and inbox when they are not there yet. */
export async function ensureModel(client: PoolClient, modelId: string): Promise<void> {
  const zeros = '0'.repeat(64);
  await query(client, 'insert into perennial.models (model_id) values ($1) on conflict do nothing', [modelId]);
  await query(
    client,
    `insert into perennial.aliases (model_id, alias) values ($1, 'champion') on conflict do nothing`,
    [modelId],
  );
  await query(
    client,
    'insert into perennial.audit_heads (model_id, seq, hash) values ($1, 0, $2) on conflict do nothing',
    [modelId, zeros],
  );
  await query(client, 'insert into perennial.model_inboxes (model_id) values ($1) on conflict do nothing', [modelId]);
}

/** Null when none is open. */
export async function openRunOf(db: Db, modelId: string): Promise<OpenRun | null> {
  const row = await queryOne<{
    run_no: number;
    workflow_id: string;
    spec_digest: string;
    cause: Cause;
    requested_by: string;
    clock: RunClock;
  }>(
    db,
    `select run_no, workflow_id, spec_digest, cause, requested_by, clock from perennial.runs
     where model_id = $1 and closed_at is null`,
    [modelId],
  );
  if (row === undefined) return null;
  return {
    runNo: row.run_no,
    workflowId: row.workflow_id,
    specDigest: row.spec_digest,
    cause: row.cause,
    requestedBy: row.requested_by,
    clock: row.clock,
  };
}

/** All of it as of one moment. @throws MODEL_UNKNOWN */
export function loadModelState(pool: Pool, modelId: string): Promise<ModelState> {
  return inReadSnapshot(pool, async (client) => {
    const row = await queryOne<{ spec_digest: string; version: number | null; epoch: number }>(
      client,
      `select s.spec_digest, a.version, a.epoch
       from perennial.spec_versions s
       join perennial.aliases a on a.model_id = s.model_id and a.alias = 'champion'
       where s.model_id = $1
       order by s.seq desc limit 1`,
      [modelId],
    );
    if (row === undefined) throw modelUnknown(modelId);
    return {
      modelId,
      specDigest: row.spec_digest,
      champion: row.version === null ? null : { version: row.version, epoch: row.epoch },
      openRun: await openRunOf(client, modelId),
    };
  });
}
