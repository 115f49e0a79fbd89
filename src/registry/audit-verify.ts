/**
 * Proof that nothing in the audit was changed, removed, inserted or reordered, and that the champion alias is where its
 * audited moves put it. Reads everything as of one moment, so writers may go on; memory is one page of entries.
 */
import type { Pool, PoolClient } from 'pg';
import type { Digest, Instant } from '../core/types.js';
import { type AuditCheckpoint, type AuditHead, GENESIS_HASH, linkHash } from './audit.js';
import { type AuditedMove, auditedMove, checkAlias } from './audit-verify-alias.js';
import { inReadSnapshot, query, queryOne } from './database.js';
import { modelUnknown } from './models.js';

export interface ModelVerification {
  readonly modelId: string;
  /** Entries that follow from each other, from the first on. */
  readonly entries: number;
  /** Of the last of them; null without entries. */
  readonly headHash: Digest | null;
  /** First sequence number that is not as it was written; null when all are. */
  readonly brokenSeq: number | null;
  /** What is wrong, in words; null when nothing is. */
  readonly reason: string | null;
  /** When the signed checkpoint was taken that it was compared with; null without one that knew the model. */
  readonly checkpointAt: Instant | null;
}

interface Entry {
  seq: number;
  at: Date;
  kind: string;
  canonical_text: string;
  previous_hash: string;
  hash: string;
}

interface Chain {
  entries: number;
  hash: Digest;
  readonly moves: AuditedMove[];
  readonly hashAt: (seq: number) => Digest | undefined;
  broken: { seq: number; reason: string } | null;
}

const PAGE = 1000;

function parseText(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null; // not JSON: the caller reports the entry as broken
  }
}

/** What is wrong with an entry that should be number `seq` after `previousHash`; null when nothing is. */
function entryFault(modelId: string, entry: Entry, expected: { seq: number; previousHash: Digest }): string | null {
  if (entry.seq !== expected.seq) return `entry ${expected.seq} is missing`;
  if (entry.previous_hash !== expected.previousHash) return 'it does not follow from the entry before it';
  if (linkHash(entry.previous_hash, entry.canonical_text) !== entry.hash) return 'its text or hash was changed';
  const text = parseText(entry.canonical_text);
  const isSame =
    text?.seq === entry.seq &&
    text.modelId === modelId &&
    text.kind === entry.kind &&
    text.at === entry.at.toISOString();
  return isSame ? null : 'its columns differ from its text';
}

async function walk(client: PoolClient, modelId: string, wanted: ReadonlySet<number>): Promise<Chain> {
  const hashes = new Map<number, Digest>([[0, GENESIS_HASH]]);
  const chain: Chain = { entries: 0, hash: GENESIS_HASH, moves: [], hashAt: (seq) => hashes.get(seq), broken: null };
  for (;;) {
    const page = await query<Entry>(
      client,
      `select seq, at, kind, canonical_text, previous_hash, hash from perennial.audit
       where model_id = $1 and seq > $2 order by seq limit ${PAGE}`,
      [modelId, chain.entries],
    );
    for (const entry of page) {
      const expected = { seq: chain.entries + 1, previousHash: chain.hash };
      const reason = entryFault(modelId, entry, expected);
      if (reason !== null) {
        chain.broken = { seq: expected.seq, reason };
        return chain;
      }
      chain.entries = entry.seq;
      chain.hash = entry.hash;
      if (wanted.has(entry.seq)) hashes.set(entry.seq, entry.hash);
      if (entry.kind === 'alias-moved') chain.moves.push(auditedMove(entry.seq, parseText(entry.canonical_text)));
    }
    if (page.length < PAGE) return chain;
  }
}

/** Compares the chain's end with its head row and with what the checkpoint saw. */
function headFault(chain: Chain, head: AuditHead | undefined, noted: AuditHead | undefined): Chain['broken'] {
  if (noted !== undefined) {
    if (chain.entries < noted.seq) {
      return { seq: chain.entries + 1, reason: `the signed checkpoint saw ${noted.seq} entries: the tail was cut off` };
    }
    if (chain.hashAt(noted.seq) !== noted.hash) {
      return { seq: noted.seq, reason: 'the signed checkpoint saw another entry here: the chain was rewritten' };
    }
  }
  if (head === undefined) return { seq: chain.entries + 1, reason: 'the head row is missing' };
  if (head.seq === chain.entries && head.hash === chain.hash) return null;
  if (head.seq > chain.entries) {
    return { seq: chain.entries + 1, reason: `the head says ${head.seq} entries: the tail was cut off` };
  }
  return { seq: head.seq + 1, reason: `the head says ${head.seq} entries at ${head.hash}, which the chain does not` };
}

async function verifyModel(
  client: PoolClient,
  modelId: string,
  noted: AuditHead | undefined,
): Promise<Omit<ModelVerification, 'checkpointAt'>> {
  const chain = await walk(client, modelId, new Set(noted === undefined ? [] : [noted.seq]));
  const head = await queryOne<{ seq: number; hash: string }>(
    client,
    'select seq, hash from perennial.audit_heads where model_id = $1',
    [modelId],
  );
  const broken =
    chain.broken ??
    headFault(chain, head === undefined ? undefined : { modelId, ...head }, noted) ??
    (await checkAlias(client, modelId, { moves: chain.moves, nextSeq: chain.entries + 1 }));
  return {
    modelId,
    entries: chain.entries,
    headHash: chain.entries === 0 ? null : chain.hash,
    brokenSeq: broken?.seq ?? null,
    reason: broken === null ? null : `Entry ${broken.seq}: ${broken.reason}.`,
  };
}

/**
 * One result a model, by name. A model that the checkpoint saw and that is gone is reported with its first entry broken.
 * @throws MODEL_UNKNOWN for a model that neither the registry nor the checkpoint knows
 */
export function verifyAudit(
  pool: Pool,
  options: { modelId?: string; checkpoint?: AuditCheckpoint } = {},
): Promise<ModelVerification[]> {
  const noted = new Map(options.checkpoint?.heads.map((head) => [head.modelId, head]) ?? []);
  return inReadSnapshot(pool, async (client) => {
    const rows = await query<{ model_id: string }>(
      client,
      `select model_id from perennial.models union select model_id from perennial.audit
       union select model_id from perennial.audit_heads`,
    );
    const known = [...new Set([...rows.map((row) => row.model_id), ...noted.keys()])].sort();
    const wanted = options.modelId === undefined ? known : known.filter((modelId) => modelId === options.modelId);
    if (options.modelId !== undefined && wanted.length === 0) throw modelUnknown(options.modelId);
    const results: ModelVerification[] = [];
    for (const modelId of wanted) {
      const head = noted.get(modelId);
      const checkpointAt = head === undefined ? null : (options.checkpoint?.takenAt ?? null);
      results.push({ ...(await verifyModel(client, modelId, head)), checkpointAt });
    }
    return results;
  });
}
