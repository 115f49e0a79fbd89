/** What a replay of trigger policies reads of a model's past: the claims that came, and what fresher data were measured to gain. */
import type { MeasuredLooks } from '../core/policy/replay/advise-from-looks.js';
import type { RecordedClaim, RecordedIncident } from '../core/policy/replay/recorded.js';
import type { ClaimFacts } from '../core/policy/triggers/facts.js';
import { incidentName } from '../core/triage/incident.js';
import type { EvaluationSummary, RunClock } from '../core/types.js';
import { type Db, query, queryOne, toWindow } from './database.js';
import { listIncidents } from './list-incidents.js';
import { modelUnknown } from './models.js';

interface ClaimRow {
  trigger_id: string;
  cause: 'drift' | 'performance';
  source: string | null;
  clock: RunClock;
  received_at: Date;
  monitor: string;
  severity: ClaimFacts['severity'];
  window_start: Date;
  window_end: Date;
  n_reference: string | null;
  n_current: string | null;
  findings: ClaimFacts['findings'];
  absent: ClaimFacts['absent'];
}

const countOf = (text: string | null): number | null => (text === null ? null : Number(text));

async function checkModel(db: Db, modelId: string): Promise<void> {
  const known = await queryOne(db, 'select from perennial.models where model_id = $1', [modelId]);
  if (known === undefined) throw modelUnknown(modelId);
}

/**
 * Oldest first; a claim with a replayed clock came at that time, not when it was sent. Without the coordinator's own claims of
 * reports that did not come: a replay makes those of the expectations that it tries. @throws MODEL_UNKNOWN
 */
export async function recordedClaimsOf(db: Db, modelId: string): Promise<RecordedClaim[]> {
  await checkModel(db, modelId);
  const rows = await query<ClaimRow>(
    db,
    `select c.trigger_id, t.cause, t.source, t.clock, c.received_at, c.monitor, c.severity, c.window_start, c.window_end,
       c.n_reference, c.n_current, c.findings, c.absent
     from perennial.claims c join perennial.triggers t using (model_id, trigger_id)
     where c.model_id = $1 and t.cause in ('drift', 'performance') and t.channel is distinct from 'coordinator'
     order by t.seq`,
    [modelId],
  );
  return rows
    .map(({ trigger_id: id, cause, clock, source, monitor, severity, findings, absent, ...row }) => ({
      id,
      cause,
      arrivedMs: clock.mode === 'replay' ? Date.parse(clock.now) : row.received_at.getTime(),
      claim: {
        source: source ?? monitor,
        monitor,
        severity,
        window: toWindow(row.window_start, row.window_end),
        nReference: countOf(row.n_reference),
        nCurrent: countOf(row.n_current),
        findings,
        absent,
      },
    }))
    .sort((a, b) => a.arrivedMs - b.arrivedMs);
}

const MOST_INCIDENTS = 1_000;

/** Faults that runs of the wall clock found; those of a replayed past were found and closed at times that are not those of its claims. */
export async function recordedIncidentsOf(db: Db, modelId: string): Promise<RecordedIncident[]> {
  const rows = await listIncidents(db, { modelId, isOpenOnly: false, limit: MOST_INCIDENTS });
  return rows.reverse().flatMap((row) => {
    const since = row.onset ?? row.seen?.start;
    if (row.clockMode !== 'wall' || since === undefined) return [];
    const { incidentId, openedAt, closure } = row;
    const incident = { incidentId, name: incidentName(row), mode: 'wall' as const, since };
    return [{ incident, openedMs: Date.parse(openedAt), closedMs: closure === null ? null : Date.parse(closure.at) }];
  });
}

interface LookRow {
  run_no: number;
  fresher_ms: string;
  training_ms: string | null;
  summary: EvaluationSummary;
  has_same_recipe: boolean;
}

/**
 * One for each evaluation against a champion of the same recipe that was trained on older data, oldest first. With another recipe
 * the gain would be that of the recipe as well. @throws MODEL_UNKNOWN
 */
export async function measuredLooksOf(db: Db, modelId: string): Promise<MeasuredLooks> {
  await checkModel(db, modelId);
  const rows = await query<LookRow>(
    db,
    `select e.run_no, r.summary, candidate.recipe_digest = champion.recipe_digest as has_same_recipe,
       extract(epoch from candidate.training_window_end - champion.training_window_end) * 1000 as fresher_ms,
       extract(epoch from
         (select min(at) from perennial.run_stages s where s.model_id = e.model_id and s.run_no = e.run_no and s.stage = 'evaluate')
         - (select max(at) from perennial.run_stages s where s.model_id = e.model_id and s.run_no = e.run_no and s.stage = 'train')
       ) * 1000 as training_ms
     from perennial.evaluations e
     join perennial.versions candidate on (candidate.model_id, candidate.version) = (e.model_id, e.candidate_version)
     join perennial.versions champion on (champion.model_id, champion.version) = (e.model_id, e.champion_version)
     join lateral (
       select summary from perennial.evaluation_results where evaluation_id = e.evaluation_id order by step desc limit 1
     ) r on true
     where e.model_id = $1 and candidate.training_window_end > champion.training_window_end order by e.evaluation_id`,
    [modelId],
  );
  const same = rows.filter(({ has_same_recipe: isSame }) => isSame);
  const looks = same.map(({ run_no: runNo, fresher_ms: fresher, training_ms: training, summary }) => ({
    runNo,
    fresherDays: Number(fresher) / 86_400_000,
    trainingMinutes: training === null ? null : Math.max(0, Number(training)) / 60_000,
    metric: summary.metric,
    gain: { days: summary.blocks, value: summary.difference, interval: summary.interval95 },
  }));
  return { looks, otherRecipes: rows.length - looks.length };
}
