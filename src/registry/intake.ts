/**
 * How every reason to retrain gets into the ledger: a batch in one transaction of a few statements, so that a thousand a
 * second cost a handful of commits. The inbox rows of the models are locked first and in order of name: two batches never
 * wait for each other in a circle, the order of `seq` is the order of commits, and the runs of a model are not held up.
 */
import type { Pool, PoolClient } from 'pg';
import { PipelineError } from '../core/errors.js';
import type { Accepted, Arrival, LedgerState, Refused } from '../core/signals/arrival.js';
import type { DriftClaim } from '../core/signals/drift-claim.js';
import { inTransaction, query } from './database.js';
import { modelUnknown } from './models.js';
import { checkIds, checkStorable, checkTexts } from './stored-text.js';
import { triggerIdOf } from './trigger-id.js';

interface Checked {
  readonly arrival: Arrival;
  readonly triggerId: string;
}

const SEVERITIES = ['info', 'warning', 'critical'];

function checkClaim(claim: DriftClaim): void {
  const { window, nReference, nCurrent, severity } = claim;
  checkStorable('claim', claim);
  if (!SEVERITIES.includes(severity)) refuse('severity', `must be one of ${SEVERITIES.join(', ')}`);
  const start = instantMs('window.start', window.start);
  if (instantMs('window.end', window.end) <= start) refuse('window', 'ends before it starts');
  for (const [field, rows] of Object.entries({ nReference, nCurrent })) {
    if (rows !== null && !(Number.isSafeInteger(rows) && rows >= 0)) refuse(field, 'must be a whole number of rows');
  }
}

function refuse(field: string, problem: string): never {
  throw new PipelineError('SIGNAL_INVALID', `${field} ${problem}.`, { details: { field } });
}

/** Years of four digits: others are no dates of data, and Postgres writes them in another way. */
function instantMs(field: string, text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || !/^\d{4}-/.test(new Date(ms).toISOString())) {
    refuse(field, `must be an ISO 8601 instant, not ${JSON.stringify(text)}`);
  }
  return ms;
}

/** What would fail the whole batch in Postgres fails its own arrival here. */
function check(arrival: Arrival): Checked {
  const { modelId, source, eventId, requestedBy, claim, refusal = null } = arrival;
  checkIds({ source, eventId });
  checkTexts({ modelId, requestedBy, refusal });
  instantMs('receivedAt', arrival.receivedAt);
  checkStorable('clock', arrival.clock);
  checkStorable('body', arrival.body);
  if (claim !== null) checkClaim(claim);
  return { arrival, triggerId: triggerIdOf(source, eventId) };
}

function toReceipt({ arrival, triggerId }: Checked, n: number) {
  return {
    n,
    model_id: arrival.modelId,
    trigger_id: triggerId,
    channel: arrival.channel,
    requested_by: arrival.requestedBy,
    body_digest: arrival.bodyDigest,
    received_at: arrival.receivedAt,
  };
}

/** As the statement reads it. A score that is no number is stored as null, like JSON has it. */
function toRow({ arrival, triggerId }: Checked, n: number) {
  const { claim } = arrival;
  return {
    ...toReceipt({ arrival, triggerId }, n),
    source: arrival.source,
    event_id: arrival.eventId,
    is_urgent: arrival.isUrgent,
    cause: arrival.cause,
    clock: arrival.clock,
    body: arrival.body ?? null,
    refusal: arrival.refusal ?? null,
    ...(claim === null ? {} : claimRow(claim)),
  };
}

function claimRow(claim: DriftClaim) {
  return {
    monitor: claim.monitor,
    monitor_version: claim.monitorVersion,
    format: claim.format,
    window_start: claim.window.start,
    window_end: claim.window.end,
    n_reference: claim.nReference,
    n_current: claim.nCurrent,
    severity: claim.severity,
    findings: claim.findings.map(({ raw: _raw, ...finding }) => finding),
    raw_parts: claim.findings.map(({ raw }) => raw),
    absent: claim.absent,
    notes: claim.notes,
  };
}

