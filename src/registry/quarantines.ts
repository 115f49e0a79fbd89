/** Rows that snapshots left out, by reason, and the releases by which people vouch for such rows. */
import type { Pool, PoolClient } from 'pg';
import type { QuarantineEntry, RunKey } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import { shortWindow } from '../core/instant.js';
import { checkReleasable, type Release, type ReleaseAnswer } from '../core/quality/release.js';
import type { Instant, SnapshotRef, Window } from '../core/types.js';
import { appendAudit } from './audit.js';
import { type Db, inTransaction, query, queryOne, toInstant, toWindow } from './database.js';
import { lockModel, modelUnknown } from './models.js';
import { currentSpec, specByDigest } from './specs.js';
import { checkIds, checkReason, checkTexts, storableText, storedJson } from './stored-text.js';

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

type Releasing = Release & { modelId: string; eventId: string; by: string; why: string };

async function isReleased(client: PoolClient, { modelId, eventId, reason, window }: Releasing): Promise<boolean> {
  const known = await queryOne(
    client,
    `select 1 from perennial.quarantine_releases
     where model_id = $1 and (event_id = $2 or (reason = $3 and window_start = $4 and window_end = $5)) limit 1`,
    [modelId, eventId, reason, window.start, window.end],
  );
  return known !== undefined;
}

/** As far as snapshots tell: which of a snapshot's rows a reason left out is known by its artifact alone. */
async function isLeftOut(client: PoolClient, { modelId, reason, window }: Releasing): Promise<boolean> {
  const found = await queryOne(
    client,
    `select 1 from perennial.quarantines q join perennial.snapshots s using (model_id, run_no, kind)
     where q.model_id = $1 and q.reason = $2 and s.window_start < $4 and s.window_end > $3 limit 1`,
    [modelId, reason, window.start, window.end],
  );
  return found !== undefined;
}

/**
 * Idempotent on the event id, and on what is released: the same reason and window are said once.
 * @throws MODEL_UNKNOWN; SIGNAL_INVALID for a reason that cannot be released, an empty window or no why
 */
export async function releaseQuarantine(pool: Pool, release: Releasing): Promise<ReleaseAnswer> {
  const { modelId, eventId, reason, window, by, why } = release;
  checkIds({ eventId });
  checkTexts({ reason, by });
  checkReason(why);
  if (!(Date.parse(window.start) < Date.parse(window.end))) {
    throw new PipelineError('SIGNAL_INVALID', `The window ${shortWindow(window)} holds nothing.`);
  }
  return inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const note = (await isLeftOut(client, release))
      ? null
      : `No snapshot of a window that overlaps it has left a row out for ${reason} so far: it holds for later ones. What was left out: perennial quarantine list ${modelId}`;
    if (await isReleased(client, release)) return { isNew: false, note };
    const current = await currentSpec(client, modelId);
    if (current === null) throw modelUnknown(modelId);
    checkReleasable(reason, (await specByDigest(client, current.specDigest)).quality);
    await query(
      client,
      `insert into perennial.quarantine_releases (model_id, event_id, reason, window_start, window_end, released_by, why)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [modelId, eventId, reason, window.start, window.end, by, why],
    );
    await appendAudit(client, { modelId, kind: 'quarantine-released', body: { by, why, reason, window } });
    return { isNew: true, note };
  });
}
