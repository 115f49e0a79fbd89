/** Incidents of faults with what their sightings add up to, as the rules of core/triage/incident.ts take them. */
import type { PoolClient } from 'pg';
import type { OpenIncident } from '../core/policy/triggers/facts.js';
import { type ClosedIncident, type FaultKind, type IncidentScope, incidentName } from '../core/triage/incident.js';
import type { Instant, RunClock } from '../core/types.js';
import { type Db, query, toInstant, toInstantOrNull, toWindow } from './database.js';

/** Closed ones that a fault may be answered by: newer ones know better than these. */
const MOST_CLOSED = 200;

export interface OpenScope extends IncidentScope {
  readonly incidentId: number;
  readonly openedByRun: number;
  /** One run alone has seen it, and only suspects it. */
  readonly isSuspicion: boolean;
}

export interface ClosedScope extends ClosedIncident {
  readonly incidentId: number;
  readonly closedBy: string;
  readonly closedAt: Instant;
  readonly reason: string;
}

interface ScopeRow {
  incident_id: string;
  kind: FaultKind;
  clock_mode: RunClock['mode'];
  run_no: number;
  columns: string[];
  onset: Date | null;
  seen_start: Date;
  seen_end: Date;
  is_suspicion: boolean;
}

interface ClosedRow extends ScopeRow {
  how: ClosedIncident['how'];
  is_repaired: boolean;
  seen_through: Date;
  closed_by: string;
  closed_at: Date;
  reason: string;
}

/** One sighting without columns makes the incident one of all columns. */
const SCOPE = `
  i.incident_id, i.kind, i.clock_mode, i.run_no, s.onset, s.seen_start, s.seen_end, s.is_suspicion,
  case when s.is_wide then '{}' else array(
    select distinct unnest(columns) from perennial.incident_sightings
    where incident_id = i.incident_id and at <= coalesce(c.closed_at, 'infinity') order by 1) end as columns`;
const SEEN = `
  cross join lateral (
    select min(onset) as onset, min(window_start) as seen_start, max(window_end) as seen_end,
      bool_or(columns = '{}') as is_wide, bool_and(certainty = 'suspected' and run_no = i.run_no) as is_suspicion
    from perennial.incident_sightings
    where incident_id = i.incident_id and at <= coalesce(c.closed_at, 'infinity')) s`;

const scopeOf = (row: ScopeRow): OpenScope => ({
  incidentId: Number(row.incident_id),
  kind: row.kind,
  mode: row.clock_mode,
  columns: row.columns,
  onset: toInstantOrNull(row.onset),
  seen: toWindow(row.seen_start, row.seen_end),
  openedByRun: row.run_no,
  isSuspicion: row.is_suspicion,
});

/** Oldest first. */
export async function openScopes(db: Db, modelId: string): Promise<OpenScope[]> {
  const rows = await query<ScopeRow>(
    db,
    `select ${SCOPE} from perennial.incidents i
     left join perennial.incident_closures c using (incident_id) ${SEEN}
     where i.model_id = $1 and i.kind <> 'rollback' and c.incident_id is null order by i.incident_id`,
    [modelId],
  );
  return rows.map(scopeOf);
}

/** Newest first. @param incidentId that one alone */
export async function closedScopes(
  client: PoolClient,
  modelId: string,
  incidentId: number | null = null,
): Promise<ClosedScope[]> {
  const rows = await query<ClosedRow>(
    client,
    `select ${SCOPE}, c.how, c.is_repaired, c.seen_through, c.closed_by, c.closed_at, c.reason
     from perennial.incidents i join perennial.incident_closures c using (incident_id) ${SEEN}
     where i.model_id = $1 and i.kind <> 'rollback' and ($2::bigint is null or i.incident_id = $2)
     order by i.incident_id desc limit ${MOST_CLOSED}`,
    [modelId, incidentId],
  );
  return rows.map((row) => ({
    ...scopeOf(row),
    how: row.how,
    isRepaired: row.is_repaired,
    seenThrough: toInstant(row.seen_through),
    closedBy: row.closed_by,
    closedAt: toInstant(row.closed_at),
    reason: row.reason,
  }));
}

/** As a judgement of triggers takes them, oldest first. */
export async function openIncidents(db: Db, modelId: string): Promise<OpenIncident[]> {
  const scopes = await openScopes(db, modelId);
  return scopes.map((scope) => ({
    incidentId: scope.incidentId,
    name: incidentName(scope),
    mode: scope.mode,
    since: scope.onset ?? scope.seen.start,
  }));
}
