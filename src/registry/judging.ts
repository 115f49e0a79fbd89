/**
 * The judgement of a model's triggers, in one transaction with the model locked: facts in, the pure policy asked, its answer
 * applied and the run opened. Whoever dies on the way leaves either all of it or nothing, and may ask again at any time.
 */
import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { ModelJudgement, TriggerAnswer } from '../activities/deps.js';
import type { Judgement, TriggerFacts } from '../core/policy/triggers/facts.js';
import { judge } from '../core/policy/triggers/judge.js';
import { instantMs } from '../core/policy/triggers/label-notices.js';
import type { LedgerState } from '../core/signals/arrival.js';
import type { TriggerPolicy } from '../core/spec/trigger-schema.js';
import type { Instant, RunClock } from '../core/types.js';
import { type Db, inTransaction, query, queryOne } from './database.js';
import { acceptInside } from './intake.js';
import { lockModel, modelUnknown, openRunOf } from './models.js';
import { insertRun } from './runs.js';
import { currentSpec, specByDigest } from './specs.js';
import { countedSince, loadTriggerFacts, MOST_ESCALATED, MOST_WAITING, type MostRead } from './trigger-facts.js';
import { appendTriggerStates } from './triggers.js';

type Decide = (facts: TriggerFacts, policy: TriggerPolicy) => Judgement;

/** A report that is missed becomes a claim, and claims are judged: once more, and then nothing is new. */
const MOST_ROUNDS = 3;
const COUNTED_AT_ONCE = 20;
const NOTICES_HEARD = 1_000;
const REASONS_SHOWN = 5;
const REASON_LENGTH = 400;

async function applyJudgement(
  client: PoolClient,
  modelId: string,
  { judgement, lastRunNo }: { judgement: Judgement; lastRunNo: number },
): Promise<void> {
  for (const change of judgement.changes) await appendTriggerStates(client, { modelId, ...change });
  if (judgement.open !== null) await insertRun(client, { modelId, ...judgement.open }, lastRunNo);
}

/** A claim for each report that did not come, once a due time. @returns how many are new */
async function claimMissing(
  client: PoolClient,
  modelId: string,
  { missing, now }: { missing: Judgement['missingReports']; now: Instant },
) {
  if (missing.length === 0) return 0;
  const arrivals = missing.map(({ monitor, dueAt, window }) => {
    const key = { source: 'expectation', eventId: `${monitor}/${dueAt}` };
    const why = `${monitor} was to report by ${dueAt} and has not.`;
    return {
      ...key,
      modelId,
      channel: 'coordinator' as const,
      cause: 'drift' as const,
      requestedBy: 'expectation',
      clock: { mode: 'wall' as const },
      receivedAt: now,
      isUrgent: false,
      body: {},
      bodyDigest: createHash('sha256').update(`${modelId}/${key.eventId}`).digest('hex'),
      claim: {
        ...key,
        modelId,
        monitor,
        monitorVersion: null,
        format: 'generic' as const,
        window,
        nReference: null,
        nCurrent: null,
        receivedAt: now,
        severity: 'warning' as const,
        cause: 'drift' as const,
        findings: [],
        absent: [{ what: 'report' as const, name: monitor, why }],
        notes: [],
      },
    };
  });
  const known = await query<{ event_id: string }>(
    client,
    `select event_id from perennial.triggers where model_id = $1 and source = 'expectation' and trigger_id = any($2::text[])`,
    [modelId, arrivals.map(({ eventId }) => `expectation/${eventId}`)],
  );
  const told = new Set(known.map((row) => row.event_id));
  const fresh = arrivals.filter(({ eventId }) => !told.has(eventId));
  await acceptInside(client, fresh);
  return fresh.length;
}

const pendingThrough = async (db: Db, modelId: string): Promise<string> =>
  (
    await queryOne<{ pending_through: string }>(
      db,
      'select pending_through from perennial.model_inboxes where model_id = $1',
      [modelId],
    )
  )?.pending_through ?? '0';

/**
 * When to judge again. Where more wait than were read, at once, so that the rest has its turn: but only if this judgement
 * moved something, which makes room since the pending are read first and nothing becomes pending again. What stays as it
 * is takes its place again, and asking at once for ever would move nothing.
 */
