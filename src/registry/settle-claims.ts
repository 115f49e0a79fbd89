/**
 * What becomes of a run's claims, and of a mere suspicion, when the run closes: in the transaction that closes it. A fault
 * explains what the monitors saw, so their claims wait under its incident instead of standing as answered by a retrain.
 */
import type { PoolClient } from 'pg';
import type { RunKey } from '../activities/deps.js';
import { assertInvariant } from '../core/errors.js';
import { incidentName } from '../core/triage/incident.js';
import type { Digest, OutcomeKind } from '../core/types.js';
import { writeClosure } from './close-incident.js';
import { type Db, query, queryOne } from './database.js';
import { closedScopes, openScopes } from './incident-scopes.js';
import { appendTriggerStates } from './triggers.js';

interface LastSighting {
  readonly incidentId: number;
  readonly digest: Digest;
}

/** Null: the newest assessment of the run found no fault. */
export async function lastSighting(db: Db, key: RunKey): Promise<LastSighting | null> {
  const row = await queryOne<{ incident_id: string | null; digest: string }>(
    db,
    `select s.incident_id, a.digest
     from (select digest from perennial.assessments where model_id = $1 and run_no = $2
           order by assessment_id desc limit 1) a
     left join perennial.incident_sightings s on s.model_id = $1 and s.run_no = $2 and s.digest = a.digest`,
    [key.modelId, key.runNo],
  );
  const { incident_id: incidentId = null, digest } = row ?? {};
  return incidentId === null || digest === undefined ? null : { incidentId: Number(incidentId), digest };
}

async function isPastTriage(client: PoolClient, key: RunKey): Promise<boolean> {
  const row = await queryOne(
    client,
    `select from perennial.run_stages where model_id = $1 and run_no = $2 and stage = 'freeze' limit 1`,
    [key.modelId, key.runNo],
  );
  return row !== undefined;
}

async function claimsTaken(client: PoolClient, key: RunKey): Promise<string[]> {
  const rows = await query<{ trigger_id: string }>(
    client,
    `select t.trigger_id from perennial.trigger_states s
     join perennial.trigger_heads h using (model_id, trigger_id, step)
     join perennial.triggers t using (model_id, trigger_id)
     where s.model_id = $1 and s.run_no = $2 and s.state in ('started', 'merged')
       and t.cause in ('drift', 'performance') order by t.seq`,
    [key.modelId, key.runNo],
  );
  return rows.map((row) => row.trigger_id);
}

async function moveClaims(client: PoolClient, key: RunKey, incidentId: number): Promise<void> {
  const { modelId, runNo } = key;
  const triggerIds = await claimsTaken(client, key);
  if (triggerIds.length === 0) return;
  const change = { modelId, triggerIds, runNo, incidentId };
  const open = (await openScopes(client, modelId)).find((scope) => scope.incidentId === incidentId);
  if (open !== undefined) {
    const reason = `${incidentName(open)} is what run ${runNo} found; judged again when it is closed.`;
    return appendTriggerStates(client, { ...change, state: 'held', reason });
  }
  const [closed] = await closedScopes(client, modelId, incidentId);
  assertInvariant(closed !== undefined, `Incident ${incidentId} of ${modelId} is neither open nor closed.`);
  const closing = `${incidentName(closed)}, closed by ${closed.closedBy} at ${closed.closedAt} (${closed.reason})`;
  if (closed.isRepaired) {
    const reason = `${closing}: the rows were repaired; judged again.`;
    return appendTriggerStates(client, { modelId, triggerIds, runNo, state: 'held', reason });
  }
  const reason = `${closing}, answers this: run ${runNo} found the same fault in data that it has seen.`;
  return appendTriggerStates(client, { ...change, state: 'suppressed', reason });
}

/** A run that suspected faults alone went on: whoever let it do so stands in that run. Its last look may have found another, or none. */
async function overrule(client: PoolClient, key: RunKey, ended: RunEnd): Promise<void> {
  const { modelId, runNo } = key;
  const mine = (await openScopes(client, modelId)).filter((one) => one.isSuspicion && one.openedByRun === runNo);
  for (const { incidentId, kind, seen } of mine) {
    const sighting = await queryOne<{ digest: Digest }>(
      client,
      'select digest from perennial.incident_sightings where incident_id = $1 order by at desc, digest limit 1',
      [incidentId],
    );
    assertInvariant(sighting !== undefined, `Incident ${incidentId} of ${modelId} was never seen.`);
    const reason = `Run ${runNo} went on in spite of the suspicion and ended as ${ended}.`;
    const closing = { modelId, incidentId, kind, how: 'overruled' as const, by: `run ${runNo}`, reason };
    await writeClosure(client, { ...closing, seenThrough: seen.end, evidenceDigest: sighting.digest });
  }
}

type RunEnd = OutcomeKind | 'failed';

/**
 * However it ended: what found a fault last and froze nothing, has answered no claim. The caller holds the model's lock and is about
 * to close the run.
 */
export async function settleClaims(client: PoolClient, key: RunKey, ended: RunEnd): Promise<void> {
  if (await isPastTriage(client, key)) return overrule(client, key, ended);
  const seen = await lastSighting(client, key);
  if (seen !== null) await moveClaims(client, key, seen.incidentId);
}
