/**
 * What a person says to a run and the answer to it: one row each, refused ones too, on open and on closed runs, with its
 * entry in the audit. Decisions on a candidate and answers to questions differ in their table and in columns of their own.
 */
import type { Pool } from 'pg';
import type { RunKey } from '../activities/deps.js';
import type { DecisionAnswer, DecisionChannel, DecisionCode, Instant } from '../core/types.js';
import { type AuditKind, appendAudit } from './audit.js';
import { type Db, query, queryOne, toInstant } from './database.js';
import { withRun } from './runs.js';
import { checkIds, checkTexts } from './stored-text.js';

export interface Answered {
  readonly eventId: string;
  readonly decision: string;
  readonly by: string;
  readonly reason: string;
  readonly channel: DecisionChannel;
  readonly answer: DecisionAnswer;
}

type DbAnswered<Decided, Own> = Own & {
  event_id: string;
  decision: Decided;
  decided_by: string;
  reason: string;
  channel: DecisionChannel;
  is_accepted: boolean;
  answer_code: DecisionCode;
  answer_reason: string;
  decided_at: Date;
};

/** Where one kind of decision is kept. */
export interface AnsweredTable {
  readonly name: 'approvals' | 'label_decisions';
  readonly auditKind: AuditKind;
}

/** Idempotent on (run, event id): a second call returns the first answer. @throws RUN_UNKNOWN, SIGNAL_INVALID */
export async function recordAnswered(
  pool: Pool,
  key: RunKey,
  given: {
    readonly table: AnsweredTable;
    readonly decided: Answered;
    /** By column: what this kind of decision has beside the others. */
    readonly own: Readonly<Partial<Record<'evidence' | 'until' | 'question', string | null>>>;
  },
): Promise<DecisionAnswer> {
  const { eventId, decision, by, reason, channel, answer } = given.decided;
  const { name, auditKind } = given.table;
  const columns = Object.keys(given.own);
  checkIds({ eventId });
  checkTexts({ by, reason, ...given.own, answer: answer.reason });
  return withRun(pool, key, async (client) => {
    const known = await queryOne<DbAnswered<string, unknown>>(
      client,
      `select * from perennial.${name} where model_id = $1 and run_no = $2 and event_id = $3`,
      [key.modelId, key.runNo, eventId],
    );
    if (known !== undefined) return answerOf(known);
    const said = [eventId, decision, by, reason, channel];
    const counted = [answer.accepted, answer.code, answer.reason, ...Object.values(given.own)];
    await query(
      client,
      `insert into perennial.${name} (model_id, run_no, event_id, decision, decided_by, reason, channel,
         is_accepted, answer_code, answer_reason, ${columns.join(', ')})
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ${columns.map((_, at) => `$${at + 11}`).join(', ')})`,
      [key.modelId, key.runNo, ...said, ...counted],
    );
    await appendAudit(client, {
      modelId: key.modelId,
      kind: auditKind,
      body: { answer: { ...answer }, by, channel, decision, eventId, ...given.own, reason, runNo: key.runNo },
    });
    return answer;
  });
}

const answerOf = (row: DbAnswered<string, unknown>): DecisionAnswer => ({
  accepted: row.is_accepted,
  code: row.answer_code,
  reason: row.answer_reason,
});

export type AnsweredRow<Decided extends string> = Answered & {
  readonly decision: Decided;
  readonly decidedAt: Instant;
};

/** Oldest first, each with its own columns as they stand in the table. */
export async function listAnswered<Decided extends string, Own extends object>(
  db: Db,
  key: RunKey,
  table: AnsweredTable,
): Promise<(AnsweredRow<Decided> & { readonly own: Own })[]> {
  const rows = await query<DbAnswered<Decided, Own>>(
    db,
    `select * from perennial.${table.name} where model_id = $1 and run_no = $2 order by decided_at, event_id`,
    [key.modelId, key.runNo],
  );
  return rows.map((row) => ({
    eventId: row.event_id,
    decision: row.decision,
    by: row.decided_by,
    reason: row.reason,
    channel: row.channel,
    answer: answerOf(row),
    decidedAt: toInstant(row.decided_at),
    own: row,
  }));
}
