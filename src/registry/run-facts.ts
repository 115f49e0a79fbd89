/**
 * What a run measured: assessments, label coverage, snapshots. Measurements are keyed by content, so that a repeated attempt adds
 * nothing and one that measured something else keeps both; of snapshots the first one counts. An attempt that arrives after the run was closed adds nothing.
 */
import type { Pool } from 'pg';
import type { RunKey } from '../activities/deps.js';
import { canonicalDigest } from '../core/canonical-json.js';
import { assertInvariant } from '../core/errors.js';
import type { Assessment } from '../core/triage/assessment.js';
import type { Coverage, SnapshotRef } from '../core/types.js';
import { type Db, query, toInstant, toWindow } from './database.js';
import { followAssessment } from './fault-incidents.js';
import { withRun } from './runs.js';
import { storedJson } from './stored-text.js';

async function insertWhileOpen(pool: Pool, key: RunKey, statement: { text: string; values: unknown[] }): Promise<void> {
  await withRun(pool, key, async (client, present) => {
    if (present.closedAt !== null) return;
    await query(client, statement.text, [key.modelId, key.runNo, ...statement.values]);
  });
}

/** With what it says of incidents, in one transaction. @returns the incident of its fault; null for none */
export function recordAssessment(
  pool: Pool,
  key: RunKey,
  assessment: Assessment,
): Promise<{ incidentId: number | null }> {
  const json = storedJson('assessment', assessment);
  const digest = canonicalDigest(assessment);
  return withRun(pool, key, async (client, present) => {
    if (present.closedAt !== null) return { incidentId: null };
    const added = await query(
      client,
      `insert into perennial.assessments (model_id, run_no, digest, verdict, inputs_as_of, assessment)
       values ($1, $2, $3, $4, $5, $6) on conflict on constraint assessments_content_key do nothing returning digest`,
      [key.modelId, key.runNo, digest, assessment.verdict, assessment.inputsAsOf, json],
    );
    const incidentId = await followAssessment(client, { key, assessment, digest, isNew: added.length > 0 });
    return { incidentId };
  });
}

export async function recordCoverage(
  pool: Pool,
  key: RunKey,
  measured: { kind: SnapshotRef['kind']; coverage: Coverage },
): Promise<void> {
  const { kind, coverage } = measured;
  const json = storedJson('coverage', coverage);
  await insertWhileOpen(pool, key, {
    text: `insert into perennial.label_coverage (model_id, run_no, kind, digest, as_of, overall, coverage)
           values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint label_coverage_content_key do nothing`,
    values: [kind, canonicalDigest(coverage), coverage.asOf, coverage.overall, json],
  });
}

/** One a run and kind: a second call returns what the first one recorded. @throws INVARIANT_BROKEN on a closed run without one */
export async function recordSnapshot(pool: Pool, key: RunKey, snapshot: SnapshotRef): Promise<SnapshotRef> {
  const { kind, contentDigest, parquet, manifest, window, asOf, rows } = snapshot;
  return withRun(pool, key, async (client, present) => {
    const known = (await listSnapshots(client, key)).find((recorded) => recorded.kind === kind);
    if (known !== undefined) return known;
    assertInvariant(
      present.closedAt === null,
      `Run ${key.runNo} of ${key.modelId} is closed: too late for a snapshot.`,
    );
    await query(
      client,
      `insert into perennial.snapshots (model_id, run_no, kind, content_digest, parquet_digest, parquet_bytes,
         manifest_digest, manifest_bytes, window_start, window_end, as_of,
         rows_in, rows_used, rows_unlabelled, rows_excluded, rows_quarantined)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
      [
        key.modelId,
        key.runNo,
        kind,
        contentDigest,
        parquet.digest,
        parquet.bytes,
        manifest.digest,
        manifest.bytes,
        window.start,
        window.end,
        asOf,
        rows.in,
        rows.used,
        rows.unlabelled,
        rows.excluded,
        rows.quarantined,
      ],
    );
    return snapshot;
  });
}

/** Oldest first. */
export async function listAssessments(db: Db, key: RunKey): Promise<Assessment[]> {
  const rows = await query<{ assessment: Assessment }>(
    db,
    'select assessment from perennial.assessments where model_id = $1 and run_no = $2 order by assessment_id',
    [key.modelId, key.runNo],
  );
  return rows.map((row) => row.assessment);
}

export interface CoverageRow {
  readonly kind: SnapshotRef['kind'];
  readonly coverage: Coverage;
}

/** Oldest first. */
export async function listCoverage(db: Db, key: RunKey): Promise<CoverageRow[]> {
  const rows = await query<{ kind: SnapshotRef['kind']; coverage: Coverage }>(
    db,
    'select kind, coverage from perennial.label_coverage where model_id = $1 and run_no = $2 order by coverage_id',
    [key.modelId, key.runNo],
  );
  return rows.map(({ kind, coverage }) => ({ kind, coverage }));
}

interface DbSnapshot {
  kind: SnapshotRef['kind'];
  content_digest: string;
  parquet_digest: string;
  parquet_bytes: string;
  manifest_digest: string;
  manifest_bytes: string;
  window_start: Date;
  window_end: Date;
  as_of: Date;
  rows_in: string;
  rows_used: string;
  rows_unlabelled: string;
  rows_excluded: string;
  rows_quarantined: string;
}

/** Training first. */
export async function listSnapshots(db: Db, key: RunKey): Promise<SnapshotRef[]> {
  const rows = await query<DbSnapshot>(
    db,
    'select * from perennial.snapshots where model_id = $1 and run_no = $2 order by kind desc',
    [key.modelId, key.runNo],
  );
  return rows.map((row) => ({
    kind: row.kind,
    contentDigest: row.content_digest,
    parquet: { digest: row.parquet_digest, bytes: Number(row.parquet_bytes) },
    manifest: { digest: row.manifest_digest, bytes: Number(row.manifest_bytes) },
    window: toWindow(row.window_start, row.window_end),
    asOf: toInstant(row.as_of),
    rows: {
      in: Number(row.rows_in),
      used: Number(row.rows_used),
      unlabelled: Number(row.rows_unlabelled),
      excluded: Number(row.rows_excluded),
      quarantined: Number(row.rows_quarantined),
    },
  }));
}
