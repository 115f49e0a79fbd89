/** Who paused a model, and who resumed it: rows that stay; the newest one holds. */
import type { Pool } from 'pg';
import type { PauseAnswer, PauseRequest } from '../core/messages.js';
import type { TriggerFacts } from '../core/policy/triggers/facts.js';
import { appendAudit } from './audit.js';
import { type Db, inTransaction, query, queryOne, toInstant } from './database.js';
import { lockModel } from './models.js';
import { checkIds, checkReason, checkTexts } from './stored-text.js';

interface DbPause {
  seq: number;
  event_id: string;
  is_paused: boolean;
  set_by: string;
  reason: string;
  set_at: Date;
}

const newestPause = (db: Db, modelId: string): Promise<DbPause | undefined> =>
  queryOne<DbPause>(db, 'select * from perennial.model_pauses where model_id = $1 order by seq desc limit 1', [
    modelId,
  ]);

/** Null while the model is not paused. */
export async function presentPause(db: Db, modelId: string): Promise<TriggerFacts['pause']> {
  const newest = await newestPause(db, modelId);
  if (newest?.is_paused !== true) return null;
  return { by: newest.set_by, reason: newest.reason, since: toInstant(newest.set_at) };
}

/**
 * Idempotent on the event id; pausing what is paused changes nothing and says who did it first.
 * @throws MODEL_UNKNOWN; SIGNAL_INVALID without a reason
 */
export async function setPause(
  pool: Pool,
  modelId: string,
  { eventId, isPaused, by, reason }: PauseRequest,
): Promise<PauseAnswer> {
  checkIds({ eventId });
  checkTexts({ by });
  checkReason(reason);
  return inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const known = await queryOne(client, 'select from perennial.model_pauses where model_id = $1 and event_id = $2', [
      modelId,
      eventId,
    ]);
    const newest = await newestPause(client, modelId);
    const isChange = (newest?.is_paused ?? false) !== isPaused;
    if (known === undefined && isChange) {
      await query(
        client,
        `insert into perennial.model_pauses (model_id, seq, event_id, is_paused, set_by, reason)
         values ($1, $2, $3, $4, $5, $6)`,
        [modelId, (newest?.seq ?? 0) + 1, eventId, isPaused, by, reason],
      );
      await appendAudit(client, { modelId, kind: isPaused ? 'paused' : 'resumed', body: { by, reason } });
    }
    const pause = await presentPause(client, modelId);
    return { isPaused: pause !== null, pause, isNew: known !== undefined || isChange };
  });
}
