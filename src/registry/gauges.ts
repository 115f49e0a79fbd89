/** Counts that tell an operator whether work piles up, and what is broken. */
import type { IncidentKind } from '../core/triage/incident.js';
import { type Db, query, queryOne } from './database.js';
import { type NewestValue, newestValues } from './monitor-points.js';

export interface Gauges {
  /** Models whose newest trigger no judgement has seen yet. */
  readonly unjudgedModels: number;
  readonly openRuns: number;
  /** Where there are any. */
  readonly openIncidents: readonly { readonly modelId: string; readonly kind: IncidentKind; readonly count: number }[];
  /** The newest figures of the built-in monitor. */
  readonly monitorValues: readonly NewestValue[];
}

export async function readGauges(db: Db): Promise<Gauges> {
  const row = await queryOne<{ unjudged: number; open: number }>(
    db,
    `select (select count(*)::integer from perennial.model_inboxes where pending_through > judged_through) as unjudged,
       (select count(*)::integer from perennial.runs where closed_at is null) as open`,
  );
  const incidents = await query<{ model_id: string; kind: IncidentKind; count: number }>(
    db,
    `select i.model_id, i.kind, count(*)::integer as count from perennial.incidents i
     left join perennial.incident_closures c using (incident_id)
     where c.incident_id is null group by 1, 2 order by 1, 2`,
  );
  const openIncidents = incidents.map(({ model_id: modelId, kind, count }) => ({ modelId, kind, count }));
  return {
    unjudgedModels: row?.unjudged ?? 0,
    openRuns: row?.open ?? 0,
    openIncidents,
    monitorValues: await newestValues(db),
  };
}
