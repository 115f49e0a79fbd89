/** Windows of backfills, found in the ledger by their trigger ids: it is what tells a backfill where it stopped. */
import type { Pool } from 'pg';
import { type BackfillAttempt, type BackfillWindow, backfillEventId } from '../core/backfill/types.js';
import type { Outcome, Stage } from '../core/types.js';
import { inTransaction, query } from './database.js';
import { lockModel } from './models.js';
import { appendTriggerStates } from './triggers.js';

const WITHDRAWN = 'withdrawn: the backfill was cancelled';
/** Looked up together; attempts are numbered without gaps. */
const ATTEMPTS_AT_ONCE = 20;
const WAITING = ['pending', 'held', 'escalated'];

interface DbAttempt {
  trigger_id: string;
  state: string;
  reason: string;
  run_no: number | null;
  workflow_id: string | null;
  first_trigger_id: string | null;
  stage: Stage | null;
  outcome: Outcome | null;
  failure: string | null;
}

/** By trigger id; the ledger may put the cause before what the sender chose. */
function attemptIds(window: BackfillWindow, numbers: { from: number; count: number }): Map<string, number> {
  const ids = new Map<string, number>();
  for (let attempt = numbers.from; attempt < numbers.from + numbers.count; attempt++) {
    const eventId = backfillEventId(window, attempt);
    ids.set(eventId, attempt).set(`schedule/${eventId}`, attempt);
  }
  return ids;
}

function runOf(row: DbAttempt): BackfillAttempt['run'] {
  if (row.run_no === null || row.workflow_id === null) return null;
  const { outcome, failure } = row;
  const end =
    failure !== null
      ? { outcome: 'failed' as const, verdict: null }
      : outcome === null
        ? null
        : { outcome: outcome.kind, verdict: outcome.verdict };
  return {
    runNo: row.run_no,
    workflowId: row.workflow_id,
    stage: row.stage ?? 'assess',
    isOwn: row.first_trigger_id === row.trigger_id,
    end,
  };
}

/** The newest of those that are in the ledger. */
async function newestAmong(
  db: Pool,
  window: BackfillWindow,
  numbers: { from: number; count: number },
): Promise<BackfillAttempt | null> {
  const ids = attemptIds(window, numbers);
  const rows = await query<DbAttempt>(
    db,
    `select t.trigger_id, s.state, s.reason, r.run_no, r.workflow_id, r.first_trigger_id, r.outcome, r.failure,
       (select g.stage from perennial.run_stages g
        where g.model_id = r.model_id and g.run_no = r.run_no order by g.step desc limit 1) as stage
     from perennial.triggers t
     join lateral (
       select * from perennial.trigger_states s
       where s.model_id = t.model_id and s.trigger_id = t.trigger_id order by s.step desc limit 1) s on true
     left join perennial.runs r on r.model_id = s.model_id and r.run_no = s.run_no
     where t.model_id = $1 and t.trigger_id = any($2::text[])`,
    [window.modelId, [...ids.keys()]],
  );
  const attempts = rows.map(
    (row): BackfillAttempt => ({
      attempt: ids.get(row.trigger_id) ?? 1,
      triggerId: row.trigger_id,
      state: row.state,
      reason: row.reason.slice(0, 500),
      isWithdrawn: row.state === 'suppressed' && row.reason === WITHDRAWN,
      run: runOf(row),
    }),
  );
  return attempts.sort((a, b) => b.attempt - a.attempt)[0] ?? null;
}

/** The newest attempt, or the one of that number; null while there is none. */
export async function backfillAttempt(
  db: Pool,
  window: BackfillWindow,
  wanted: number | null,
): Promise<BackfillAttempt | null> {
  if (wanted !== null) return newestAmong(db, window, { from: wanted, count: 1 });
  let newest: BackfillAttempt | null = null;
  for (let from = 1; ; from += ATTEMPTS_AT_ONCE) {
    const found = await newestAmong(db, window, { from, count: ATTEMPTS_AT_ONCE });
    if (found === null) return newest;
    newest = found;
    if (found.attempt < from + ATTEMPTS_AT_ONCE - 1) return newest;
  }
}

/** Under the model's lock, so that a run is opened for it before or never. */
export async function withdrawBackfillAttempt(pool: Pool, window: BackfillWindow, attempt: number): Promise<void> {
  const { modelId } = window;
  await inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const ids = [...attemptIds(window, { from: attempt, count: 1 }).keys()];
    const waiting = await query<{ trigger_id: string }>(
      client,
      `select trigger_id from perennial.trigger_heads
       where model_id = $1 and trigger_id = any($2::text[]) and state = any($3::text[])`,
      [modelId, ids, WAITING],
    );
    const triggerIds = waiting.map((row) => row.trigger_id);
    await appendTriggerStates(client, { modelId, triggerIds, state: 'suppressed', reason: WITHDRAWN, runNo: null });
  });
}
