/** Specs: immutable by digest, and which one was current for a model since when. */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { canonicalJson } from '../core/canonical-json.js';
import { assertInvariant, PipelineError } from '../core/errors.js';
import { type PipelineSpec, specSchema } from '../core/spec/schema.js';
import type { Digest, Instant } from '../core/types.js';
import { appendAudit } from './audit.js';
import { type Db, inTransaction, query, queryOne, toInstant } from './database.js';
import { ensureModel, lockModel } from './models.js';
import { checkTexts } from './stored-text.js';

export interface SpecApplication {
  readonly spec: PipelineSpec;
  readonly digest: Digest;
  readonly canonicalText: string;
  readonly by: string;
}

export interface SpecVersionRow {
  readonly seq: number;
  readonly specDigest: Digest;
  readonly appliedBy: string;
  readonly since: Instant;
}

function sha256Of(text: string): Digest {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Makes the spec the current one of its model, and the model at its first spec. The digest that is current already adds
 * nothing (`isNew` false); an older one becomes current again and is recorded like a new one.
 * `previousDigest` is what was current before this call, null at the first spec.
 */
export async function applySpec(
  pool: Pool,
  application: SpecApplication,
): Promise<{ isNew: boolean; previousDigest: Digest | null }> {
  const { spec, digest, canonicalText, by } = application;
  const modelId = spec.model;
  assertInvariant(
    canonicalJson(spec) === canonicalText && sha256Of(canonicalText) === digest,
    `The spec of ${modelId} does not have the digest ${digest} that was given with it.`,
  );
  checkTexts({ by, canonicalText });
  return inTransaction(pool, async (client) => {
    await ensureModel(client, modelId);
    await lockModel(client, modelId);
    const current = await currentSpec(client, modelId);
    if (current?.specDigest === digest) return { isNew: false, previousDigest: digest };
    await query(
      client,
      'insert into perennial.specs (digest, model_id, canonical_text) values ($1, $2, $3) on conflict do nothing',
      [digest, modelId, canonicalText],
    );
    const seq = (current?.seq ?? 0) + 1;
    await query(
      client,
      'insert into perennial.spec_versions (model_id, seq, spec_digest, applied_by) values ($1, $2, $3, $4)',
      [modelId, seq, digest, by],
    );
    const previousDigest = current?.specDigest ?? null;
    await appendAudit(client, { modelId, kind: 'spec-applied', body: { by, previousDigest, specDigest: digest } });
    return { isNew: true, previousDigest };
  });
}

/**
 * Members that the schema gained since the spec was stored get their defaults; the digest stays that of the stored text.
 * @throws SPEC_INVALID when unknown or no longer readable, INVARIANT_BROKEN when the stored text was changed
 */
export async function specByDigest(db: Db, digest: Digest): Promise<PipelineSpec> {
  const row = await queryOne<{ canonical_text: string }>(
    db,
    'select canonical_text from perennial.specs where digest = $1',
    [digest],
  );
  if (row === undefined) {
    throw new PipelineError('SPEC_INVALID', `No spec with digest ${digest} was applied.`, { details: { digest } });
  }
  assertInvariant(sha256Of(row.canonical_text) === digest, `The stored spec ${digest} was changed; restore it.`);
  const parsed = specSchema.safeParse(JSON.parse(row.canonical_text));
  if (parsed.success) return parsed.data;
  throw new PipelineError(
    'SPEC_INVALID',
    `The stored spec ${digest} is not valid for this version of perennial: ${parsed.error.message}`,
    { details: { digest }, cause: parsed.error },
  );
}

interface SpecRow {
  seq: number;
  spec_digest: string;
  applied_by: string;
  since: Date;
}

/** Null when the model is unknown. */
export async function currentSpec(db: Db, modelId: string): Promise<SpecVersionRow | null> {
  const row = await queryOne<SpecRow>(
    db,
    `select seq, spec_digest, applied_by, since from perennial.spec_versions
     where model_id = $1 order by seq desc limit 1`,
    [modelId],
  );
  if (row === undefined) return null;
  return { seq: row.seq, specDigest: row.spec_digest, appliedBy: row.applied_by, since: toInstant(row.since) };
}

/** Of the polls of every spec that was applied for the model, so that a Schedule is found again when its poll was dropped. */
export async function pollNamesEver(db: Db, modelId: string): Promise<readonly string[]> {
  const rows = await query<{ name: string }>(
    db,
    `select distinct poll ->> 'name' as name
     from perennial.specs, jsonb_array_elements(canonical_text::jsonb #> '{triggers,polls}') poll
     where model_id = $1 order by name`,
    [modelId],
  );
  return rows.map(({ name }) => name);
}
