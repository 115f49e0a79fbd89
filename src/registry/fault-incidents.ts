/**
 * What an assessment does to incidents, in the transaction that records it: opens one, is a further sighting of one, or shows
 * that one is over. The rules are core/triage/incident.ts; here they meet the rows, under the model's lock, once an assessment.
 */
import type { PoolClient } from 'pg';
import type { RunKey } from '../activities/deps.js';
import type { Assessment } from '../core/triage/assessment.js';
import { type Fault, faultOf, incidentName, isAnsweredBy, isRecovery, isSameFault } from '../core/triage/incident.js';
import type { Digest, Promotion, RunClock } from '../core/types.js';
import { appendAudit } from './audit.js';
import { writeClosure } from './close-incident.js';
import { query, queryOne } from './database.js';
import { closedScopes, openScopes } from './incident-scopes.js';
import { storableText, storedJson } from './stored-text.js';

/** An assessment that is in its table already. */
interface Recorded {
  readonly key: RunKey;
  readonly assessment: Assessment;
  readonly digest: Digest;
  /** False for a repeat: it has had its effect. */
  readonly isNew: boolean;
}

async function insertIncident(client: PoolClient, key: RunKey, { fault, digest }: Sighting): Promise<number> {
  const { modelId, runNo } = key;
  const { kind, cause, certainty, columns, onset, mode, window } = fault;
  const reason = storableText(fault.reasons[0] ?? cause);
  const row = await queryOne<{ incident_id: string }>(
    client,
    `insert into perennial.incidents (model_id, kind, cause, run_no, clock_mode, reason, opened_by, opened_at)
     values ($1, $2, $3, $4, $5, $6, $7, date_trunc('milliseconds', clock_timestamp())) returning incident_id`,
    [modelId, kind, cause, runNo, mode, reason, `run ${runNo}`],
  );
  const incidentId = Number(row?.incident_id);
  await appendAudit(client, {
    modelId,
    kind: 'incident-opened',
    body: { cause, certainty, columns, evidenceDigest: digest, incidentId, kind, onset, reason, runNo, window },
  });
  return incidentId;
}

interface Sighting {
  readonly fault: Fault;
  readonly digest: Digest;
}

async function insertSighting(
  client: PoolClient,
  key: RunKey,
  { incidentId, fault, digest }: Sighting & { incidentId: number },
): Promise<void> {
  const { certainty, columns, onset, window, inputsAsOf, reasons } = fault;
  await query(
    client,
    `insert into perennial.incident_sightings (incident_id, model_id, run_no, digest, certainty, columns, onset,
       window_start, window_end, inputs_as_of, reasons)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      incidentId,
      key.modelId,
      key.runNo,
      digest,
      certainty,
      columns,
      onset,
      window.start,
      window.end,
      inputsAsOf,
      storedJson('reasons', reasons),
    ],
  );
}

/** The open one that it belongs to, else the closed one that answers it, else a new one. */
async function placeFault(
  client: PoolClient,
  key: RunKey,
  seen: Sighting,
): Promise<{ incidentId: number; isOpen: boolean }> {
  const { fault } = seen;
  const present = (await openScopes(client, key.modelId)).find((scope) => isSameFault(scope, fault));
  if (present !== undefined) return { incidentId: present.incidentId, isOpen: true };
  const answering = (await closedScopes(client, key.modelId)).find((scope) => isAnsweredBy(scope, fault));
  if (answering !== undefined) return { incidentId: answering.incidentId, isOpen: false };
  return { incidentId: await insertIncident(client, key, seen), isOpen: true };
}

const laterOf = (a: string, b: string): string => (Date.parse(a) >= Date.parse(b) ? a : b);

async function closeRecovered(
  client: PoolClient,
  modelId: string,
  shown: { assessment: Assessment; digest: Digest; mode: RunClock['mode']; by: string },
): Promise<number[]> {
  const { assessment, digest, mode, by } = shown;
  const { window } = assessment;
  const over = (await openScopes(client, modelId)).filter((scope) => isRecovery(scope, assessment, mode));
  for (const scope of over) {
    const { incidentId, kind, seen } = scope;
    const reason = `${incidentName(scope)} is over: the newer window from ${window.start} to ${window.end} was looked at and shows no such fault.`;
    const seenThrough = laterOf(seen.end, window.start);
    const closing = { modelId, incidentId, kind, how: 'recovery' as const, by, reason };
    await writeClosure(client, { ...closing, seenThrough, evidenceDigest: digest });
  }
  return over.map(({ incidentId }) => incidentId);
}

/**
 * The caller holds the model's lock. A run whose promotion is off measures the past and moves nothing: neither claims nor
 * incidents of the present.
 * @returns the open incident of the fault that it found; null for none, and for a fault that a closed one answers
 */
export async function followAssessment(
  client: PoolClient,
  { key, assessment, digest, isNew }: Recorded,
): Promise<number | null> {
  const { modelId, runNo } = key;
  const known = await queryOne<{ incident_id: string; is_answered: boolean }>(
    client,
    `select s.incident_id, s.at > coalesce(c.closed_at, 'infinity') as is_answered
     from perennial.incident_sightings s left join perennial.incident_closures c using (incident_id)
     where s.model_id = $1 and s.run_no = $2 and s.digest = $3`,
    [modelId, runNo, digest],
  );
  if (known !== undefined) return known.is_answered ? null : Number(known.incident_id);
  if (!isNew) return null;
  const run = await queryOne<{ clock: RunClock; promotion: Promotion }>(
    client,
    'select clock, promotion from perennial.runs where model_id = $1 and run_no = $2',
    [modelId, runNo],
  );
  if (run === undefined || run.promotion === 'off') return null;
  const { mode } = run.clock;
  await closeRecovered(client, modelId, { assessment, digest, mode, by: `run ${runNo}` });
  const fault = faultOf(assessment, mode);
  if (fault === null) return null;
  const place = await placeFault(client, key, { fault, digest });
  await insertSighting(client, key, { incidentId: place.incidentId, fault, digest });
  return place.isOpen ? place.incidentId : null;
}
