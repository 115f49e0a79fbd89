/**
 * Evaluations: the look at a holdout is registered before anything is scored, the result later. A scoring that had to be
 * repeated and measured otherwise (another evidence digest) is kept beside the first, and the newest one is current:
 * whichever evidence a decision names, its row exists.
 */
import type { Pool, PoolClient } from 'pg';
import type { NewEvaluation, RunKey } from '../activities/deps.js';
import { assertInvariant, PipelineError } from '../core/errors.js';
import type { EvaluationSummary, GateResult, Instant, Window } from '../core/types.js';
import { appendAudit } from './audit.js';
import { type Db, inTransaction, query, queryOne, toInstant, toInstantOrNull, toWindow } from './database.js';
import { lockModel } from './models.js';
import { run, withRun } from './runs.js';
import { storedJson } from './stored-text.js';

async function insertEvaluation(client: PoolClient, evaluation: NewEvaluation): Promise<number> {
  const { modelId, runNo, candidateVersion, championVersion, championEpoch, holdoutWindow } = evaluation;
  const row = await queryOne<{ evaluation_id: string }>(
    client,
    `insert into perennial.evaluations
       (model_id, run_no, candidate_version, champion_version, champion_epoch, holdout_content_digest)
     values ($1, $2, $3, $4, $5, $6) returning evaluation_id`,
    [modelId, runNo, candidateVersion, championVersion, championEpoch, evaluation.holdoutContentDigest],
  );
  const evaluationId = Number(row?.evaluation_id);
  await query(
    client,
    `insert into perennial.holdout_looks (evaluation_id, model_id, window_start, window_end) values ($1, $2, $3, $4)`,
    [evaluationId, modelId, holdoutWindow.start, holdoutWindow.end],
  );
  return evaluationId;
}

/** Ids rise in commit order within a model, so a repeated call gives the same answer whatever began since. */
async function earlierLooks(client: PoolClient, evaluationId: number): Promise<Window[]> {
  const rows = await query<{ window_start: Date; window_end: Date }>(
    client,
    `select earlier.window_start, earlier.window_end
     from perennial.holdout_looks this
     join perennial.holdout_looks earlier
       on earlier.model_id = this.model_id and earlier.evaluation_id < this.evaluation_id
       and earlier.window_start < this.window_end and earlier.window_end > this.window_start
     where this.evaluation_id = $1 order by earlier.evaluation_id`,
    [evaluationId],
  );
  return rows.map((row) => toWindow(row.window_start, row.window_end));
}

/** Idempotent on (run, candidate, champion, epoch); looks are returned oldest first. */
export async function beginEvaluation(
  pool: Pool,
  evaluation: NewEvaluation,
): Promise<{ evaluationId: number; earlierLooks: readonly Window[] }> {
  return withRun(pool, evaluation, async (client, present) => {
    const known = await queryOne<{ evaluation_id: string }>(
      client,
      `select evaluation_id from perennial.evaluations
       where model_id = $1 and run_no = $2 and candidate_version = $3
         and champion_version is not distinct from $4 and champion_epoch = $5`,
      [
        evaluation.modelId,
        evaluation.runNo,
        evaluation.candidateVersion,
        evaluation.championVersion,
        evaluation.championEpoch,
      ],
    );
    assertInvariant(
      known !== undefined || present.closedAt === null,
      `Run ${evaluation.runNo} of ${evaluation.modelId} is closed: too late for an evaluation.`,
    );
    const evaluationId = known === undefined ? await insertEvaluation(client, evaluation) : Number(known.evaluation_id);
    return { evaluationId, earlierLooks: await earlierLooks(client, evaluationId) };
  });
}

interface Finished {
  readonly summary: EvaluationSummary;
  readonly gates: readonly GateResult[];
}

