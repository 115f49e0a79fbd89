/**
 * What the built-in monitor keeps: a champion's baseline, one point a series, period and champion, and what became of each look.
 * Nothing changes once it is there: of two attempts the first one's figures count.
 */
import type { Pool } from 'pg';
import type { MonitorKey, MonitorLook } from '../core/monitor/look.js';
import type { MonitorPoint } from '../core/monitor/monitor-point.js';
import type { Arrival } from '../core/signals/arrival.js';
import type { FindingScope } from '../core/signals/drift-claim.js';
import type { ArtifactRef, Digest, Instant, SnapshotRef } from '../core/types.js';
import { champion } from './aliases.js';
import { type Db, inTransaction, query, queryOne, toInstant, toWindow } from './database.js';
import { acceptArrivals } from './intake.js';
import { listSnapshots } from './run-facts.js';
import { currentSpec, specByDigest } from './specs.js';
import { storableText, storedJson } from './stored-text.js';
import { versionByNumber } from './versions.js';

export interface KeptPoint extends MonitorPoint {
  readonly periodEnd: Instant;
  readonly championVersion: number;
  readonly measuredAt: Instant;
}

/** Of the run that made the version. @throws ARTIFACT_MISSING when the model has no such version */
async function snapshotsOfVersion(db: Db, modelId: string, version: number): Promise<SnapshotRef[]> {
  const { runNo } = await versionByNumber(db, modelId, version);
  return listSnapshots(db, { modelId, runNo });
}

async function monitorBaseline(db: Db, modelId: string, version: number): Promise<ArtifactRef | null> {
  const row = await queryOne<{ artifact_digest: string; artifact_bytes: string }>(
    db,
    `select artifact_digest, artifact_bytes from perennial.monitor_baselines
     where model_id = $1 and champion_version = $2`,
    [modelId, version],
  );
  return row === undefined ? null : { digest: row.artifact_digest, bytes: Number(row.artifact_bytes) };
}

/** @returns the one that counts: of two the first */
export async function recordMonitorBaseline(
  db: Db,
  of: { readonly modelId: string; readonly version: number; readonly artifact: ArtifactRef },
): Promise<ArtifactRef> {
  const { modelId, version, artifact } = of;
  await query(
    db,
    `insert into perennial.monitor_baselines (model_id, champion_version, artifact_digest, artifact_bytes)
     values ($1, $2, $3, $4) on conflict on constraint monitor_baselines_pkey do nothing`,
    [modelId, version, artifact.digest, artifact.bytes],
  );
  return (await monitorBaseline(db, modelId, version)) ?? artifact;
}

interface DbPoint {
  series: string;
  period_end: Date;
  champion_version: number;
  scope: FindingScope;
  column_name: string | null;
  value: number | null;
  lower: number | null;
  upper: number | null;
  confidence: number | null;
  threshold: number | null;
  alert: boolean | null;
  adjusted_p: number | null;
  bin_error: number | null;
  window_start: Date;
  window_end: Date;
  rows: string;
  days: number;
  reference_days: number;
  method: string;
  note: string;
  measured_at: Date;
}

function toPoint(row: DbPoint): KeptPoint {
  const { lower, upper, confidence } = row;
  return {
    series: row.series,
    periodEnd: toInstant(row.period_end),
    championVersion: row.champion_version,
    scope: row.scope,
    column: row.column_name,
    value: row.value,
    interval: lower === null || upper === null || confidence === null ? null : { lower, upper, confidence },
    threshold: row.threshold,
    alert: row.alert,
    adjustedPValue: row.adjusted_p,
    binError: row.bin_error,
    window: toWindow(row.window_start, row.window_end),
    rows: Number(row.rows),
    days: row.days,
    referenceDays: row.reference_days,
    method: row.method,
    note: row.note,
    measuredAt: toInstant(row.measured_at),
  };
}

/** By name of the series. */
async function pointsOfPeriod(db: Db, { modelId, periodEnd, championVersion }: MonitorKey): Promise<KeptPoint[]> {
  const rows = await query<DbPoint>(
    db,
    `select * from perennial.monitor_points
     where model_id = $1 and period_end = $2 and champion_version = $3 order by series collate "C"`,
    [modelId, periodEnd, championVersion],
  );
  return rows.map(toPoint);
}

