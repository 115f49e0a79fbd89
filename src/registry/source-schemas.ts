/** Schemas of a model's source: proposed by inference, one version a content; accepted by people, the newest review holds. */
import type { Pool } from 'pg';
import type { AcceptedSchema, SchemaProposal } from '../activities/deps.js';
import { canonicalDigest } from '../core/canonical-json.js';
import { PipelineError } from '../core/errors.js';
import type { SourceSchema } from '../core/quality/source-schema.js';
import type { Instant, Window } from '../core/types.js';
import { appendAudit } from './audit.js';
import { type Db, inTransaction, query, queryOne, toInstant, toInstantOrNull, toWindow } from './database.js';
import { lockModel } from './models.js';
import { checkReason, checkTexts, storedJson } from './stored-text.js';

export interface SchemaRow {
  readonly version: number;
  readonly schema: SourceSchema;
  readonly window: Window;
  readonly asOf: Instant;
  readonly rows: number;
  readonly proposedBy: string;
  readonly proposedAt: Instant;
  /** Of its newest review; null: nobody has accepted it. */
  readonly accepted: { readonly by: string; readonly reason: string; readonly at: Instant } | null;
  /** It is the one that windows are held against. */
  readonly isCurrent: boolean;
}

export async function acceptedSchema(db: Db, modelId: string): Promise<AcceptedSchema | null> {
  const row = await queryOne<{ version: number; schema: SourceSchema }>(
    db,
    `select s.version, s.schema from perennial.schema_reviews r
     join perennial.source_schemas s using (model_id, version)
     where r.model_id = $1 order by r.review_id desc limit 1`,
    [modelId],
  );
  return row ?? null;
}

export async function proposeSchema(
  pool: Pool,
  proposal: SchemaProposal,
): Promise<{ version: number; isNew: boolean }> {
  const { modelId, schema, specDigest, window, asOf, rows, by } = proposal;
  const digest = canonicalDigest(schema);
  const json = storedJson('schema', schema);
  return inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const known = await queryOne<{ version: number }>(
      client,
      'select version from perennial.source_schemas where model_id = $1 and digest = $2',
      [modelId, digest],
    );
    if (known !== undefined) return { version: known.version, isNew: false };
    const added = await queryOne<{ version: number }>(
      client,
      `insert into perennial.source_schemas
         (model_id, version, digest, schema, spec_digest, window_start, window_end, as_of, rows, proposed_by)
       select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9
       from perennial.source_schemas where model_id = $1 returning version`,
      [modelId, digest, json, specDigest, window.start, window.end, asOf, rows, by],
    );
    return { version: added?.version ?? 1, isNew: true };
  });
}

interface DbSchema {
  version: number;
  schema: SourceSchema;
  window_start: Date;
  window_end: Date;
  as_of: Date;
  rows: string;
  proposed_by: string;
  proposed_at: Date;
  accepted_by: string | null;
  reason: string | null;
  accepted_at: Date | null;
  is_current: boolean;
}

/** Newest first. */
export async function listSchemas(db: Db, modelId: string): Promise<SchemaRow[]> {
  const rows = await query<DbSchema>(
    db,
    `select s.*, r.accepted_by, r.reason, r.at as accepted_at,
       coalesce(r.review_id = (select max(review_id) from perennial.schema_reviews where model_id = $1), false) as is_current
     from perennial.source_schemas s
     left join lateral (select * from perennial.schema_reviews one
       where one.model_id = s.model_id and one.version = s.version order by review_id desc limit 1) r on true
     where s.model_id = $1 order by s.version desc`,
    [modelId],
  );
  return rows.map((row) => ({
    version: row.version,
    schema: row.schema,
    window: toWindow(row.window_start, row.window_end),
    asOf: toInstant(row.as_of),
    rows: Number(row.rows),
    proposedBy: row.proposed_by,
    proposedAt: toInstant(row.proposed_at),
    accepted:
      row.accepted_by === null
        ? null
        : { by: row.accepted_by, reason: row.reason ?? '', at: toInstantOrNull(row.accepted_at) ?? '' },
    isCurrent: row.is_current,
  }));
}

/**
 * Accepting what is accepted already changes nothing.
 * @returns whether it was news
 * @throws MODEL_UNKNOWN; SIGNAL_INVALID without a reason, or for a version that nobody proposed
 */
export async function acceptSchema(
  pool: Pool,
  accepting: { modelId: string; version: number; by: string; reason: string },
): Promise<boolean> {
  const { modelId, version, by, reason } = accepting;
  checkTexts({ by });
  checkReason(reason);
  return inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const present = await acceptedSchema(client, modelId);
    if (present?.version === version) return false;
    const proposed = await queryOne<{ digest: string }>(
      client,
      'select digest from perennial.source_schemas where model_id = $1 and version = $2',
      [modelId, version],
    );
    if (proposed === undefined) {
      throw new PipelineError(
        'SIGNAL_INVALID',
        `${modelId} has no schema version ${version}: see \`perennial schema diff ${modelId}\`.`,
      );
    }
    await query(
      client,
      'insert into perennial.schema_reviews (model_id, version, accepted_by, reason) values ($1, $2, $3, $4)',
      [modelId, version, by, reason],
    );
    const body = { by, reason, version, digest: proposed.digest, before: present?.version ?? null };
    await appendAudit(client, { modelId, kind: 'schema-accepted', body });
    return true;
  });
}
