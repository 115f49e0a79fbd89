/** Decisions of people about missing labels: answers to a run's question, and later deadlines. */
import type { Pool } from 'pg';
import type { RunKey } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import type { DecisionAnswer, DecisionChannel, Instant, LabelDecision } from '../core/types.js';
import { type AnsweredTable, listAnswered, recordAnswered } from './answered.js';
import { type Db, toInstantOrNull } from './database.js';

const LABEL_DECISIONS: AnsweredTable = { name: 'label_decisions', ownColumn: 'until', auditKind: 'label-decision' };

export interface AnsweredLabelDecision extends LabelDecision {
  readonly channel: DecisionChannel;
  readonly answer: DecisionAnswer;
}

/** Idempotent on (run, event id): a second call returns the first answer. @throws RUN_UNKNOWN, SIGNAL_INVALID */
export async function recordLabelDecision(
  pool: Pool,
  key: RunKey,
  decided: AnsweredLabelDecision,
): Promise<DecisionAnswer> {
  return recordAnswered(pool, key, { table: LABEL_DECISIONS, decided, own: untilOf(decided) });
}

function untilOf({ decision, until }: LabelDecision): Instant | null {
  if (decision !== 'extend') return null;
  const untilMs = Date.parse(until ?? '');
  if (!Number.isNaN(untilMs)) return new Date(untilMs).toISOString();
  throw new PipelineError('SIGNAL_INVALID', `until must be an ISO 8601 instant, not ${JSON.stringify(until)}.`, {
    details: { field: 'until' },
  });
}

export interface LabelDecisionRow extends AnsweredLabelDecision {
  readonly decidedAt: Instant;
}

/** Oldest first. */
export async function listLabelDecisions(db: Db, key: RunKey): Promise<LabelDecisionRow[]> {
  const rows = await listAnswered<LabelDecision['decision'], Date | null>(db, key, LABEL_DECISIONS);
  return rows.map(({ own, ...row }) => ({ ...row, until: toInstantOrNull(own) }));
}
