/**
 * The ledger of triggers: each arrives once (intake.ts) and then only gains states, newest row last. Transitions are written
 * under the lock of the model's row, so that two writers never number the same step.
 */
import type { PoolClient } from 'pg';
import { PipelineError } from '../core/errors.js';
import type { LedgerState } from '../core/signals/arrival.js';
import { query } from './database.js';
import { storableText } from './stored-text.js';

export interface TriggerStateChange {
  readonly modelId: string;
  readonly triggerIds: readonly string[];
  readonly state: LedgerState;
  readonly reason: string;
  readonly runNo: number | null;
  /** The incident under which it is held, or that answers it. */
  readonly incidentId?: number | null;
}

/**
 * All of them in one statement, however many. Repeating the newest state adds nothing. A trigger that a run has taken
 * belongs to that run: what anybody else says about it no longer counts; the run itself may still move it.
 * The caller holds the model's lock. @throws INVARIANT_BROKEN for a trigger that was never committed
 */
export async function appendTriggerStates(client: PoolClient, change: TriggerStateChange): Promise<void> {
  const { modelId, state, reason, runNo, incidentId = null } = change;
  const triggerIds = [...new Set(change.triggerIds)];
  if (triggerIds.length === 0) return;
  const [counted] = await query<{ unknown: string[] | null }>(
    client,
    `with wanted as (
       select w.trigger_id, h.step from unnest($2::text[]) as w(trigger_id)
       left join perennial.trigger_heads h on h.model_id = $1 and h.trigger_id = w.trigger_id
     ), added as (
       insert into perennial.trigger_states (model_id, trigger_id, step, state, reason, run_no, incident_id)
       select s.model_id, s.trigger_id, s.step + 1, $3::text, $4, $5::integer, $6::bigint
       from wanted w
       join perennial.trigger_states s on s.model_id = $1 and s.trigger_id = w.trigger_id and s.step = w.step
       where (s.state, s.run_no, s.incident_id) is distinct from ($3::text, $5::integer, $6::bigint)
         and not (s.run_no is not null and s.state in ('started', 'merged') and s.run_no is distinct from $5::integer)
     )
     select array_agg(trigger_id) as unknown from wanted where step is null`,
    [modelId, triggerIds, state, storableText(reason), runNo, incidentId],
  );
  const [unknown] = counted?.unknown ?? [];
  if (unknown === undefined) return;
  throw new PipelineError('INVARIANT_BROKEN', `Trigger ${unknown} of ${modelId} was never committed.`, {
    details: { modelId, triggerId: unknown },
  });
}