async function insertGate(client: PoolClient, key: readonly [number, string, number], gate: GateResult): Promise<void> {
  await query(
    client,
    `insert into perennial.gate_results (evaluation_id, evidence_digest, position, gate, metric, slice, required, value,
       interval_lower, interval_upper, interval_confidence, threshold, passed, reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      ...key,
      gate.gate,
      gate.metric,
      gate.slice,
      gate.required,
      gate.value,
      gate.interval?.lower ?? null,
      gate.interval?.upper ?? null,
      gate.interval?.confidence ?? null,
      gate.threshold,
      gate.passed,
      gate.reason,
    ],
  );
}

async function insertResult(client: PoolClient, evaluationId: number, result: Finished): Promise<boolean> {
  const { summary, gates } = result;
  const inserted = await queryOne<{ step: number }>(
    client,
    `insert into perennial.evaluation_results (evaluation_id, evidence_digest, step, verdict, comparison, summary)
     select $1, $2, coalesce(max(step), 0) + 1, $3, $4, $5
     from perennial.evaluation_results where evaluation_id = $1
     on conflict on constraint evaluation_results_pkey do nothing returning step`,
    [evaluationId, summary.evidenceDigest, summary.verdict, summary.comparison, storedJson('summary', summary)],
  );
  if (inserted === undefined) return false;
  for (const [index, gate] of gates.entries()) {
    await insertGate(client, [evaluationId, summary.evidenceDigest, index + 1], gate);
  }
  return true;
}

/**
 * Idempotent on (evaluation, evidence digest), also after the run closed.
 * @throws INVARIANT_BROKEN for an evaluation that was never begun, or a new result of a run that is closed
 */
export async function finishEvaluation(pool: Pool, evaluationId: number, result: Finished): Promise<void> {
  const gates = storedJson('gates', result.gates);
  await inTransaction(pool, async (client) => {
    const begun = await queryOne<{ model_id: string; run_no: number }>(
      client,
      'select model_id, run_no from perennial.evaluations where evaluation_id = $1',
      [evaluationId],
    );
    if (begun === undefined) throw new PipelineError('INVARIANT_BROKEN', `Evaluation ${evaluationId} was never begun.`);
    await lockModel(client, begun.model_id);
    const { closedAt } = await run(client, { modelId: begun.model_id, runNo: begun.run_no });
    if (!(await insertResult(client, evaluationId, result))) return;
    assertInvariant(
      closedAt === null,
      `Run ${begun.run_no} of ${begun.model_id} is closed: too late for a result of evaluation ${evaluationId}.`,
    );
    const { candidateVersion, championVersion, championEpoch, comparison, evidenceDigest, verdict } = result.summary;
    await appendAudit(client, {
      modelId: begun.model_id,
      kind: 'evaluation-finished',
      body: {
        candidateVersion,
        championEpoch,
        championVersion,
        comparison,
        evaluationId,
        evidenceDigest,
        gates: JSON.parse(gates) as unknown,
        runNo: begun.run_no,
        verdict,
      },
    });
  });
}

export interface EvaluationRow {
  readonly evaluationId: number;
  readonly candidateVersion: number;
  readonly championVersion: number | null;
  readonly championEpoch: number;
  readonly holdoutWindow: Window;
  readonly begunAt: Instant;
  /** Null while scoring has not finished. */
  readonly finishedAt: Instant | null;
  readonly summary: EvaluationSummary | null;
  readonly gates: readonly GateResult[];
}

interface DbEvaluation {
  evaluation_id: string;
  candidate_version: number;
  champion_version: number | null;
  champion_epoch: number;
  window_start: Date;
  window_end: Date;
  begun_at: Date;
  finished_at: Date | null;
  summary: EvaluationSummary | null;
  gates: GateResult[];
}

/** Oldest first, each with its newest result. */
export async function listEvaluations(db: Db, key: RunKey): Promise<EvaluationRow[]> {
  const rows = await query<DbEvaluation>(
    db,
    `select e.*, l.window_start, l.window_end, r.finished_at, r.summary,
       coalesce((
         select jsonb_agg(jsonb_build_object(
           'gate', g.gate, 'metric', g.metric, 'slice', g.slice, 'required', g.required, 'value', g.value,
           'interval', case when g.interval_lower is null then null else jsonb_build_object(
             'lower', g.interval_lower, 'upper', g.interval_upper, 'confidence', g.interval_confidence) end,
           'threshold', g.threshold, 'passed', g.passed, 'reason', g.reason) order by g.position)
         from perennial.gate_results g
         where g.evaluation_id = r.evaluation_id and g.evidence_digest = r.evidence_digest), '[]') as gates
     from perennial.evaluations e
     join perennial.holdout_looks l using (evaluation_id)
     left join lateral (
       select * from perennial.evaluation_results r
       where r.evaluation_id = e.evaluation_id order by r.step desc limit 1) r on true
     where e.model_id = $1 and e.run_no = $2 order by e.evaluation_id`,
    [key.modelId, key.runNo],
  );
  return rows.map((row) => ({
    evaluationId: Number(row.evaluation_id),
    candidateVersion: row.candidate_version,
    championVersion: row.champion_version,
    championEpoch: row.champion_epoch,
    holdoutWindow: toWindow(row.window_start, row.window_end),
    begunAt: toInstant(row.begun_at),
    finishedAt: toInstantOrNull(row.finished_at),
    summary: row.summary,
    gates: row.gates,
  }));
}
