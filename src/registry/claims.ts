/**
 * Claims: what monitors said, committed before anything else happens to them. Each (source, event id) is one claim of a
 * model, every arrival one receipt. Sequence numbers are given out under the model's lock, so that a reader who has seen
 * number n never misses a smaller one that commits later.
 */
import type { Pool } from 'pg';
import type { Cause, Instant } from '../core/types.js';
import { inTransaction, query, queryOne } from './database.js';
import { lockModel } from './models.js';
import { checkIds, storedJson } from './stored-text.js';

export interface NewClaim {
  readonly modelId: string;
  readonly source: string;
  readonly eventId: string;
  readonly cause: Cause;
  /** JSON-safe: the drift claim. */
  readonly body: unknown;
  readonly receivedAt: Instant;
}

/** Idempotent on (model, source, event id): a known one keeps its first body. @throws MODEL_UNKNOWN, SIGNAL_INVALID */
export async function commitClaim(pool: Pool, claim: NewClaim): Promise<{ seq: number; isNew: boolean }> {
  const { modelId, source, eventId, cause, receivedAt } = claim;
  checkIds({ source, eventId });
  const body = storedJson('body', claim.body);
  return inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const known = await queryOne<{ seq: string }>(
      client,
      'select seq from perennial.claims where model_id = $1 and source = $2 and event_id = $3',
      [modelId, source, eventId],
    );
    const row =
      known ??
      (await queryOne<{ seq: string }>(
        client,
        `with next as (
           update perennial.models set last_claim_seq = last_claim_seq + 1 where model_id = $1 returning last_claim_seq)
         insert into perennial.claims (model_id, seq, source, event_id, cause, body, received_at)
         select $1, last_claim_seq, $2, $3, $4, $5, $6 from next returning seq`,
        [modelId, source, eventId, cause, body, receivedAt],
      ));
    const seq = Number(row?.seq);
    await query(client, 'insert into perennial.claim_receipts (model_id, claim_seq, received_at) values ($1, $2, $3)', [
      modelId,
      seq,
      receivedAt,
    ]);
    return { seq, isNew: known === undefined };
  });
}
