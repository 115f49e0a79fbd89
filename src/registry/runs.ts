/**
 * Runs: opened by a judgement (judging.ts), one open a model by constraint, closed once. Whatever a run records goes through
 * `withRun`, which locks the model's row and then reads the run.
 */
import type { Pool, PoolClient } from 'pg';
import type { RunKey, RunRow } from '../activities/deps.js';
import { canonicalJson } from '../core/canonical-json.js';
import { assertInvariant, PipelineError } from '../core/errors.js';
import { promotionOf } from '../core/policy/triggers/clocks.js';
import type { Cause, Outcome, OutcomeKind, Promotion, RunClock, Stage } from '../core/types.js';
import { appendAudit } from './audit.js';
import { type Db, inTransaction, query, queryOne, toInstant, toInstantOrNull } from './database.js';
import { lockModel } from './models.js';
import { settleClaims } from './settle-claims.js';
import { currentSpec } from './specs.js';
import { storableText, storedJson } from './stored-text.js';
import { appendTriggerStates } from './triggers.js';

interface DbRun {
  model_id: string;
  run_no: number;
  workflow_id: string;
  cause: RunRow['cause'];
  spec_digest: string;
  requested_by: string;
  promotion: Promotion;
  stage: Stage;
  opened_at: Date;
  closed_at: Date | null;
  outcome: Outcome | null;
  failure: string | null;
}

const RUN_COLUMNS = `r.model_id, r.run_no, r.workflow_id, r.cause, r.spec_digest, r.requested_by, r.promotion, r.opened_at, r.closed_at,
  r.outcome, r.failure,
  (select s.stage from perennial.run_stages s
   where s.model_id = r.model_id and s.run_no = r.run_no order by s.step desc limit 1) as stage`;

function toRunRow(row: DbRun): RunRow {
  return {
    modelId: row.model_id,
    runNo: row.run_no,
    workflowId: row.workflow_id,
    cause: row.cause,
    specDigest: row.spec_digest,
    requestedBy: row.requested_by,
    promotion: row.promotion,
    stage: row.stage,
    openedAt: toInstant(row.opened_at),
    closedAt: toInstantOrNull(row.closed_at),
    outcome: row.outcome,
    failure: row.failure,
  };
}

/** @throws RUN_UNKNOWN */
export async function run(db: Db, key: RunKey): Promise<RunRow> {
  const row = await queryOne<DbRun>(
    db,
    `select ${RUN_COLUMNS} from perennial.runs r where r.model_id = $1 and r.run_no = $2`,
    [key.modelId, key.runNo],
  );
  if (row !== undefined) return toRunRow(row);
  throw new PipelineError('RUN_UNKNOWN', `Model ${JSON.stringify(key.modelId)} has no run ${key.runNo}.`, {
    details: { modelId: key.modelId, runNo: key.runNo },
  });
}

/** Newest first. */
export async function listRuns(
  db: Db,
  options: { modelId?: string; limit: number; isOpenOnly?: boolean },
): Promise<RunRow[]> {
  const rows = await query<DbRun>(
    db,
    `select ${RUN_COLUMNS} from perennial.runs r
     where ($1::text is null or r.model_id = $1) and (not $3 or r.closed_at is null)
     order by r.opened_at desc, r.model_id, r.run_no desc limit $2`,
    [options.modelId ?? null, options.limit, options.isOpenOnly ?? false],
  );
  return rows.map(toRunRow);
}

/** How closed runs ended, by number: those that the rows name. */
export async function outcomesOf(
  db: Db,
  modelId: string,
  rows: readonly { readonly runNo: number | null }[],
): Promise<Map<number, OutcomeKind | 'failed'>> {
  const runNos = [...new Set(rows.flatMap(({ runNo }) => (runNo === null ? [] : [runNo])))];
  if (runNos.length === 0) return new Map();
  const found = await query<{ run_no: number; kind: OutcomeKind | null }>(
    db,
    `select run_no, outcome->>'kind' as kind from perennial.runs
     where model_id = $1 and run_no = any($2::integer[]) and closed_at is not null`,
    [modelId, runNos],
  );
  return new Map(found.map(({ run_no, kind }) => [run_no, kind ?? 'failed']));
}

/** In one transaction, with the model locked. @throws MODEL_UNKNOWN, RUN_UNKNOWN */
export function withRun<T>(
  pool: Pool,
  key: RunKey,
  work: (client: PoolClient, present: RunRow) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, async (client) => {
    await lockModel(client, key.modelId);
    return work(client, await run(client, key));
  });
}

/** As its first trigger asked; those that it was merged with ask for the same. */
async function promotionAsked(client: PoolClient, modelId: string, triggerId: string): Promise<Promotion> {
  const row = await queryOne<{ cause: Cause; body: unknown }>(
    client,
    'select cause, body from perennial.triggers where model_id = $1 and trigger_id = $2',
    [modelId, triggerId],
  );
  return row === undefined ? 'by-policy' : promotionOf(row);
}

export interface NewRun {
  readonly modelId: string;
  /** At least one: it is `started`, the others are `merged` into the run. */
  readonly triggerIds: readonly string[];
  readonly cause: Cause;
  readonly requestedBy: string;
  readonly clock: RunClock;
  /** Why now, one sentence. */
  readonly reason: string;
}

