/** Rows that snapshots left out, by reason, and the releases by which people vouch for such rows. */
import type { Pool } from 'pg';
import type { QuarantineEntry, RunKey } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import { checkReleasable, type Release } from '../core/quality/release.js';
import type { Instant, SnapshotRef, Window } from '../core/types.js';
import { appendAudit } from './audit.js';
import { type Db, inTransaction, query, queryOne, toInstant, toWindow } from './database.js';
import { lockModel } from './models.js';
import { checkIds, checkTexts, storableText, storedJson } from './stored-text.js';

export interface QuarantineRow extends RunKey, QuarantineEntry {
  readonly kind: SnapshotRef['kind'];
  readonly window: Window;
}

export interface ReleaseRow extends Release {
  readonly by: string;
  readonly why: string;
  readonly at: Instant;
}

export async function recordQuarantine(
  db: Db,
  key: RunKey,
  { kind, entries }: { kind: SnapshotRef['kind']; entries: readonly QuarantineEntry[] },
): Promise<void> {
  for (const { reason, rows, examples } of entries) {
    await query(
      db,
      `insert into perennial.quarantines (model_id, run_no, kind, reason, rows, examples)
       values ($1, $2, $3, $4, $5, $6) on conflict on constraint quarantines_pkey do nothing`,
      // Ids are the source's own, cut to a length: a character that cannot be stored must not end the run.
      [key.modelId, key.runNo, kind, storableText(reason), rows, storedJson('examples', examples.map(storableText))],
    );
  }
}

interface DbQuarantine {
  run_no: number;
  kind: SnapshotRef['kind'];
  reason: string;
  rows: string;
  examples: string[];
  window_start: Date;
  window_end: Date;
}

/** The newest runs first; of one run when it is named. */
export async function listQuarantines(
  db: Db,
  request: { modelId: string; runNo?: number; limit: number },
): Promise<QuarantineRow[]> {
  const { modelId, runNo = null, limit } = request;
  const rows = await query<DbQuarantine>(
    db,
    `select q.run_no, q.kind, q.reason, q.rows, q.examples, s.window_start, s.window_end
     from perennial.quarantines q join perennial.snapshots s using (model_id, run_no, kind)
     where q.model_id = $1 and ($2::integer is null or q.run_no = $2)
     order by q.run_no desc, q.kind desc, q.rows desc, q.reason limit $3`,
    [modelId, runNo, limit],
  );
  return rows.map((row) => ({
    modelId,
    runNo: row.run_no,
    kind: row.kind,
    reason: row.reason,
    rows: Number(row.rows),
    examples: row.examples,
    window: toWindow(row.window_start, row.window_end),
  }));
}

interface DbRelease {
  reason: string;
  window_start: Date;
  window_end: Date;
  released_by: string;
  why: string;
  at: Date;
}

/** Oldest first. */
export async function listReleases(db: Db, modelId: string): Promise<ReleaseRow[]> {
  const rows = await query<DbRelease>(
    db,
    'select * from perennial.quarantine_releases where model_id = $1 order by release_id',
    [modelId],
  );
  return rows.map((row) => ({
    reason: row.reason,
    window: toWindow(row.window_start, row.window_end),
    by: row.released_by,
    why: row.why,
    at: toInstant(row.at),
  }));
}

/**
 * Idempotent on the event id.
 * @returns whether it was news
 * @throws MODEL_UNKNOWN; SIGNAL_INVALID for a reason that cannot be released, an empty window or no why
 */
export async function releaseQuarantine(
  pool: Pool,
  release: Release & { modelId: string; eventId: string; by: string; why: string },
): Promise<boolean> {
  const { modelId, eventId, reason, window, by, why } = release;
  checkIds({ eventId });
  checkTexts({ reason, by, why });
  checkReleasable(reason);
  if (why.trim() === '') throw new PipelineError('SIGNAL_INVALID', 'reason is empty: say why the rows are sound.');
  if (!(Date.parse(window.start) < Date.parse(window.end))) {
    throw new PipelineError('SIGNAL_INVALID', `The window [${window.start}, ${window.end}) holds nothing.`);
  }
  return inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const added = await queryOne(
      client,
      `insert into perennial.quarantine_releases (model_id, event_id, reason, window_start, window_end, released_by, why)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint quarantine_releases_event_key do nothing
       returning release_id`,
      [modelId, eventId, reason, window.start, window.end, by, why],
    );
    if (added === undefined) return false;
    await appendAudit(client, { modelId, kind: 'quarantine-released', body: { by, why, reason, window } });
    return true;
  });
}
