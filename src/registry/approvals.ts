/** Decisions of people on the candidate of a run. */
import type { Pool } from 'pg';
import type { RunKey } from '../activities/deps.js';
import type { Decision, DecisionAnswer, DecisionChannel, Instant } from '../core/types.js';
import { type AnsweredTable, listAnswered, recordAnswered } from './answered.js';
import type { Db } from './database.js';

const APPROVALS: AnsweredTable = { name: 'approvals', auditKind: 'decision' };

export interface AnsweredDecision extends Decision {
  readonly channel: DecisionChannel;
  readonly answer: DecisionAnswer;
}

/** Idempotent on (run, event id): a second call returns the first answer. @throws RUN_UNKNOWN, SIGNAL_INVALID */
export function recordDecision(pool: Pool, key: RunKey, decided: AnsweredDecision): Promise<DecisionAnswer> {
  return recordAnswered(pool, key, { table: APPROVALS, decided, own: { evidence: decided.evidence } });
}

export interface ApprovalRow extends AnsweredDecision {
  readonly decidedAt: Instant;
}

/** Oldest first. */
export async function listApprovals(db: Db, key: RunKey): Promise<ApprovalRow[]> {
  const rows = await listAnswered<Decision['decision'], { evidence: string }>(db, key, APPROVALS);
  return rows.map(({ own: { evidence }, ...row }) => ({ ...row, evidence }));
}
