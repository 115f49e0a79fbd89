/**
 * Which coordinators have to be told of their ledgers. A notice is claimed before it is sent, so that of many processes one
 * sends it; one that could not be sent is free again at once, one whose sender died after ten seconds.
 */
import type { Pool } from 'pg';
import { query } from './database.js';

export interface DueNotice {
  readonly modelId: string;
  readonly throughSeq: number;
  readonly isUrgent: boolean;
}

/** How long a notice may take until it is sent again, and how late an alarm of a coordinator may be. */
const PATIENCE = `interval '10 seconds'`;

const IS_DUE = `(
    pending_through > judged_through
    and (urgent_through > judged_through or settles_at is null or settles_at <= clock_timestamp())
    and (notified_through <= judged_through or notified_at < clock_timestamp() - ${PATIENCE}
      or urgent_through > greatest(judged_through, notified_urgent_through))
  ) or (
    released_at is not null
    and (notified_at is null or notified_at < released_at or notified_at < clock_timestamp() - ${PATIENCE})
  ) or (
    wake_at < clock_timestamp() - ${PATIENCE}
    and (notified_at is null or notified_at < clock_timestamp() - ${PATIENCE})
  )`;

/**
 * Due is a model with triggers that no judgement has seen, apart from those for which a debounce runs; one that an incident let
 * go of claims; and one whose judgement is overdue, because its coordinator is gone. Those that wait longest come first. The rows are locked in the
 * order in which arrivals lock them, and waited for: a row that is skipped while arrivals pour in would be skipped for ever.
 */
const TAKE = `
  with longest as materialized (
    select model_id from perennial.model_inboxes where ${IS_DUE} order by notified_at nulls first, model_id limit $1
  ), due as (
    select model_id from perennial.model_inboxes
    where model_id in (select model_id from longest) and (${IS_DUE}) order by model_id for update
  )
  update perennial.model_inboxes inbox set
    notified_through = pending_through, notified_urgent_through = urgent_through,
    notified_at = date_trunc('milliseconds', clock_timestamp())
  from due where inbox.model_id = due.model_id
  returning inbox.model_id, inbox.pending_through, inbox.urgent_through > inbox.judged_through as is_urgent`;

export async function takeDueNotices(pool: Pool, limit: number): Promise<DueNotice[]> {
  const rows = await query<{ model_id: string; pending_through: string; is_urgent: boolean }>(pool, TAKE, [limit]);
  return rows.map((row) => ({
    modelId: row.model_id,
    throughSeq: Number(row.pending_through),
    isUrgent: row.is_urgent,
  }));
}

/** Notices that could not be sent are due again at once. */
export async function releaseNotices(pool: Pool, modelIds: readonly string[]): Promise<void> {
  await query(
    pool,
    `update perennial.model_inboxes set notified_through = judged_through, notified_urgent_through = judged_through,
       notified_at = null
     where model_id in (
       select model_id from perennial.model_inboxes where model_id = any($1::text[]) order by model_id for update)`,
    [modelIds],
  );
}
