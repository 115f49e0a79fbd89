/** What people say to a run's questions, about missing labels and about its assessment, and later deadlines. */
import type { Pool } from 'pg';
import type { RunKey } from '../activities/deps.js';
import { PipelineError } from '../core/errors.js';
import type { DecisionAnswer, DecisionChannel, Instant, LabelDecision, Question } from '../core/types.js';
import { type AnsweredTable, listAnswered, recordAnswered } from './answered.js';
import { type Db, toInstantOrNull } from './database.js';

const LABEL_DECISIONS: AnsweredTable = { name: 'label_decisions', auditKind: 'label-decision' };

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
  const { question } = decided;
  const own = { until: untilOf(decided), ...(question === undefined ? {} : { question }) };
  return recordAnswered(pool, key, { table: LABEL_DECISIONS, decided, own });
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
  type Own = { until: Date | null; question: Question | null };
  const rows = await listAnswered<LabelDecision['decision'], Own>(db, key, LABEL_DECISIONS);
  return rows.map(({ own: { until, question }, ...row }) => ({
    ...row,
    until: toInstantOrNull(until),
    ...(question === null ? {} : { question }),
  }));
}
