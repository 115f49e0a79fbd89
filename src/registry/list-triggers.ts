/** The ledger of a model as its readers see it: every trigger with its present state and why it is in it, page by page. */
import type { TriggerState } from '../activities/deps.js';
import type { Severity } from '../core/signals/drift-claim.js';
import type { Cause, Instant, RunClock, Window } from '../core/types.js';
import { type Db, query, queryOne, toInstant, toWindow } from './database.js';
import { modelUnknown } from './models.js';

export interface LedgerRow {
  readonly seq: number;
  readonly triggerId: string;
  /** Null for one of before there were sources. */
  readonly source: string | null;
  readonly eventId: string | null;
  readonly cause: Cause;
  readonly requestedBy: string;
  readonly clock: RunClock;
  readonly createdAt: Instant;
  readonly state: TriggerState;
  readonly reason: string;
  readonly stateSince: Instant;
  readonly runNo: number | null;
  /** Null for what is no monitor's claim. */
  readonly claim: { readonly monitor: string; readonly severity: Severity; readonly window: Window } | null;
  readonly body: unknown;
}

interface DbRow {
  seq: string;
  trigger_id: string;
  source: string | null;
  event_id: string | null;
  cause: Cause;
  requested_by: string;
  clock: RunClock;
  created_at: Date;
  state: TriggerState;
  reason: string;
  at: Date;
  run_no: number | null;
  body: unknown;
  monitor: string | null;
  severity: Severity | null;
  window_start: Date | null;
  window_end: Date | null;
}

function claimOf({ monitor, severity, window_start: start, window_end: end }: DbRow): LedgerRow['claim'] {
  if (monitor === null || severity === null || start === null || end === null) return null;
  return { monitor, severity, window: toWindow(start, end) };
}

/** Newest first. @param page.before only older ones than this seq @param page.state only those in it now @throws MODEL_UNKNOWN */
export async function listTriggers(
  db: Db,
  page: { modelId: string; limit: number; before?: number | undefined; state?: TriggerState | undefined },
): Promise<LedgerRow[]> {
  const { modelId } = page;
  const known = await queryOne(db, 'select from perennial.models where model_id = $1', [modelId]);
  if (known === undefined) throw modelUnknown(modelId);
  const rows = await query<DbRow>(
    db,
    `select t.seq, t.trigger_id, t.source, t.event_id, t.cause, t.requested_by, t.clock, t.created_at, t.body,
       s.state, s.reason, s.at, s.run_no, c.monitor, c.severity, c.window_start, c.window_end
     from perennial.triggers t
     join perennial.trigger_heads h using (model_id, trigger_id)
     join perennial.trigger_states s using (model_id, trigger_id, step)
     left join perennial.claims c using (model_id, trigger_id)
     where t.model_id collate "C" = $1 and t.seq < coalesce($2, 9223372036854775807)
       and ($4::text is null or h.state = $4)
     order by t.seq desc limit $3`,
    [modelId, page.before ?? null, page.limit, page.state ?? null],
  );
  return rows.map((row) => ({
    seq: Number(row.seq),
    triggerId: row.trigger_id,
    source: row.source,
    eventId: row.event_id,
    cause: row.cause,
    requestedBy: row.requested_by,
    clock: row.clock,
    createdAt: toInstant(row.created_at),
    state: row.state,
    reason: row.reason,
    stateSince: toInstant(row.at),
    runNo: row.run_no,
    claim: claimOf(row),
    body: row.body,
  }));
}
