/**
 * Incidents of rollbacks: opened by a rollback in its own transaction, together with the block on the recipe of the version it
 * left; closed by a person with a reason, which clears that recipe. Those of faults are in fault-incidents.ts.
 */
import type { Pool, PoolClient } from 'pg';
import type { BlockedRecipe } from '../activities/deps.js';
import type { Digest } from '../core/types.js';
import { checkClosing, writeClosure } from './close-incident.js';
import { type Db, inTransaction, query, toInstant } from './database.js';
import { lockModel } from './models.js';

/** The caller holds the model's lock and has written the alias move to `epoch`. */
export async function openIncident(
  client: PoolClient,
  rollback: {
    modelId: string;
    epoch: number;
    reason: string;
    by: string;
    at: Date;
    /** The version that was rolled back from. */
    version: number;
    recipeDigest: Digest;
  },
): Promise<void> {
  const { modelId, epoch, reason, by, at, version, recipeDigest } = rollback;
  await query(
    client,
    `with incident as (
       insert into perennial.incidents (model_id, kind, alias, epoch, reason, opened_by, opened_at)
       values ($1, 'rollback', 'champion', $2, $3, $4, $5) returning incident_id)
     insert into perennial.blocked_recipes (incident_id, model_id, recipe_digest, version, blocked_at)
     select incident_id, $1, $6, $7, $5 from incident`,
    [modelId, epoch, reason, by, at, recipeDigest, version],
  );
}

interface DbBlocked {
  incident_id: string;
  recipe_digest: string;
  version: number;
  reason: string;
  opened_by: string;
  blocked_at: Date;
}

/** Those that nobody has cleared, newest first. */
export async function blockedRecipes(db: Db, modelId: string): Promise<BlockedRecipe[]> {
  const rows = await query<DbBlocked>(
    db,
    `select b.incident_id, b.recipe_digest, b.version, i.reason, i.opened_by, b.blocked_at
     from perennial.blocked_recipes b
     join perennial.incidents i using (incident_id)
     where b.model_id = $1
       and not exists (select from perennial.incident_closures c where c.incident_id = b.incident_id)
     order by b.incident_id desc`,
    [modelId],
  );
  return rows.map((row) => ({
    incidentId: Number(row.incident_id),
    recipeDigest: row.recipe_digest,
    version: row.version,
    reason: row.reason,
    by: row.opened_by,
    since: toInstant(row.blocked_at),
  }));
}

/** The newest block on a recipe; null when it may be used. */
export async function blockedRecipe(db: Db, modelId: string, recipeDigest: Digest): Promise<BlockedRecipe | null> {
  const blocked = await blockedRecipes(db, modelId);
  return blocked.find((one) => one.recipeDigest === recipeDigest) ?? null;
}

/**
 * Closes every open incident of a rollback and so clears its blocked recipes; those of faults stay open.
 * @returns what this call cleared: nothing when there was nothing, as at a repeated call
 * @throws MODEL_UNKNOWN, SIGNAL_INVALID without a reason or a name
 */
export async function closeIncidents(
  pool: Pool,
  closing: { modelId: string; by: string; reason: string },
): Promise<readonly BlockedRecipe[]> {
  const { modelId, by, reason } = closing;
  checkClosing({ by, reason });
  return inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const open = await blockedRecipes(client, modelId);
    for (const { incidentId, recipeDigest, version } of open) {
      const recipe = { recipeDigest, version };
      const said = { modelId, incidentId, kind: 'rollback', how: 'person', by, reason } as const;
      await writeClosure(client, { ...said, seenThrough: null, recipe });
    }
    return open;
  });
}
