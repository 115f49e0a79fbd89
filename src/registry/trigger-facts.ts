/**
 * What is known of a model when its triggers are judged: bounded reads on one connection, under the model's lock. The raw
 * parts of claims are never read. While nothing can start (a run is open, a pause holds) only what is new is read.
 */
import type { PoolClient } from 'pg';
import type { ClaimFacts, ScoreHistory, TriggerFacts, WaitingTrigger } from '../core/policy/triggers/facts.js';
import { durationMs } from '../core/spec/duration.js';
import type { TriggerPolicy } from '../core/spec/trigger-schema.js';
import type { Cause, Instant, Outcome, Promotion, RunClock, Stage } from '../core/types.js';
import { query, queryOne, toInstant } from './database.js';
import { openIncidents } from './incident-scopes.js';
import { presentPause } from './pauses.js';

/** Beyond this the pending and the oldest held are judged first, the others right after them. */
export const MOST_WAITING = 20_000;
/**
 * Escalated ones stay until a run takes them along: apart from the others, or they would fill the room of those. The
 * newest are taken, older ones by later runs.
 */
export const MOST_ESCALATED = 2_000;

/** How many waiting triggers are read at most. */
export interface MostRead {
  readonly mostWaiting: number;
  readonly mostEscalated: number;
}
/** Claims whose scores a threshold may be compared with. */
const MOST_PAST_CLAIMS = 5_000;

interface WaitingRow {
  trigger_id: string;
  seq: string;
  state: WaitingTrigger['state'];
  cause: Cause;
  requested_by: string;
  clock: RunClock;
  created_at: Date;
  source: string | null;
  body: unknown;
  monitor: string | null;
  severity: ClaimFacts['severity'];
  window_start: Date;
  window_end: Date;
  n_reference: string | null;
  n_current: string | null;
  findings: ClaimFacts['findings'];
  absent: ClaimFacts['absent'];
  incident_id: string | null;
}

const rowsOrNull = (count: string | null): number | null => (count === null ? null : Number(count));

function toClaim(row: WaitingRow): ClaimFacts | null {
  if (row.monitor === null) return null;
  return {
    source: row.source ?? row.requested_by,
    monitor: row.monitor,
    severity: row.severity,
    window: { start: toInstant(row.window_start), end: toInstant(row.window_end) },
    nReference: rowsOrNull(row.n_reference),
    nCurrent: rowsOrNull(row.n_current),
    findings: row.findings,
    absent: row.absent,
  };
}

/** Those that an open incident holds come last: however many they are, what waits for less has its turn. */
async function waitingTriggers(
  client: PoolClient,
  modelId: string,
  { isBusy, mostWaiting, mostEscalated }: MostRead & { readonly isBusy: boolean },
): Promise<WaitingTrigger[]> {
  const rows = await query<WaitingRow>(
    client,
    `with chosen as (
       (select h.trigger_id, h.state, h.step, t.seq
        from perennial.trigger_heads h join perennial.triggers t using (model_id, trigger_id)
        left join perennial.trigger_states under on h.state = 'held' and under.model_id = h.model_id
          and under.trigger_id = h.trigger_id and under.step = h.step and under.incident_id is not null
        left join perennial.incident_closures closing on closing.incident_id = under.incident_id
        where h.model_id = $1 and h.state in ('held', 'pending') and (h.state = 'pending' or not $2)
        order by h.state = 'pending' desc, (under.incident_id is null or closing.incident_id is not null) desc, t.seq
        limit $3)
       union all
       (select h.trigger_id, h.state, h.step, t.seq
        from perennial.trigger_heads h join perennial.triggers t using (model_id, trigger_id)
        where h.model_id = $1 and h.state = 'escalated' and not $2
        order by t.seq desc limit $4)
     )
     select t.trigger_id, t.seq, h.state, t.cause, t.requested_by, t.clock, t.created_at, t.source, t.body,
       c.monitor, c.severity, c.window_start, c.window_end, c.n_reference, c.n_current, c.findings, c.absent,
       s.incident_id
     from chosen h
     join perennial.triggers t on t.model_id = $1 and t.trigger_id = h.trigger_id
     left join perennial.claims c on c.model_id = $1 and c.trigger_id = h.trigger_id
     left join perennial.trigger_states s on h.state = 'held'
       and s.model_id = $1 and s.trigger_id = h.trigger_id and s.step = h.step
     order by t.seq`,
    [modelId, isBusy, mostWaiting, mostEscalated],
  );
  return rows.map((row) => ({
    triggerId: row.trigger_id,
    seq: Number(row.seq),
    state: row.state,
    cause: row.cause,
    requestedBy: row.requested_by,
    clock: row.clock,
    createdAt: toInstant(row.created_at),
    claim: toClaim(row),
    body: row.body,
    incidentId: row.incident_id === null ? null : Number(row.incident_id),
  }));
}

