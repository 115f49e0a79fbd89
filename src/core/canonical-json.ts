/**
 * Canonical JSON and its sha256: the one way that anything structured gets a digest.
 * Keys sorted by code unit at every depth, no white space, numbers as JSON.stringify writes them (RFC 8785 for the values used here).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { PipelineError } from './errors.js';
import type { Digest } from './types.js';

/**
 * @throws INVARIANT_BROKEN for what JSON cannot say exactly: NaN, infinities, functions, bigint. Undefined members are left out.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  throw new PipelineError('INVARIANT_BROKEN', `Canonical JSON cannot hold ${String(value)} (${typeof value}).`);
}

/** sha256 of the canonical text, in lower-case hex. For structured values only; bulk bytes are hashed where they are read. */
export function canonicalDigest(value: unknown): Digest {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}