async function insertPoint(db: Db, key: MonitorKey, point: MonitorPoint): Promise<void> {
  const { interval, window } = point;
  await query(
    db,
    `insert into perennial.monitor_points (model_id, series, period_end, champion_version, scope, column_name, value,
       lower, upper, confidence, threshold, alert, adjusted_p, bin_error, window_start, window_end, rows, days,
       reference_days, method, note)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
    [
      key.modelId,
      point.series,
      key.periodEnd,
      key.championVersion,
      point.scope,
      point.column,
      point.value,
      interval?.lower ?? null,
      interval?.upper ?? null,
      interval?.confidence ?? null,
      point.threshold,
      point.alert,
      point.adjustedPValue,
      point.binError,
      window.start,
      window.end,
      point.rows,
      point.days,
      point.referenceDays,
      point.method,
      storableText(point.note),
    ],
  );
}

/** All of a period or none of them. @returns those that count: of two attempts the first one's */
function recordPoints(pool: Pool, key: MonitorKey, points: readonly MonitorPoint[]): Promise<KeptPoint[]> {
  return inTransaction(pool, async (client) => {
    // One attempt at a time a model: the second one finds what the first one wrote.
    await query(client, 'select pg_advisory_xact_lock(hashtextextended($1, 0))', [`monitor/${key.modelId}`]);
    const known = await pointsOfPeriod(client, key);
    if (known.length > 0) return known;
    for (const point of points) await insertPoint(client, key, point);
    return pointsOfPeriod(client, key);
  });
}

/** Idempotent on period, champion and outcome. */
export async function recordLook(db: Db, look: MonitorLook & { readonly asOf: Instant }): Promise<void> {
  await query(
    db,
    `insert into perennial.monitor_looks (model_id, period_end, champion_version, outcome, reason, alerts, trigger_id, as_of)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict on constraint monitor_looks_key do nothing`,
    [
      look.modelId,
      look.periodEnd,
      look.championVersion,
      look.outcome,
      look.reason,
      storedJson('alerts', look.alerts),
      look.triggerId,
      look.asOf,
    ],
  );
}

export interface SeriesRequest {
  readonly modelId: string;
  readonly series?: string | undefined;
  /** Periods that end after it. */
  readonly since?: Instant | undefined;
  /** Newest periods. */
  readonly limit: number;
}

/** Of the newest periods, oldest first, by series; of one period and series the later champion is the later point. */
export async function listPoints(db: Db, { modelId, series, since, limit }: SeriesRequest): Promise<KeptPoint[]> {
  const rows = await query<DbPoint>(
    db,
    `select p.* from perennial.monitor_points p
     where p.model_id = $1 and ($2::text is null or p.series = $2) and ($3::timestamptz is null or p.period_end > $3)
       and p.period_end in (
         select distinct period_end from perennial.monitor_points
         where model_id = $1 order by period_end desc limit $4)
     order by p.series collate "C", p.period_end, p.champion_version`,
    [modelId, series ?? null, since ?? null, limit],
  );
  return rows.map(toPoint);
}

export interface KeptLook extends MonitorLook {
  readonly asOf: Instant;
  readonly lookedAt: Instant;
}

/** The newest one; null when the monitor never looked. */
export async function newestLook(db: Db, modelId: string): Promise<KeptLook | null> {
  const row = await queryOne<{
    period_end: Date;
    champion_version: number | null;
    outcome: MonitorLook['outcome'];
    reason: string;
    alerts: string[];
    trigger_id: string | null;
    as_of: Date;
    looked_at: Date;
  }>(db, 'select * from perennial.monitor_looks where model_id = $1 order by look_id desc limit 1', [modelId]);
  if (row === undefined) return null;
  return {
    modelId,
    periodEnd: toInstant(row.period_end),
    championVersion: row.champion_version,
    outcome: row.outcome,
    reason: row.reason,
    alerts: row.alerts,
    triggerId: row.trigger_id,
    asOf: toInstant(row.as_of),
    lookedAt: toInstant(row.looked_at),
  };
}

export interface NewestValue {
  readonly modelId: string;
  readonly series: string;
  readonly value: number;
  readonly alert: boolean | null;
}

/** The newest period of each model, of the champion that was looked at last; figures without a value are left out. */
export async function newestValues(db: Db): Promise<NewestValue[]> {
  const rows = await query<{ model_id: string; series: string; value: number; alert: boolean | null }>(
    db,
    `select distinct on (p.model_id, p.series) p.model_id, p.series, p.value, p.alert
     from perennial.monitor_points p
     join (select model_id, max(period_end) as period_end from perennial.monitor_points group by model_id) newest
       using (model_id, period_end)
     where p.value is not null
     order by p.model_id, p.series, p.champion_version desc`,
  );
  return rows.map(({ model_id, ...row }) => ({ modelId: model_id, ...row }));
}

/** The registry as the monitor's activity sees it. */
export function monitorRegistry(pool: Pool) {
  return {
    currentSpec: async (modelId: string) => {
      const current = await currentSpec(pool, modelId);
      return current === null ? null : specByDigest(pool, current.specDigest);
    },
    specByDigest: (digest: Digest) => specByDigest(pool, digest),
    champion: (modelId: string) => champion(pool, modelId),
    snapshotsOfVersion: (modelId: string, version: number) => snapshotsOfVersion(pool, modelId, version),
    monitorBaseline: (modelId: string, version: number) => monitorBaseline(pool, modelId, version),
    recordMonitorBaseline: (of: Parameters<typeof recordMonitorBaseline>[1]) => recordMonitorBaseline(pool, of),
    pointsOfPeriod: (key: MonitorKey) => pointsOfPeriod(pool, key),
    recordPoints: (key: MonitorKey, points: readonly MonitorPoint[]) => recordPoints(pool, key, points),
    recordLook: (look: Parameters<typeof recordLook>[1]) => recordLook(pool, look),
    acceptArrivals: (arrivals: readonly Arrival[]) => acceptArrivals(pool, arrivals),
  };
}
