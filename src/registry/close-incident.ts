/**
 * The end of an incident: a row that is added once, with its entry in the audit. What it held is to be judged again: the model's
 * inbox says so, and whoever delivers notices wakes the coordinator.
 */
import type { Pool, PoolClient } from 'pg';
import { PipelineError } from '../core/errors.js';
import type { ClosingWay, IncidentKind } from '../core/triage/incident.js';
import type { Digest, Instant } from '../core/types.js';
import { appendAudit } from './audit.js';
import { inTransaction, query, queryOne } from './database.js';
import { type OpenScope, openScopes } from './incident-scopes.js';
import { lockModel } from './models.js';
import { checkReason, checkTexts } from './stored-text.js';

interface Closing {
  readonly modelId: string;
  readonly incidentId: number;
  readonly kind: IncidentKind;
  readonly how: ClosingWay;
  readonly by: string;
  readonly reason: string;
  readonly isRepaired?: boolean;
  /** Of a fault: what the incident answers for. */
  readonly seenThrough: Instant | null;
  readonly evidenceDigest?: Digest | null;
  /** For the audit. */
  readonly recipe?: { readonly recipeDigest: Digest; readonly version: number };
}

/** The caller holds the model's lock and has found the incident open. */
export async function writeClosure(client: PoolClient, closing: Closing): Promise<void> {
  const {
    modelId,
    incidentId,
    kind,
    how,
    by,
    reason,
    isRepaired = false,
    seenThrough,
    evidenceDigest = null,
  } = closing;
  await query(
    client,
    `insert into perennial.incident_closures
       (incident_id, reason, closed_by, how, is_repaired, seen_through, evidence_digest)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [incidentId, reason, by, how, isRepaired, seenThrough, evidenceDigest],
  );
  await query(
    client,
    `update perennial.model_inboxes set released_at = date_trunc('milliseconds', clock_timestamp()) where model_id = $1`,
    [modelId],
  );
  await appendAudit(client, {
    modelId,
    kind: 'incident-closed',
    body: { by, evidenceDigest, how, incidentId, isRepaired, kind, reason, ...closing.recipe },
  });
}

interface OpenRow {
  kind: IncidentKind;
  is_closed: boolean;
  recipe_digest: string | null;
  version: number | null;
}

/** @throws SIGNAL_INVALID */
export function checkClosing(said: { by: string; reason: string }): void {
  checkTexts({ by: said.by });
  checkReason(said.reason);
  if (said.by.trim() !== '') return;
  throw new PipelineError('SIGNAL_INVALID', 'by is empty: closing an incident needs a person.', {
    details: { field: 'by' },
  });
}

export interface IncidentClosing {
  readonly modelId: string;
  readonly incidentId: number;
  readonly by: string;
  readonly reason: string;
  /** The rows were repaired: the fault, should it be found again, is a new one. */
  readonly isRepaired?: boolean;
}

function refuseRepaired(modelId: string): never {
  const message = `isRepaired is said of data: an incident of a rollback is closed with a reason alone (\`perennial unblock ${modelId}\`).`;
  throw new PipelineError('SIGNAL_INVALID', message, { details: { field: 'isRepaired' } });
}

async function scopeOfOpen(client: PoolClient, modelId: string, incidentId: number): Promise<OpenScope | null> {
  return (await openScopes(client, modelId)).find((scope) => scope.incidentId === incidentId) ?? null;
}

async function heldUnder(client: PoolClient, modelId: string, incidentId: number): Promise<number> {
  const row = await queryOne<{ held: number }>(
    client,
    `select count(*)::integer as held from perennial.trigger_heads h
     join perennial.trigger_states s using (model_id, trigger_id, step)
     where h.model_id = $1 and h.state = 'held' and s.incident_id = $2`,
    [modelId, incidentId],
  );
  return row?.held ?? 0;
}

/**
 * By a person. Closing what is closed changes nothing.
 * @returns whether this call closed it, and how many claims waited for that
 * @throws MODEL_UNKNOWN, INCIDENT_UNKNOWN; SIGNAL_INVALID without a reason or a name, or for a repaired rollback
 */
export async function closeIncident(pool: Pool, closing: IncidentClosing): Promise<{ isNew: boolean; held: number }> {
  const { modelId, incidentId, by, reason, isRepaired = false } = closing;
  checkClosing({ by, reason });
  return inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const row = await queryOne<OpenRow>(
      client,
      `select i.kind, c.incident_id is not null as is_closed, b.recipe_digest, b.version
       from perennial.incidents i
       left join perennial.incident_closures c using (incident_id)
       left join perennial.blocked_recipes b using (incident_id)
       where i.model_id = $1 and i.incident_id = $2`,
      [modelId, incidentId],
    );
    if (row === undefined) {
      throw new PipelineError('INCIDENT_UNKNOWN', `Model ${JSON.stringify(modelId)} has no incident ${incidentId}.`, {
        details: { modelId, incidentId },
      });
    }
    if (row.kind === 'rollback' && isRepaired) refuseRepaired(modelId);
    if (row.is_closed) return { isNew: false, held: 0 };
    const scope = row.kind === 'rollback' ? null : await scopeOfOpen(client, modelId, incidentId);
    const held = await heldUnder(client, modelId, incidentId);
    const { recipe_digest: recipeDigest, version } = row;
    const recipe = recipeDigest === null || version === null ? {} : { recipe: { recipeDigest, version } };
    const said = { modelId, incidentId, kind: row.kind, how: 'person' as const, by, reason, isRepaired };
    await writeClosure(client, { ...said, seenThrough: scope?.seen.end ?? null, ...recipe });
    return { isNew: true, held };
  });
}