async function openRunOf(client: PoolClient, modelId: string): Promise<TriggerFacts['openRun']> {
  const row = await queryOne<{
    run_no: number;
    opened_at: Date;
    clock: RunClock;
    promotion: Promotion;
    stage: Stage;
  }>(
    client,
    `select r.run_no, r.opened_at, r.clock, r.promotion,
       (select s.stage from perennial.run_stages s
        where s.model_id = r.model_id and s.run_no = r.run_no order by s.step desc limit 1) as stage
     from perennial.runs r where r.model_id = $1 and r.closed_at is null`,
    [modelId],
  );
  if (row === undefined) return null;
  const { run_no: runNo, clock, promotion, stage } = row;
  return { runNo, openedAt: toInstant(row.opened_at), clock, promotion, stage };
}

interface LastRunRow {
  mode: RunClock['mode'];
  run_no: number;
  clock: RunClock;
  opened_at: Date;
  closed_at: Date;
  outcome: Outcome | null;
  seen_through: Date | null;
}

/** A replayed run ended at the latest instant whose knowledge it used. */
function endedAt({ clock, closed_at, seen_through }: LastRunRow): Instant {
  if (clock.mode === 'wall') return toInstant(closed_at);
  const startMs = Date.parse(clock.now);
  return new Date(Math.max(startMs, seen_through?.getTime() ?? startMs)).toISOString();
}

async function lastRuns(client: PoolClient, modelId: string): Promise<TriggerFacts['lastRuns']> {
  const rows = await query<LastRunRow>(
    client,
    `select mode, r.*, (
         select max(as_of) from (
           select as_of from perennial.label_coverage c where c.model_id = $1 and c.run_no = r.run_no
           union all
           select as_of from perennial.snapshots s where s.model_id = $1 and s.run_no = r.run_no) seen) as seen_through
     from (values ('wall'), ('replay')) modes(mode)
     cross join lateral (
       select run_no, clock, opened_at, closed_at, outcome from perennial.runs
       where model_id = $1 and closed_at is not null and clock->>'mode' = mode order by run_no desc limit 1) r`,
    [modelId],
  );
  return rows.map((row) => ({
    mode: row.mode,
    runNo: row.run_no,
    openedAt: row.clock.mode === 'wall' ? toInstant(row.opened_at) : new Date(row.clock.now).toISOString(),
    endedAt: endedAt(row),
    outcome: row.outcome?.kind ?? 'failed',
  }));
}

async function spentSince(client: PoolClient, modelId: string, policy: TriggerPolicy): Promise<TriggerFacts['spent']> {
  if (policy.budget === undefined) return { runs: 0, trainingMinutes: 0 };
  const row = await queryOne<{ runs: number; minutes: number }>(
    client,
    `with counted as (
       select run_no, closed_at from perennial.runs
       where model_id = $1 and clock->>'mode' = 'wall' and cause <> 'manual'
         and opened_at > clock_timestamp() - make_interval(secs => $2)
     ), stages as (
       select s.stage, s.at, coalesce(lead(s.at) over (partition by s.run_no order by s.step), c.closed_at) as until
       from perennial.run_stages s join counted c using (run_no) where s.model_id = $1
     )
     select (select count(*)::integer from counted) as runs,
       coalesce((select sum(extract(epoch from until - at)) from stages where stage = 'train'), 0)::float8 / 60 as minutes`,
    [modelId, durationMs(policy.budget.period) / 1000],
  );
  return { runs: row?.runs ?? 0, trainingMinutes: row?.minutes ?? 0 };
}

async function championOf(client: PoolClient, modelId: string): Promise<TriggerFacts['champion']> {
  const row = await queryOne<{ version: number; moved_at: Date; training_window_end: Date }>(
    client,
    `select a.version, a.moved_at, v.training_window_end
     from perennial.aliases a join perennial.versions v using (model_id, version)
     where a.model_id = $1 and a.alias = 'champion'`,
    [modelId],
  );
  if (row === undefined) return null;
  return {
    version: row.version,
    trainedThrough: toInstant(row.training_window_end),
    since: toInstant(row.moved_at),
  };
}

/** How far back the thresholds look that compare with earlier scores; 0 when none does. */
function historySpanMs({ conditions }: TriggerPolicy): number {
  return conditions.reduce((longest, { when }) => {
    if (typeof when === 'string') return longest;
    if ('quantile' in when) return Math.max(longest, durationMs(when.over));
    return 'rollingAverage' in when ? Math.max(longest, durationMs(when.rollingAverage)) : longest;
  }, 0);
}

interface ScoreRow {
  monitor: string;
  scope: ScoreHistory['scope'];
  column: string | null;
  method: string;
  ends: Date[];
  scores: number[];
}