function wakeAtOf(facts: TriggerFacts, judgement: Judgement, mostWaiting: number): Instant | null {
  if (facts.waiting.filter(({ state }) => state !== 'escalated').length < mostWaiting) return judgement.wakeAt;
  return judgement.open !== null || judgement.changes.length > 0 ? facts.now : judgement.wakeAt;
}

interface Judged {
  readonly facts: TriggerFacts;
  readonly judgement: Judgement;
  readonly through: string;
}

async function judgeRounds(
  client: PoolClient,
  modelId: string,
  { lastRunNo, decide, most }: { lastRunNo: number; decide: Decide; most: MostRead },
): Promise<Judged> {
  const current = await currentSpec(client, modelId);
  if (current === null) throw modelUnknown(modelId);
  const { triggers: policy } = await specByDigest(client, current.specDigest);
  for (let round = 1; ; round += 1) {
    // What is committed after this line has a larger number, and is judged next time if these reads missed it.
    const through = await pendingThrough(client, modelId);
    const facts = await loadTriggerFacts(client, modelId, { policy, specSince: current.since, most });
    const decided = decide(facts, policy);
    const judgement = { ...decided, wakeAt: wakeAtOf(facts, decided, most.mostWaiting) };
    await applyJudgement(client, modelId, { judgement, lastRunNo });
    const fresh = await claimMissing(client, modelId, { missing: judgement.missingReports, now: facts.now });
    if (fresh === 0 || round === MOST_ROUNDS) return { facts, judgement, through };
    if (judgement.open !== null) return { facts, judgement, through };
  }
}

/** Fresh triggers that the judgement left as they are: the debounce runs for them, or their labels are counted. */
function isSettling({ facts, judgement }: Judged): boolean {
  const moved = new Set(
    [...judgement.changes, ...(judgement.open === null ? [] : [judgement.open])].flatMap(
      ({ triggerIds }) => triggerIds,
    ),
  );
  return facts.waiting.some(({ state, triggerId }) => state === 'pending' && !moved.has(triggerId));
}

async function recordJudged(client: PoolClient, modelId: string, judged: Judged): Promise<void> {
  const { wakeAt } = judged.judgement;
  await query(
    client,
    `update perennial.model_inboxes
     set judged_through = greatest(judged_through, $2::bigint), wake_at = $3, settles_at = $4, released_at = null
     where model_id = $1`,
    [modelId, judged.through, wakeAt, isSettling(judged) ? wakeAt : null],
  );
}

/**
 * The furthest instant that a notice named since the run opened, one that was heard before and came again included; told
 * again after any loss, since the largest wins. A run of today is not told of labels through an instant that has not come:
 * a sender's mistake would outdo every later notice. A replayed run bounds by itself what it lets a notice tell it.
 */
async function labelsFor(
  client: PoolClient,
  modelId: string,
  { openRun, now }: { openRun: { readonly runNo: number; readonly clock: RunClock }; now: Instant },
): Promise<ModelJudgement['labels']> {
  const rows = await query<{ trigger_id: string; through: unknown }>(
    client,
    `with recent as (
       select model_id, trigger_id, seq, body->>'through' as through from perennial.triggers
       where model_id collate "C" = $1 and cause = 'labels' order by seq desc limit ${NOTICES_HEARD}
     )
     select t.trigger_id, t.through from recent t
     where exists (
       select from perennial.claim_receipts heard
       join perennial.runs r on r.model_id = heard.model_id and r.run_no = $2
       where heard.model_id = t.model_id and heard.trigger_id = t.trigger_id and heard.recorded_at >= r.opened_at)
     order by t.seq desc`,
    [modelId, openRun.runNo],
  );
  let furthest: { eventId: string; ms: number } | null = null;
  for (const { trigger_id: eventId, through } of rows) {
    const ms = instantMs(through);
    if (ms === null || (openRun.clock.mode === 'wall' && ms > Date.parse(now))) continue;
    if (furthest === null || ms > furthest.ms) furthest = { eventId, ms };
  }
  return furthest === null ? null : { eventId: furthest.eventId, through: new Date(furthest.ms).toISOString() };
}

