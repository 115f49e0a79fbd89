/** Two counts that tell an operator whether work piles up. */
import { type Db, queryOne } from './database.js';

export interface Gauges {
  /** Models whose newest trigger no judgement has seen yet. */
  readonly unjudgedModels: number;
  readonly openRuns: number;
}

export async function readGauges(db: Db): Promise<Gauges> {
  const row = await queryOne<{ unjudged: number; open: number }>(
    db,
    `select (select count(*)::integer from perennial.model_inboxes where pending_through > judged_through) as unjudged,
       (select count(*)::integer from perennial.runs where closed_at is null) as open`,
  );
  return { unjudgedModels: row?.unjudged ?? 0, openRuns: row?.open ?? 0 };
}