/** What the audit chain names one by one; the ledger holds them all. */
const AUDITED_TRIGGERS = 100;

/** The caller holds the model's lock and has found no run open. @returns its number */
export async function insertRun(client: PoolClient, run: NewRun, lastRunNo: number): Promise<number> {
  const { modelId, cause, requestedBy, reason } = run;
  const [first, ...others] = run.triggerIds;
  assertInvariant(first !== undefined, `A run of ${modelId} needs at least one trigger.`);
  const clock = storedJson('clock', run.clock);
  const runNo = lastRunNo + 1;
  const workflowId = `retrain/${modelId}/${runNo}`;
  const specDigest = (await currentSpec(client, modelId))?.specDigest;
  assertInvariant(specDigest !== undefined, `Model ${modelId} has no spec.`);
  await query(client, 'update perennial.models set last_run_no = $2 where model_id = $1', [modelId, runNo]);
  const promotion = await promotionAsked(client, modelId, first);
  await query(
    client,
    `insert into perennial.runs
       (model_id, run_no, workflow_id, first_trigger_id, cause, spec_digest, requested_by, clock, promotion)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [modelId, runNo, workflowId, first, cause, specDigest, requestedBy, clock, promotion],
  );
  await query(client, `insert into perennial.run_stages (model_id, run_no, step, stage) values ($1, $2, 1, 'assess')`, [
    modelId,
    runNo,
  ]);
  await appendTriggerStates(client, { modelId, triggerIds: [first], state: 'started', reason, runNo });
  await appendTriggerStates(client, { modelId, triggerIds: others, state: 'merged', reason, runNo });
  await appendAudit(client, {
    modelId,
    kind: 'run-opened',
    body: {
      cause,
      promotion,
      requestedBy,
      runNo,
      specDigest,
      triggerIds: run.triggerIds.slice(0, AUDITED_TRIGGERS),
      triggers: run.triggerIds.length,
    },
  });
  return runNo;
}

async function appendStage(client: PoolClient, key: RunKey, stage: Stage): Promise<void> {
  await query(
    client,
    `insert into perennial.run_stages (model_id, run_no, step, stage)
     select $1, $2, max(step) + 1, $3 from perennial.run_stages where model_id = $1 and run_no = $2`,
    [key.modelId, key.runNo, stage],
  );
}

/** Repeating the present stage adds nothing. @throws INVARIANT_BROKEN on a closed run, which has no stage but `done` */
export async function recordStage(pool: Pool, key: RunKey, stage: Stage): Promise<void> {
  await withRun(pool, key, async (client, present) => {
    if (present.stage === stage) return;
    if (present.closedAt !== null && stage === 'done') return;
    assertInvariant(
      present.closedAt === null,
      `Run ${key.runNo} of ${key.modelId} is closed and cannot enter stage ${stage}.`,
    );
    await appendStage(client, key, stage);
  });
}

/** The caller has found the run open, under the model's lock. */
async function writeClosing(
  client: PoolClient,
  key: RunKey,
  result: { outcome: Outcome | null; failure: string | null },
): Promise<void> {
  const { outcome, failure } = result;
  await query(
    client,
    `update perennial.runs set closed_at = date_trunc('milliseconds', clock_timestamp()), outcome = $3, failure = $4
     where model_id = $1 and run_no = $2`,
    [key.modelId, key.runNo, outcome === null ? null : storedJson('outcome', outcome), failure],
  );
  await appendAudit(client, {
    modelId: key.modelId,
    kind: 'run-closed',
    body: { failure, outcome, runNo: key.runNo },
  });
}

/**
 * Closes once: the same result again is fine, another one is INVARIANT_BROKEN. A completed run ends in stage `done`; a
 * failed one keeps the stage in which it failed. Words that cannot be stored are changed, not refused: a message quoted or
 * cut in the middle of a character must not keep the run open, and with it the model blocked.
 */
export async function closeRun(
  pool: Pool,
  key: RunKey,
  result: { outcome: Outcome } | { failure: string },
): Promise<void> {
  const outcome = 'outcome' in result ? { ...result.outcome, reasons: result.outcome.reasons.map(storableText) } : null;
  const failure = 'failure' in result ? storableText(result.failure) : null;
  const outcomeText = outcome === null ? null : storedJson('outcome', outcome);
  await withRun(pool, key, async (client, present) => {
    if (present.closedAt !== null) {
      const isSame =
        present.failure === failure &&
        (present.outcome === null ? null : canonicalJson(present.outcome)) === outcomeText;
      assertInvariant(isSame, `Run ${key.runNo} of ${key.modelId} was closed already, with another result.`);
      return;
    }
    await settleClaims(client, key, outcome?.kind ?? 'failed');
    if (outcome !== null && present.stage !== 'done') await appendStage(client, key, 'done');
    await writeClosing(client, key, { outcome, failure });
  });
}

/** Closes a run whose workflow is gone; one that has closed by itself stays as it ended. @returns whether it was open */
export async function failOpenRun(pool: Pool, key: RunKey, failure: string): Promise<boolean> {
  return withRun(pool, key, async (client, present) => {
    if (present.closedAt !== null) return false;
    await settleClaims(client, key, 'failed');
    await writeClosing(client, key, { outcome: null, failure: storableText(failure) });
    return true;
  });
}