async function waitingSummary(
  client: PoolClient,
  modelId: string,
): Promise<Pick<ModelJudgement, 'waiting' | 'reasons'>> {
  const rows = await query<{ state: LedgerState; reason: string; n: number }>(
    client,
    `select h.state, s.reason, count(*)::integer as n
     from perennial.trigger_heads h join perennial.trigger_states s using (model_id, trigger_id, step)
     where h.model_id = $1 and h.state in ('held', 'pending', 'escalated') group by 1, 2 order by n desc, 1, 2`,
    [modelId],
  );
  const waiting = { pending: 0, held: 0, escalated: 0 };
  for (const { state, n } of rows) if (state in waiting) waiting[state as keyof typeof waiting] += n;
  const reasons = rows
    .slice(0, REASONS_SHOWN)
    .map(({ state, reason, n }) => ({ state, reason: reason.slice(0, REASON_LENGTH), triggers: n }));
  return { waiting, reasons };
}

async function answerOf(client: PoolClient, modelId: string, triggerId: string): Promise<TriggerAnswer | null> {
  const row = await queryOne<{ state: LedgerState; reason: string; run_no: number | null }>(
    client,
    `select s.state, s.reason, s.run_no from perennial.trigger_heads h
     join perennial.trigger_states s using (model_id, trigger_id, step) where h.model_id = $1 and h.trigger_id = $2`,
    [modelId, triggerId],
  );
  return row === undefined ? null : { state: row.state, reason: row.reason.slice(0, 2_000), runNo: row.run_no };
}

async function report(client: PoolClient, judged: Judged, askAbout: string | null): Promise<ModelJudgement> {
  const { facts, judgement } = judged;
  const { modelId, champion } = facts;
  const openRun = await openRunOf(client, modelId);
  const last = facts.lastRuns.reduce<TriggerFacts['lastRuns'][number] | null>(
    (newest, run) => (newest === null || run.runNo > newest.runNo ? run : newest),
    null,
  );
  return {
    modelId,
    openRun,
    wakeAt: judgement.wakeAt,
    isSettling: isSettling(judged),
    championVersion: champion?.version ?? null,
    pause: facts.pause === null ? null : { ...facts.pause, reason: facts.pause.reason.slice(0, REASON_LENGTH) },
    lastRun: last === null ? null : { runNo: last.runNo, outcome: last.outcome, endedAt: last.endedAt },
    labels: openRun === null ? null : await labelsFor(client, modelId, { openRun, now: facts.now }),
    countLabels: judgement.countLabels.slice(0, COUNTED_AT_ONCE),
    countSince: countedSince(champion),
    ...(await waitingSummary(client, modelId)),
    answer: askAbout === null ? null : await answerOf(client, modelId, askAbout),
  };
}

/**
 * Idempotent: judging again changes only what time or news changes.
 * @param options.askAbout a trigger whose present state the caller wants to know
 * @param options.mostWaiting so many pending and held ones are read at most: the pending first, the oldest first
 * @param options.mostEscalated so many escalated ones, the newest
 * @throws MODEL_UNKNOWN; SPEC_INVALID when this version cannot read the model's spec
 */
export function judgeTriggers(
  pool: Pool,
  modelId: string,
  options: { askAbout?: string | null; decide?: Decide } & Partial<MostRead> = {},
): Promise<ModelJudgement> {
  return inTransaction(pool, async (client) => {
    const { lastRunNo } = await lockModel(client, modelId);
    const { decide = judge, mostWaiting = MOST_WAITING, mostEscalated = MOST_ESCALATED } = options;
    const most = { mostWaiting, mostEscalated };
    const judged = await judgeRounds(client, modelId, { lastRunNo, decide, most });
    await recordJudged(client, modelId, judged);
    return report(client, judged, options.askAbout ?? null);
  });
}

/** Counted once a champion; a repeat keeps the first count. */
export async function recordLabelCount(
  pool: Pool,
  modelId: string,
  count: { triggerId: string; since: Instant; labels: number },
): Promise<void> {
  await query(
    pool,
    `insert into perennial.label_counts (model_id, trigger_id, counted_since, labels) values ($1, $2, $3, $4)
     on conflict on constraint label_counts_pkey do nothing`,
    [modelId, count.triggerId, count.since, count.labels],
  );
}