const ADD = `
  with input as (
    select * from jsonb_to_recordset($1::jsonb) as i(
      n integer, model_id text, trigger_id text, channel text, source text, event_id text, is_urgent boolean,
      body_digest text, cause text, requested_by text, clock jsonb, received_at timestamptz, body jsonb, refusal text,
      monitor text, monitor_version text, format text, window_start timestamptz, window_end timestamptz,
      n_reference bigint, n_current bigint, severity text, findings jsonb, raw_parts jsonb, absent jsonb, notes jsonb)
  ), repeated as (
    select * from jsonb_to_recordset($2::jsonb) as r(
      n integer, model_id text, trigger_id text, channel text, requested_by text, body_digest text, received_at timestamptz)
  ), fresh as (
    insert into perennial.triggers
      (model_id, trigger_id, channel, source, event_id, is_urgent, body_digest, cause, requested_by, clock, body)
    select model_id, trigger_id, channel, source, event_id, is_urgent, body_digest, cause, requested_by, clock,
      coalesce(body, 'null'::jsonb)
    from input order by n
    on conflict on constraint triggers_pkey do nothing
    returning model_id, trigger_id, seq, is_urgent
  ), added as (
    select f.seq, i.* from fresh f join input i using (model_id, trigger_id)
  ), states as (
    insert into perennial.trigger_states (model_id, trigger_id, step, state, reason)
    select model_id, trigger_id, 1, 'pending', 'arrived' from added
    union all
    select model_id, trigger_id, 2, 'refused', refusal from added where refusal is not null
  ), claims as (
    insert into perennial.claims
      (model_id, trigger_id, monitor, monitor_version, format, window_start, window_end, n_reference, n_current,
       severity, received_at, findings, raw_parts, absent, notes)
    select model_id, trigger_id, monitor, monitor_version, format, window_start, window_end, n_reference, n_current,
      severity, received_at, findings, raw_parts, absent, notes
    from added where monitor is not null
  ), receipts as (
    insert into perennial.claim_receipts
      (model_id, trigger_id, channel, requested_by, body_digest, is_new, received_at)
    select model_id, trigger_id, channel, requested_by, body_digest, is_new, received_at
    from (
      select i.n, i.model_id, i.trigger_id, i.channel, i.requested_by, i.body_digest, f.seq is not null as is_new,
        i.received_at
      from input i left join fresh f using (model_id, trigger_id)
      union all
      select n, model_id, trigger_id, channel, requested_by, body_digest, false, received_at from repeated
    ) arrivals order by n
  ), inboxes as (
    update perennial.model_inboxes inbox set
      pending_through = greatest(inbox.pending_through, newest.seq),
      urgent_through = greatest(inbox.urgent_through, coalesce(newest.urgent_seq, 0))
    from (
      select model_id, max(seq) as seq, max(seq) filter (where is_urgent) as urgent_seq
      from added where refusal is null group by model_id
    ) newest
    where inbox.model_id = newest.model_id
  )
  select model_id, trigger_id, seq from fresh`;

interface KnownRow {
  model_id: string;
  trigger_id: string;
  seq: string;
  body_digest: string | null;
  state: LedgerState;
  run_no: number | null;
}

const KNOWN = `
  select t.model_id, t.trigger_id, t.seq, t.body_digest, s.state, s.run_no
  from unnest($1::text[], $2::text[]) as wanted(model_id, trigger_id)
  join perennial.triggers t using (model_id, trigger_id)
  join perennial.trigger_heads h using (model_id, trigger_id)
  join perennial.trigger_states s using (model_id, trigger_id, step)`;

const keyOf = (modelId: string, triggerId: string): string => `${modelId}\n${triggerId}`;

async function lockInboxes(client: PoolClient, modelIds: readonly string[]): Promise<Set<string>> {
  const rows = await query<{ model_id: string }>(
    client,
    'select model_id from perennial.model_inboxes where model_id = any($1::text[]) order by model_id for update',
    [[...new Set(modelIds)]],
  );
  return new Set(rows.map((row) => row.model_id));
}

