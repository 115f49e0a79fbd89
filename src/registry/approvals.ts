/** Decisions of people about a run: one row each, refused ones too, on open and on closed runs. */
import type { Pool } from 'pg';
import type { RunKey } from '../activities/deps.js';
import type { Decision, DecisionAnswer, DecisionChannel, DecisionCode, Instant } from '../core/types.js';
import { appendAudit } from './audit.js';
import { type Db, query, queryOne, toInstant } from './database.js';
import { withRun } from './runs.js';
import { checkIds, checkTexts } from './stored-text.js';

export interface AnsweredDecision extends Decision {
  readonly channel: DecisionChannel;
  readonly answer: DecisionAnswer;
}

interface DbApproval {
  event_id: string;
  decision: Decision['decision'];
  decided_by: string;
  reason: string;
  evidence: string;
  channel: DecisionChannel;
  is_accepted: boolean;
  answer_code: DecisionCode;
  answer_reason: string;
  decided_at: Date;
}

/** Idempotent on (run, event id): a second call returns the first answer. @throws RUN_UNKNOWN, SIGNAL_INVALID */
export async function recordDecision(pool: Pool, key: RunKey, decided: AnsweredDecision): Promise<DecisionAnswer> {
  const { eventId, decision, by, reason, evidence, channel, answer } = decided;
  checkIds({ eventId });
  checkTexts({ by, reason, evidence, answer: answer.reason });
  return withRun(pool, key, async (client) => {
    const known = await queryOne<DbApproval>(
      client,
      'select * from perennial.approvals where model_id = $1 and run_no = $2 and event_id = $3',
      [key.modelId, key.runNo, eventId],
    );
    if (known !== undefined) {
      return { accepted: known.is_accepted, code: known.answer_code, reason: known.answer_reason };
    }
    await query(
      client,
      `insert into perennial.approvals (model_id, run_no, event_id, decision, decided_by, reason, evidence, channel,
         is_accepted, answer_code, answer_reason)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        key.modelId,
        key.runNo,
        eventId,
        decision,
        by,
        reason,
        evidence,
        channel,
        answer.accepted,
        answer.code,
        answer.reason,
      ],
    );
    await appendAudit(client, {
      modelId: key.modelId,
      kind: 'decision',
      body: { answer: { ...answer }, by, channel, decision, eventId, evidence, reason, runNo: key.runNo },
    });
    return answer;
  });
}

export interface ApprovalRow extends AnsweredDecision {
  readonly decidedAt: Instant;
}

/** Oldest first. */
export async function listApprovals(db: Db, key: RunKey): Promise<ApprovalRow[]> {
  const rows = await query<DbApproval>(
    db,
    'select * from perennial.approvals where model_id = $1 and run_no = $2 order by decided_at, event_id',
    [key.modelId, key.runNo],
  );
  return rows.map((row) => ({
    eventId: row.event_id,
    decision: row.decision,
    by: row.decided_by,
    reason: row.reason,
    evidence: row.evidence,
    channel: row.channel,
    answer: { accepted: row.is_accepted, code: row.answer_code, reason: row.answer_reason },
    decidedAt: toInstant(row.decided_at),
  }));
}
