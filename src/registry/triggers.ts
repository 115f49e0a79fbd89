/**
 * The ledger of triggers: each arrives once and then only gains states, newest row last. Transitions are written under the
 * lock of the model's row, so that two writers never number the same step.
 */
import type { Pool, PoolClient } from 'pg';
import type { NewTrigger, TriggerState } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import { inTransaction, query, queryOne } from './database.js';
import { lockModel, WAITING_TRIGGERS } from './models.js';
import { checkIds, checkTexts, storedJson } from './stored-text.js';

export interface TriggerStateChange {
  readonly modelId: string;
  readonly triggerIds: readonly string[];
  readonly state: TriggerState;
  readonly reason: string;
  readonly runNo: number | null;
}

interface PresentState {
  trigger_id: string;
  step: number;
  state: TriggerState;
  run_no: number | null;
}

async function presentStates(
  client: PoolClient,
  modelId: string,
  triggerIds: readonly string[],
): Promise<Map<string, PresentState>> {
  const rows = await query<PresentState>(
    client,
    `select distinct on (trigger_id) trigger_id, step, state, run_no from perennial.trigger_states
     where model_id = $1 and trigger_id = any($2::text[]) order by trigger_id, step desc`,
    [modelId, triggerIds],
  );
  return new Map(rows.map((row) => [row.trigger_id, row]));
}

/**
 * A trigger that a run has taken belongs to that run: what another, late attempt says about it (held, because a run was
 * open then) no longer counts. The run itself may still move it, e.g. to `held` under its incident.
 */
function isOvertaken(present: PresentState, change: TriggerStateChange): boolean {
  return present.run_no !== null && ['started', 'merged'].includes(present.state) && change.runNo !== present.run_no;
}

/** The caller holds the model's lock. @throws INVARIANT_BROKEN for a trigger that was never committed */
export async function appendTriggerStates(client: PoolClient, change: TriggerStateChange): Promise<void> {
  const { modelId, state, reason, runNo } = change;
  const present = await presentStates(client, modelId, change.triggerIds);
  for (const triggerId of new Set(change.triggerIds)) {
    const newest = present.get(triggerId);
    if (newest === undefined) {
      throw new PipelineError('INVARIANT_BROKEN', `Trigger ${triggerId} of ${modelId} was never committed.`, {
        details: { modelId, triggerId },
      });
    }
    if (newest.state === state && newest.run_no === runNo) continue;
    if (isOvertaken(newest, change)) continue;
    await query(
      client,
      `insert into perennial.trigger_states (model_id, trigger_id, step, state, reason, run_no)
       values ($1, $2, $3, $4, $5, $6)`,
      [modelId, triggerId, newest.step + 1, state, reason, runNo],
    );
  }
}

/**
 * Gives a run all that wait with its clock, in one statement, so that a backlog of any length becomes one run.
 * The caller holds the model's lock.
 * @returns their ids, oldest first
 */
export async function startWaiting(
  client: PoolClient,
  run: { modelId: string; runNo: number; reason: string; clock: string },
): Promise<string[]> {
  const rows = await query<{ trigger_id: string }>(
    client,
    `with waiting as (
       select s.model_id, s.trigger_id, s.step, t.seq from ${WAITING_TRIGGERS} and t.clock = $2::jsonb
     ), started as (
       insert into perennial.trigger_states (model_id, trigger_id, step, state, reason, run_no)
       select model_id, trigger_id, step + 1, 'started', $3, $4 from waiting
     )
     select trigger_id from waiting order by seq`,
    [run.modelId, run.clock, run.reason, run.runNo],
  );
  return rows.map((row) => row.trigger_id);
}

/** Idempotent on (model, trigger id): a known one keeps what it was first. @throws MODEL_UNKNOWN, SIGNAL_INVALID */
export async function commitTrigger(
  pool: Pool,
  trigger: NewTrigger,
): Promise<{ isNew: boolean; state: TriggerState; runNo: number | null }> {
  const { modelId, triggerId, cause, requestedBy, refusal = null } = trigger;
  checkIds({ triggerId });
  checkTexts({ requestedBy, refusal });
  const clock = storedJson('clock', trigger.clock);
  const body = storedJson('body', trigger.body);
  return inTransaction(pool, async (client) => {
    await lockModel(client, modelId);
    const known = await queryOne<PresentState>(
      client,
      `select trigger_id, step, state, run_no from perennial.trigger_states
       where model_id = $1 and trigger_id = $2 order by step desc limit 1`,
      [modelId, triggerId],
    );
    if (known !== undefined) return { isNew: false, state: known.state, runNo: known.run_no };
    await query(
      client,
      `insert into perennial.triggers (model_id, trigger_id, cause, requested_by, clock, body)
       values ($1, $2, $3, $4, $5, $6)`,
      [modelId, triggerId, cause, requestedBy, clock, body],
    );
    await query(
      client,
      `insert into perennial.trigger_states (model_id, trigger_id, step, state, reason)
       values ($1, $2, 1, 'pending', 'arrived')`,
      [modelId, triggerId],
    );
    if (refusal === null) return { isNew: true, state: 'pending', runNo: null };
    // In the same transaction: a malformed one must never wait for a run, whoever dies when.
    await appendTriggerStates(client, {
      modelId,
      triggerIds: [triggerId],
      state: 'refused',
      reason: refusal,
      runNo: null,
    });
    return { isNew: true, state: 'refused', runNo: null };
  });
}

/** Appends a state row to each trigger; repeating the newest state adds nothing. */
export async function setTriggerState(pool: Pool, change: TriggerStateChange): Promise<void> {
  checkTexts({ reason: change.reason });
  if (change.triggerIds.length === 0) return;
  await inTransaction(pool, async (client) => {
    await lockModel(client, change.modelId);
    await appendTriggerStates(client, change);
  });
}