async function scoreHistories(
  client: PoolClient,
  modelId: string,
  asked: { policy: TriggerPolicy; waiting: readonly WaitingTrigger[] },
): Promise<ScoreHistory[]> {
  const spanMs = historySpanMs(asked.policy);
  const ends = asked.waiting.flatMap(({ claim }) => (claim === null ? [] : [claim.window.end])).sort();
  const [first] = ends;
  const last = ends.at(-1);
  if (spanMs === 0 || first === undefined || last === undefined) return [];
  const rows = await query<ScoreRow>(
    client,
    `select p.monitor, f.scope, f."column", f.method,
       array_agg(p.window_end order by p.window_end) as ends, array_agg(f.score order by p.window_end) as scores
     from (
       select monitor, window_end, findings from perennial.claims
       where model_id collate "C" = $1 and window_end >= $2 and window_end <= $3
       order by window_end desc limit ${MOST_PAST_CLAIMS}) p
     cross join lateral jsonb_to_recordset(p.findings)
       as f(scope text, "column" text, method text, score double precision)
     where f.score is not null
     group by 1, 2, 3, 4`,
    [modelId, new Date(Date.parse(first) - spanMs).toISOString(), last],
  );
  return rows.map(({ monitor, scope, column, method, ends: at, scores }) => ({
    monitor,
    scope,
    column,
    method,
    scores: at.map((end, i) => ({ at: toInstant(end), score: scores[i] ?? Number.NaN })),
  }));
}

/** A monitor that never reported is expected from the moment its policy was applied. */
async function lastReports(
  client: PoolClient,
  modelId: string,
  { policy, since }: { policy: TriggerPolicy; since: Instant },
): Promise<TriggerFacts['lastReports']> {
  const monitors = policy.expect.map(({ monitor }) => monitor);
  if (monitors.length === 0) return [];
  const rows = await query<{ monitor: string; at: Date | null }>(
    client,
    `select wanted.monitor, (
       select c.received_at from perennial.claims c
       join perennial.triggers t using (model_id, trigger_id)
       where c.model_id collate "C" = $1 and c.monitor = wanted.monitor and t.channel <> 'coordinator'
       order by c.received_at desc limit 1) as at
     from unnest($2::text[]) as wanted(monitor)`,
    [modelId, monitors],
  );
  return rows.map(({ monitor, at }) => ({ monitor, at: at === null ? since : toInstant(at) }));
}

/** Where nobody is champion every label is new. */
export const countedSince = (champion: TriggerFacts['champion']): Instant =>
  champion?.trainedThrough ?? new Date(0).toISOString();

async function newLabels(
  client: PoolClient,
  modelId: string,
  asked: { champion: TriggerFacts['champion']; waiting: readonly WaitingTrigger[] },
): Promise<TriggerFacts['newLabels']> {
  const notices = asked.waiting.filter(({ cause }) => cause === 'labels').map(({ triggerId }) => triggerId);
  if (notices.length === 0) return [];
  const rows = await query<{ trigger_id: string; labels: string }>(
    client,
    `select trigger_id, labels from perennial.label_counts
     where model_id = $1 and trigger_id = any($2::text[]) and counted_since = $3`,
    [modelId, notices, countedSince(asked.champion)],
  );
  return rows.map((row) => ({ triggerId: row.trigger_id, count: Number(row.labels) }));
}

/** The caller holds the model's lock. `specSince` is when the policy's spec became the current one. */
export async function loadTriggerFacts(
  client: PoolClient,
  modelId: string,
  { policy, specSince, most }: { policy: TriggerPolicy; specSince: Instant; most: MostRead },
): Promise<TriggerFacts> {
  const [clock] = await query<{ now: Date }>(client, `select date_trunc('milliseconds', clock_timestamp()) as now`);
  const now = toInstant(clock?.now ?? new Date(Number.NaN));
  const pause = await presentPause(client, modelId);
  const openRun = await openRunOf(client, modelId);
  const isBusy = openRun !== null || pause !== null;
  const waiting = await waitingTriggers(client, modelId, { isBusy, ...most });
  const champion = await championOf(client, modelId);
  const asked = { policy, waiting, champion };
  return {
    modelId,
    now,
    pause,
    openRun,
    lastRuns: await lastRuns(client, modelId),
    spent: isBusy ? { runs: 0, trainingMinutes: 0 } : await spentSince(client, modelId, policy),
    champion,
    openIncidents: await openIncidents(client, modelId),
    waiting,
    histories: isBusy ? [] : await scoreHistories(client, modelId, asked),
    lastReports: await lastReports(client, modelId, { policy, since: specSince }),
    newLabels: isBusy ? [] : await newLabels(client, modelId, asked),
  };
}
