/** Incidents as their readers see them: what is broken, on what evidence, what waits under it, and how it ended. */
import type { ClosingWay, IncidentKind } from '../core/triage/incident.js';
import type { Certainty, FaultVerdict } from '../core/triage/verdict.js';
import type { Digest, Instant, RunClock, Window } from '../core/types.js';
import { type Db, query, queryOne, toInstant, toInstantOrNull, toWindow } from './database.js';
import { modelUnknown } from './models.js';

/** An assessment that found the fault. */
interface SightingRow {
  readonly runNo: number;
  /** Of the assessment, which the run's page shows in full. */
  readonly digest: Digest;
  readonly certainty: Certainty;
  readonly columns: readonly string[];
  readonly onset: Instant | null;
  readonly window: Window;
  /** Most important first. */
  readonly reasons: readonly string[];
  readonly at: Instant;
}

export interface IncidentRow {
  readonly incidentId: number;
  readonly modelId: string;
  readonly kind: IncidentKind;
  /** Null for a rollback, as all that only faults have. */
  readonly cause: FaultVerdict | null;
  readonly certainty: Certainty | null;
  /** Of all sightings; none: no matter of single columns. */
  readonly columns: readonly string[];
  readonly onset: Instant | null;
  /** From the earliest start to the latest end of the windows in which the fault was seen. */
  readonly seen: Window | null;
  readonly clockMode: RunClock['mode'] | null;
  readonly reason: string;
  readonly openedBy: string;
  readonly openedAt: Instant;
  readonly runNo: number | null;
  readonly sightings: number;
  /** The newest ones, newest first; the last one where there are few is that which opened it. */
  readonly evidence: readonly SightingRow[];
  /** Triggers that wait for its closing. */
  readonly held: number;
  readonly closure: {
    readonly how: ClosingWay;
    readonly by: string;
    readonly reason: string;
    readonly at: Instant;
    readonly isRepaired: boolean;
    /** Of the assessment that shows it; null for a person's closing. */
    readonly evidenceDigest: Digest | null;
  } | null;
}

const MOST_EVIDENCE = 20;

interface SightingJson {
  run_no: number;
  digest: string;
  certainty: Certainty;
  columns: string[];
  onset: string | null;
  window_start: string;
  window_end: string;
  reasons: string[];
  at: string;
}

interface DbIncident {
  incident_id: string;
  model_id: string;
  kind: IncidentKind;
  cause: FaultVerdict | null;
  clock_mode: RunClock['mode'] | null;
  run_no: number | null;
  reason: string;
  opened_by: string;
  opened_at: Date;
  sightings: number;
  onset: Date | null;
  seen_start: Date | null;
  seen_end: Date | null;
  is_confirmed: boolean | null;
  is_wide: boolean | null;
  columns: string[];
  evidence: SightingJson[];
  held: number;
  how: ClosingWay | null;
  is_repaired: boolean;
  closed_by: string;
  closed_at: Date;
  closing_reason: string;
  evidence_digest: string | null;
}

const isoOf = (text: string): Instant => new Date(text).toISOString();

const sightingOf = (row: SightingJson): SightingRow => ({
  runNo: row.run_no,
  digest: row.digest,
  certainty: row.certainty,
  columns: row.columns,
  onset: row.onset === null ? null : isoOf(row.onset),
  window: { start: isoOf(row.window_start), end: isoOf(row.window_end) },
  reasons: row.reasons,
  at: isoOf(row.at),
});

const closureOf = (row: DbIncident): IncidentRow['closure'] =>
  row.how === null
    ? null
    : {
        how: row.how,
        by: row.closed_by,
        reason: row.closing_reason,
        at: toInstant(row.closed_at),
        isRepaired: row.is_repaired,
        evidenceDigest: row.evidence_digest,
      };

const incidentOf = (row: DbIncident): IncidentRow => ({
  incidentId: Number(row.incident_id),
  modelId: row.model_id,
  kind: row.kind,
  cause: row.cause,
  certainty: row.is_confirmed === null ? null : row.is_confirmed ? 'confirmed' : 'suspected',
  columns: row.is_wide === true ? [] : row.columns,
  onset: toInstantOrNull(row.onset),
  seen: row.seen_start === null || row.seen_end === null ? null : toWindow(row.seen_start, row.seen_end),
  clockMode: row.clock_mode,
  reason: row.reason,
  openedBy: row.opened_by,
  openedAt: toInstant(row.opened_at),
  runNo: row.run_no,
  sightings: row.sightings,
  evidence: row.evidence.map(sightingOf),
  held: row.held,
  closure: closureOf(row),
});

/** What was seen after a closing is evidence all the same, and makes the incident no larger. */
const LIST = `
  select i.incident_id, i.model_id, i.kind, i.cause, i.clock_mode, i.run_no, i.reason, i.opened_by, i.opened_at,
    seen.onset, seen.seen_start, seen.seen_end, seen.is_confirmed, seen.is_wide, counted.sightings, counted.evidence,
    array(select distinct unnest(columns) from perennial.incident_sightings
      where incident_id = i.incident_id and at <= coalesce(c.closed_at, 'infinity') order by 1) as columns,
    case when c.incident_id is not null then 0 else (
      select count(*)::integer from perennial.trigger_heads h
      join perennial.trigger_states s using (model_id, trigger_id, step)
      where h.model_id = i.model_id and h.state = 'held' and s.incident_id = i.incident_id) end as held,
    c.how, c.is_repaired, c.closed_by, c.closed_at, c.reason as closing_reason, c.evidence_digest
  from perennial.incidents i
  left join perennial.incident_closures c using (incident_id)
  cross join lateral (
    select min(onset) as onset, min(window_start) as seen_start, max(window_end) as seen_end,
      bool_or(certainty = 'confirmed') as is_confirmed, bool_or(columns = '{}') as is_wide
    from perennial.incident_sightings
    where incident_id = i.incident_id and at <= coalesce(c.closed_at, 'infinity')) seen
  cross join lateral (
    select count(*)::integer as sightings, coalesce(
      jsonb_agg(to_jsonb(s) order by s.at desc, s.run_no desc) filter (where s.n <= ${MOST_EVIDENCE}), '[]') as evidence
    from (select *, row_number() over (order by at desc, run_no desc) as n
      from perennial.incident_sightings where incident_id = i.incident_id) s) counted`;

/** Newest first. @param page.modelId of every model when absent @throws MODEL_UNKNOWN */
export async function listIncidents(
  db: Db,
  page: { modelId?: string | undefined; isOpenOnly: boolean; limit: number },
): Promise<IncidentRow[]> {
  const { modelId, isOpenOnly, limit } = page;
  if (modelId !== undefined) {
    const known = await queryOne(db, 'select from perennial.models where model_id = $1', [modelId]);
    if (known === undefined) throw modelUnknown(modelId);
  }
  const rows = await query<DbIncident>(
    db,
    `${LIST} where ($1::text is null or i.model_id = $1) and (not $2 or c.incident_id is null)
     order by i.incident_id desc limit $3`,
    [modelId ?? null, isOpenOnly, limit],
  );
  return rows.map(incidentOf);
}

/** Null: the model has no such incident. */
export async function incidentById(db: Db, modelId: string, incidentId: number): Promise<IncidentRow | null> {
  const rows = await query<DbIncident>(db, `${LIST} where i.model_id = $1 and i.incident_id = $2`, [
    modelId,
    incidentId,
  ]);
  return rows.map(incidentOf)[0] ?? null;
}
