/**
 * What client and CLI show: whole pictures put together from the tables, each as of one moment. Reads of one table live
 * beside their table (`run`, `listRuns`, `champion`, `championAt`, `currentSpec`).
 */
import type { Pool } from 'pg';
import type { ChampionMove, RunKey, RunRow, TriggerState } from '../activities/deps.js';
import type { Absence, Finding, Severity } from '../core/signals/drift-claim.js';
import type { Assessment } from '../core/triage/assessment.js';
import type { Cause, Digest, Instant, SnapshotRef, Stage, Window } from '../core/types.js';
import { type ApprovalRow, listApprovals } from './approvals.js';
import { type Db, inReadSnapshot, query, queryOne, toInstant, toInstantOrNull, toWindow } from './database.js';
import { type EvaluationRow, listEvaluations } from './evaluations.js';
import { type LabelDecisionRow, listLabelDecisions } from './label-decisions.js';
import { modelUnknown } from './models.js';
import { type CoverageRow, listAssessments, listCoverage, listSnapshots } from './run-facts.js';
import { run } from './runs.js';
import { lastSighting } from './settle-claims.js';
import { type VersionRow, versionOfRun } from './versions.js';

export interface ModelRow {
  readonly modelId: string;
  readonly specDigest: Digest;
  readonly specSince: Instant;
  readonly champion: { readonly version: number; readonly epoch: number; readonly since: Instant } | null;
  readonly openRunNo: number | null;
  readonly runs: number;
}

/** By name. */
export async function listModels(db: Db): Promise<ModelRow[]> {
  const rows = await query<{
    model_id: string;
    spec_digest: string;
    since: Date;
    version: number | null;
    epoch: number;
    moved_at: Date | null;
    open_run_no: number | null;
    last_run_no: number;
  }>(
    db,
    `select m.model_id, s.spec_digest, s.since, a.version, a.epoch, a.moved_at, r.run_no as open_run_no, m.last_run_no
     from perennial.models m
     join lateral (
       select spec_digest, since from perennial.spec_versions s
       where s.model_id = m.model_id order by s.seq desc limit 1) s on true
     join perennial.aliases a on a.model_id = m.model_id and a.alias = 'champion'
     left join perennial.runs r on r.model_id = m.model_id and r.closed_at is null
     order by m.model_id collate "C"`,
  );
  return rows.map((row) => {
    const since = toInstantOrNull(row.moved_at);
    return {
      modelId: row.model_id,
      specDigest: row.spec_digest,
      specSince: toInstant(row.since),
      champion: row.version === null || since === null ? null : { version: row.version, epoch: row.epoch, since },
      openRunNo: row.open_run_no,
      runs: row.last_run_no,
    };
  });
}

/** @throws MODEL_UNKNOWN */
async function checkModel(db: Db, modelId: string): Promise<void> {
  const row = await queryOne(db, 'select from perennial.models where model_id = $1', [modelId]);
  if (row === undefined) throw modelUnknown(modelId);
}

export interface TriggerView {
  readonly triggerId: string;
  readonly cause: Cause;
  readonly requestedBy: string;
  readonly createdAt: Instant;
  readonly state: TriggerState;
  /** Why it is in this state, in words. */
  readonly reason: string;
  readonly stateSince: Instant;
  readonly runNo: number | null;
  readonly body: unknown;
  /** Null for what is no monitor's claim. */
  readonly claim: TriggerClaim | null;
}

/** The part of a claim that made somebody look. */
interface TriggerClaim {
  readonly monitor: string;
  readonly severity: Severity;
  readonly window: Window;
  /** A few of the findings that alert. */
  readonly alerts: readonly Pick<Finding, 'column' | 'method' | 'score' | 'threshold'>[];
  readonly alertCount: number;
  readonly absent: readonly Absence[];
}

const MOST_ALERTS = 5;
const MOST_TRIGGERS = 1000;

interface DbTriggerView {
  trigger_id: string;
  cause: Cause;
  requested_by: string;
  created_at: Date;
  state: TriggerState;
  reason: string;
  at: Date;
  run_no: number | null;
  body: unknown;
  monitor: string | null;
  severity: Severity;
  window_start: Date;
  window_end: Date;
  alerts: TriggerClaim['alerts'];
  alert_count: number;
  absent: TriggerClaim['absent'];
}

function toClaim(row: DbTriggerView): TriggerClaim | null {
  if (row.monitor === null) return null;
  return {
    monitor: row.monitor,
    severity: row.severity,
    window: toWindow(row.window_start, row.window_end),
    alerts: row.alerts,
    alertCount: row.alert_count,
    absent: row.absent,
  };
}

