/** The part of the audit's proof that concerns the champion: alias = last move = audit, and every move was audited as it stands. */
import type { PoolClient } from 'pg';
import { canonicalJson } from '../core/canonical-json.js';
import { query, queryOne } from './database.js';

export interface AuditedMove {
  /** Of the audit entry. */
  readonly seq: number;
  readonly text: string;
}

export function auditedMove(seq: number, entry: Record<string, unknown> | null): AuditedMove {
  return { seq, text: canonicalJson(entry?.body ?? null) };
}

interface DbMove {
  alias: string;
  epoch: number;
  move_key: string;
  kind: string;
  from_version: number | null;
  to_version: number;
  moved_by: string;
  reason: string;
  evidence_digest: string | null;
  run_no: number | null;
  moved_at: Date;
}

/** The audit body that `moveChampion` wrote for this row. */
function bodyOf(row: DbMove): string {
  return canonicalJson({
    alias: row.alias,
    by: row.moved_by,
    epoch: row.epoch,
    evidenceDigest: row.evidence_digest,
    fromVersion: row.from_version,
    kind: row.kind,
    moveKey: row.move_key,
    movedAt: row.moved_at.toISOString(),
    reason: row.reason,
    runNo: row.run_no,
    toVersion: row.to_version,
  });
}

async function aliasFault(client: PoolClient, modelId: string, last: DbMove | undefined): Promise<string | null> {
  const alias = await queryOne<{ version: number | null; epoch: number; moved_at: Date | null }>(
    client,
    `select version, epoch, moved_at from perennial.aliases where model_id = $1 and alias = 'champion'`,
    [modelId],
  );
  if (alias === undefined) return 'the champion alias row is missing';
  const isSame =
    alias.version === (last?.to_version ?? null) &&
    alias.epoch === (last?.epoch ?? 0) &&
    alias.moved_at?.getTime() === last?.moved_at.getTime();
  if (isSame) return null;
  return `the champion alias says version ${alias.version} at epoch ${alias.epoch}, its last move does not`;
}

/** @param audited.nextSeq named when the table says something that no entry does */
export async function checkAlias(
  client: PoolClient,
  modelId: string,
  audited: { moves: readonly AuditedMove[]; nextSeq: number },
): Promise<{ seq: number; reason: string } | null> {
  const rows = await query<DbMove>(
    client,
    `select alias, epoch, move_key, kind, from_version, to_version, moved_by, reason, evidence_digest, run_no, moved_at
     from perennial.alias_moves where model_id = $1 order by alias, epoch`,
    [modelId],
  );
  for (const [index, move] of audited.moves.entries()) {
    const row = rows[index];
    if (row === undefined) return { seq: move.seq, reason: 'the alias move that it reports is not in alias_moves' };
    if (bodyOf(row) !== move.text)
      return { seq: move.seq, reason: `alias_moves differs from it at epoch ${row.epoch}` };
  }
  const unaudited = rows[audited.moves.length];
  if (unaudited !== undefined) {
    return { seq: audited.nextSeq, reason: `the alias move to epoch ${unaudited.epoch} was never audited` };
  }
  const reason = await aliasFault(client, modelId, rows.at(-1));
  return reason === null ? null : { seq: audited.moves.at(-1)?.seq ?? audited.nextSeq, reason };
}
