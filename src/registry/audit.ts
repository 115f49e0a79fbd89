/**
 * The audit chain: one a model, `hash = sha256(previous hash ‖ stored canonical text)`, both as text. The head row is
 * locked while a link is added, so that a chain never forks. Entries are written in the transaction of what they report.
 */
import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { canonicalJson } from '../core/canonical-json.js';
import { assertInvariant } from '../core/errors.js';
import type { Digest, Instant } from '../core/types.js';
import { query, queryOne, toInstant } from './database.js';

export type AuditKind =
  | 'spec-applied'
  | 'run-opened'
  | 'run-closed'
  | 'version-registered'
  | 'evaluation-finished'
  | 'decision'
  | 'label-decision'
  | 'alias-moved'
  | 'incident-opened'
  | 'incident-closed'
  | 'paused'
  | 'resumed'
  | 'schema-accepted'
  | 'quarantine-released';

/** Previous hash of the first link. */
export const GENESIS_HASH: Digest = '0'.repeat(64);

/** Where the chain of a model ends. */
export interface AuditHead {
  readonly modelId: string;
  readonly seq: number;
  readonly hash: Digest;
}

/** Where chains ended at an instant, as somebody signed it. */
export interface AuditCheckpoint {
  readonly takenAt: Instant;
  readonly heads: readonly AuditHead[];
}

export function linkHash(previousHash: Digest, canonicalText: string): Digest {
  return createHash('sha256').update(previousHash).update(canonicalText).digest('hex');
}

/** `body` is JSON-safe and holds no text that Postgres cannot store: the caller has checked it. */
export async function appendAudit(
  client: PoolClient,
  entry: { modelId: string; kind: AuditKind; body: Readonly<Record<string, unknown>> },
): Promise<void> {
  const head = await queryOne<{ seq: number; hash: string; now: Date }>(
    client,
    `select seq, hash, date_trunc('milliseconds', clock_timestamp()) as now
     from perennial.audit_heads where model_id = $1 for update`,
    [entry.modelId],
  );
  assertInvariant(head !== undefined, `Model ${entry.modelId} has no audit head; restore the row from a copy.`);
  const seq = head.seq + 1;
  const at = toInstant(head.now);
  const text = canonicalJson({ at, body: entry.body, kind: entry.kind, modelId: entry.modelId, seq });
  const hash = linkHash(head.hash, text);
  await query(
    client,
    `insert into perennial.audit (model_id, seq, at, kind, canonical_text, previous_hash, hash)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [entry.modelId, seq, at, entry.kind, text, head.hash, hash],
  );
  await query(client, 'update perennial.audit_heads set seq = $2, hash = $3 where model_id = $1', [
    entry.modelId,
    seq,
    hash,
  ]);
}