/** Those that the run has taken at any time, newest first. */
async function triggersOfRun(db: Db, key: RunKey): Promise<TriggerView[]> {
  const rows = await query<DbTriggerView>(
    db,
    `select t.trigger_id, t.cause, t.requested_by, t.created_at, s.state, s.reason, s.at, s.run_no, t.body,
       c.monitor, c.severity, c.window_start, c.window_end, c.absent, a.alerts, a.alert_count
     from perennial.triggers t
     join perennial.trigger_heads h using (model_id, trigger_id)
     join perennial.trigger_states s using (model_id, trigger_id, step)
     left join perennial.claims c using (model_id, trigger_id)
     left join lateral (
       select count(*)::integer as alert_count,
         coalesce(jsonb_agg(jsonb_build_object('column', f->'column', 'method', f->'method', 'score', f->'score',
           'threshold', f->'threshold')) filter (where n <= ${MOST_ALERTS}), '[]') as alerts
       from (
         select f, row_number() over (order by place) as n
         from jsonb_array_elements(c.findings) with ordinality as found(f, place) where f->'alert' = 'true'
       ) alerting) a on true
     where t.model_id = $1 and exists (
       select from perennial.trigger_states taken
       where taken.model_id = t.model_id and taken.trigger_id = t.trigger_id and taken.run_no = $2)
     order by t.seq desc limit ${MOST_TRIGGERS}`,
    [key.modelId, key.runNo],
  );
  return rows.map((row) => ({
    triggerId: row.trigger_id,
    cause: row.cause,
    requestedBy: row.requested_by,
    createdAt: toInstant(row.created_at),
    state: row.state,
    reason: row.reason,
    stateSince: toInstant(row.at),
    runNo: row.run_no,
    body: row.body,
    claim: toClaim(row),
  }));
}

export interface AliasMoveRow {
  readonly epoch: number;
  readonly at: Instant;
  readonly kind: ChampionMove['kind'];
  readonly fromVersion: number | null;
  readonly toVersion: number;
  readonly by: string;
  readonly reason: string;
  readonly runNo: number | null;
  readonly evidenceDigest: Digest | null;
  readonly moveKey: string;
  /** The recipe that this rollback blocked; null for a promotion. */
  readonly blockedRecipe: Digest | null;
}

interface DbMove {
  epoch: number;
  moved_at: Date;
  kind: ChampionMove['kind'];
  from_version: number | null;
  to_version: number;
  moved_by: string;
  reason: string;
  run_no: number | null;
  evidence_digest: string | null;
  move_key: string;
  recipe_digest: string | null;
}

/** Newest first. @throws MODEL_UNKNOWN */
export async function championHistory(db: Db, modelId: string): Promise<AliasMoveRow[]> {
  await checkModel(db, modelId);
  const rows = await query<DbMove>(
    db,
    `select m.*, b.recipe_digest
     from perennial.alias_moves m
     left join perennial.incidents i using (model_id, alias, epoch)
     left join perennial.blocked_recipes b using (incident_id)
     where m.model_id = $1 and m.alias = 'champion' order by m.epoch desc`,
    [modelId],
  );
  return rows.map((row) => ({
    epoch: row.epoch,
    at: toInstant(row.moved_at),
    kind: row.kind,
    fromVersion: row.from_version,
    toVersion: row.to_version,
    by: row.moved_by,
    reason: row.reason,
    runNo: row.run_no,
    evidenceDigest: row.evidence_digest,
    moveKey: row.move_key,
    blockedRecipe: row.recipe_digest,
  }));
}

export interface StageRow {
  readonly stage: Stage;
  /** When it was entered. */
  readonly at: Instant;
}

async function listStages(db: Db, key: RunKey): Promise<StageRow[]> {
  const rows = await query<{ stage: Stage; at: Date }>(
    db,
    'select stage, at from perennial.run_stages where model_id = $1 and run_no = $2 order by step',
    [key.modelId, key.runNo],
  );
  return rows.map((row) => ({ stage: row.stage, at: toInstant(row.at) }));
}

export interface RunPicture {
  readonly run: RunRow;
  readonly stages: readonly StageRow[];
  readonly triggers: readonly TriggerView[];
  readonly assessments: readonly Assessment[];
  /** Of the fault that the newest one found; null for none. */
  readonly incidentId: number | null;
  readonly coverage: readonly CoverageRow[];
  readonly snapshots: readonly SnapshotRef[];
  readonly version: VersionRow | null;
  readonly evaluations: readonly EvaluationRow[];
  readonly approvals: readonly ApprovalRow[];
  readonly labelDecisions: readonly LabelDecisionRow[];
}

/** Lists are oldest first, triggers newest first. @throws RUN_UNKNOWN */
export function showRun(pool: Pool, key: RunKey): Promise<RunPicture> {
  return inReadSnapshot(pool, async (client) => ({
    run: await run(client, key),
    stages: await listStages(client, key),
    triggers: await triggersOfRun(client, key),
    assessments: await listAssessments(client, key),
    incidentId: (await lastSighting(client, key))?.incidentId ?? null,
    coverage: await listCoverage(client, key),
    snapshots: await listSnapshots(client, key),
    version: await versionOfRun(client, key),
    evaluations: await listEvaluations(client, key),
    approvals: await listApprovals(client, key),
    labelDecisions: await listLabelDecisions(client, key),
  }));
}