async function add(client: PoolClient, sound: readonly Checked[]): Promise<Map<string, string>> {
  const first = new Map<string, Checked & { n: number }>();
  const repeated: object[] = [];
  sound.forEach((checked, n) => {
    const { arrival, triggerId } = checked;
    const key = keyOf(arrival.modelId, triggerId);
    if (first.has(key)) repeated.push(toReceipt(checked, n));
    else first.set(key, { ...checked, n });
  });
  const input = [...first.values()].map((checked) => toRow(checked, checked.n));
  const rows = await query<{ model_id: string; trigger_id: string; seq: string }>(client, ADD, [
    JSON.stringify(input),
    JSON.stringify(repeated),
  ]);
  return new Map(rows.map((row) => [keyOf(row.model_id, row.trigger_id), row.seq]));
}

async function knownOnes(client: PoolClient, repeats: readonly Checked[]): Promise<Map<string, KnownRow>> {
  if (repeats.length === 0) return new Map();
  const rows = await query<KnownRow>(client, KNOWN, [
    repeats.map(({ arrival }) => arrival.modelId),
    repeats.map(({ triggerId }) => triggerId),
  ]);
  return new Map(rows.map((row) => [keyOf(row.model_id, row.trigger_id), row]));
}

/** The first of a batch with a fresh id made the trigger; later ones with it are repeats. */
async function addAll(client: PoolClient, sound: readonly Checked[]): Promise<Accepted[]> {
  if (sound.length === 0) return [];
  const fresh = await add(client, sound);
  const taken = new Set<string>();
  const isNew = sound.map(({ arrival, triggerId }) => {
    const key = keyOf(arrival.modelId, triggerId);
    const isFirst = fresh.has(key) && !taken.has(key);
    taken.add(key);
    return isFirst;
  });
  const known = await knownOnes(
    client,
    sound.filter((_, at) => isNew[at] !== true),
  );
  return sound.map(({ arrival, triggerId }, at) => {
    const { modelId } = arrival;
    const key = keyOf(modelId, triggerId);
    const row = known.get(key);
    if (isNew[at] === true || row === undefined) {
      const state = arrival.refusal === undefined ? 'pending' : 'refused';
      return { modelId, triggerId, seq: Number(fresh.get(key)), isNew: true, isDifferent: false, state, runNo: null };
    }
    const isDifferent = row.body_digest !== null && row.body_digest !== arrival.bodyDigest;
    return { modelId, triggerId, seq: Number(row.seq), isNew: false, isDifferent, state: row.state, runNo: row.run_no };
  });
}

function checkEach(arrivals: readonly Arrival[]): (Checked | Refused)[] {
  return arrivals.map((arrival) => {
    try {
      return check(arrival);
    } catch (error) {
      if (error instanceof PipelineError) return { modelId: arrival.modelId, refused: error };
      throw error;
    }
  });
}

async function acceptChecked(
  client: PoolClient,
  checked: readonly (Checked | Refused)[],
): Promise<(Accepted | Refused)[]> {
  const storable = checked.filter((one): one is Checked => 'arrival' in one);
  const models = await lockInboxes(
    client,
    storable.map(({ arrival }) => arrival.modelId),
  );
  const sound = storable.filter(({ arrival }) => models.has(arrival.modelId));
  const accepted = new Map((await addAll(client, sound)).map((answer, at) => [sound[at], answer]));
  return checked.map((one) => {
    if (!('arrival' in one)) return one;
    return accepted.get(one) ?? { modelId: one.arrival.modelId, refused: modelUnknown(one.arrival.modelId) };
  });
}

/** Within a transaction of the caller, who may hold the locks of models but of no inbox. */
export const acceptInside = (client: PoolClient, arrivals: readonly Arrival[]): Promise<(Accepted | Refused)[]> =>
  arrivals.length === 0 ? Promise.resolve([]) : acceptChecked(client, checkEach(arrivals));

/**
 * Commits what it answers: whoever has an `Accepted` in hand may forget the message. A repeat adds a receipt alone. An
 * arrival that cannot be taken (unknown model, text that cannot be stored) is refused alone, the others are taken.
 * @returns one answer an arrival, in their order
 * @throws REGISTRY_UNAVAILABLE, and then the outcome is unknown: repeat it, a repeat does no harm
 */
export async function acceptArrivals(pool: Pool, arrivals: readonly Arrival[]): Promise<(Accepted | Refused)[]> {
  const checked = checkEach(arrivals);
  if (checked.every((one) => 'refused' in one)) return checked as Refused[];
  return inTransaction(pool, (client) => acceptChecked(client, checked));
}
