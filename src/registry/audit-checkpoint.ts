/**
 * A signed note of where each audit chain ended, kept outside the database. Only it shows that a tail was cut off or that
 * a whole chain was rewritten: whoever can do that in Postgres does not hold the key.
 * The file is one line of canonical JSON and one of the ed25519 signature over it, base64.
 */
import { generateKeyPairSync, type KeyLike, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.js';
import { PipelineError } from '../core/errors.js';
import type { Instant } from '../core/types.js';
import { type AuditCheckpoint, type AuditHead, GENESIS_HASH } from './audit.js';
import type { ModelVerification } from './audit-verify.js';

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

/**
 * The checkpoint after a verification: where the chains end that it found whole. What it did not look at, or found broken,
 * stays as the checkpoint before saw it.
 */
export function nextCheckpoint(
  verified: readonly ModelVerification[],
  from: { before: AuditCheckpoint | null; takenAt: Instant },
): AuditCheckpoint {
  const heads = new Map(from.before?.heads.map((head) => [head.modelId, head]) ?? []);
  for (const { modelId, entries, headHash, brokenSeq } of verified) {
    if (brokenSeq === null) heads.set(modelId, { modelId, seq: entries, hash: headHash ?? GENESIS_HASH });
  }
  const byName = (a: AuditHead, b: AuditHead): number => (a.modelId < b.modelId ? -1 : 1);
  return { takenAt: from.takenAt, heads: [...heads.values()].sort(byName) };
}

/** Text of the checkpoint file. @param privateKey ed25519 */
export function signCheckpoint(checkpoint: AuditCheckpoint, privateKey: KeyLike): string {
  const text = canonicalJson({ format: FORMAT, takenAt: checkpoint.takenAt, heads: checkpoint.heads });
  return `${text}\n${sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64')}\n`;
}

/** @throws ARTIFACT_DIGEST_MISMATCH when the file is damaged or was not signed with this key's other half */
export function verifyCheckpoint(file: string, publicKey: KeyLike): AuditCheckpoint {
  const [text = '', signature = ''] = file.split('\n');
  if (!verify(null, Buffer.from(text, 'utf8'), publicKey, Buffer.from(signature, 'base64'))) {
    throw new PipelineError(
      'ARTIFACT_DIGEST_MISMATCH',
      'The audit checkpoint does not carry the signature of this key: the file was changed, or belongs elsewhere.',
    );
  }
  const { takenAt, heads } = fileSchema.parse(JSON.parse(text));
  return { takenAt, heads };
}
