/**
 * A signed note of where each audit chain ended, kept outside the database. Only it shows that a tail was cut off or that
 * a whole chain was rewritten: whoever can do that in Postgres does not hold the key.
 * The file is one line of canonical JSON and one of the ed25519 signature over it, base64.
 */
import { generateKeyPairSync, type KeyLike, sign, verify } from 'node:crypto';
import type { Pool } from 'pg';
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.js';
import { PipelineError } from '../core/errors.js';
import type { Digest, Instant } from '../core/types.js';
import { inReadSnapshot, query, queryOne, toInstant } from './database.js';

export interface AuditHead {
  readonly modelId: string;
  readonly seq: number;
  readonly hash: Digest;
}

export interface AuditCheckpoint {
  readonly takenAt: Instant;
  readonly heads: readonly AuditHead[];
}

const FORMAT = 'perennial-audit-checkpoint/1';

const fileSchema = z.strictObject({
  format: z.literal(FORMAT),
  takenAt: z.string(),
  heads: z.array(z.strictObject({ modelId: z.string(), seq: z.int().min(0), hash: z.string() })),
});

/** A key pair in PEM; the private half belongs where only the platform's user can read it. */
export function createCheckpointKeys(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

/** Where the chains end now, by the database's clock. */
export function takeCheckpoint(pool: Pool): Promise<AuditCheckpoint> {
  return inReadSnapshot(pool, async (client) => {
    const clock = await queryOne<{ now: Date }>(client, 'select clock_timestamp() as now');
    const rows = await query<{ model_id: string; seq: number; hash: string }>(
      client,
      'select model_id, seq, hash from perennial.audit_heads order by model_id collate "C"',
    );
    return {
      takenAt: toInstant(clock?.now ?? new Date(Number.NaN)),
      heads: rows.map((row) => ({ modelId: row.model_id, seq: row.seq, hash: row.hash })),
    };
  });
}

/** Text of the checkpoint file. @param privateKey ed25519 */
export function signCheckpoint(checkpoint: AuditCheckpoint, privateKey: KeyLike): string {
  const text = canonicalJson({ format: FORMAT, takenAt: checkpoint.takenAt, heads: checkpoint.heads });
  return `${text}\n${sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64')}\n`;
}

/** @throws INVARIANT_BROKEN when the file is damaged or was not signed with this key's other half */
export function verifyCheckpoint(file: string, publicKey: KeyLike): AuditCheckpoint {
  const [text = '', signature = ''] = file.split('\n');
  if (!verify(null, Buffer.from(text, 'utf8'), publicKey, Buffer.from(signature, 'base64'))) {
    throw new PipelineError(
      'INVARIANT_BROKEN',
      'The audit checkpoint does not carry the signature of this key: the file was changed, or belongs elsewhere.',
    );
  }
  const { takenAt, heads } = fileSchema.parse(JSON.parse(text));
  return { takenAt, heads };
}
