/** What triage reads of the past: the claims that a run has to answer, the changes that were announced, the champion's data. */
import type { RunKey } from '../activities/deps.js';
import { alertOf } from '../core/policy/triggers/read-finding.js';
import type { Absence, Finding } from '../core/signals/drift-claim.js';
import type { Alleged, VersionRecord } from '../core/triage/facts.js';
import type { Instant, SnapshotRef } from '../core/types.js';
import { type Db, query, queryOne, toInstant, toWindow } from './database.js';
import { listSnapshots } from './run-facts.js';

/** A storm says the same a thousand times. */
const MOST_CLAIMS = 200;
const MOST_ALERTS = 500;
const MOST_VERSIONS = 5_000;

type FindingFacts = Omit<Finding, 'raw'>;

interface ClaimRow {
  trigger_id: string;
  monitor: string;
  window_start: Date;
  window_end: Date;
  n_reference: string | null;
  n_current: string | null;
  findings: FindingFacts[];
  absent: Absence[];
}

/** What alerts, and what would if the direction of its score were known: nobody guesses, and triage says so. */
function isAlleged(finding: FindingFacts): boolean {
  const verdict = alertOf(finding);
  if (verdict !== 'unknown') return verdict === 'yes';
  return finding.score !== null && finding.threshold !== null;
}

function allegedOf(row: ClaimRow): Alleged {
  const rowsOrNull = (count: string | null): number | null => (count === null ? null : Number(count));
  return {
    triggerId: row.trigger_id,
    monitor: row.monitor,
    window: toWindow(row.window_start, row.window_end),
    nReference: rowsOrNull(row.n_reference),
    nCurrent: rowsOrNull(row.n_current),
    alerts: row.findings
      .filter(isAlleged)
      .slice(0, MOST_ALERTS)
      .map(({ scope, column, method, score, threshold, lowerIsDrift }) => {
        return { scope, column, method, score, threshold, lowerIsDrift };
      }),
    absent: row.absent.map(({ what, name, why }) => `No ${what} ${name}: ${why}`),
  };
}

/** The one that started the run first, then the newest; at most two hundred. */
export async function claimsOfRun(db: Db, key: RunKey): Promise<Alleged[]> {
  const rows = await query<ClaimRow>(
    db,
    `select c.trigger_id, c.monitor, c.window_start, c.window_end, c.n_reference, c.n_current, c.findings, c.absent
     from (
       select trigger_id, bool_or(state = 'started') as is_first from perennial.trigger_states
       where model_id = $1 and run_no = $2 and state in ('started', 'merged') group by 1) taken
     join perennial.claims c on c.model_id = $1 and c.trigger_id = taken.trigger_id
     join perennial.triggers t on t.model_id = $1 and t.trigger_id = taken.trigger_id
     order by taken.is_first desc, t.seq desc limit ${MOST_CLAIMS}`,
    [key.modelId, key.runNo],
  );
  return rows.map(allegedOf);
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null);

/** Null: somebody asked for a run because of a change, without saying which. */
function recordOf(row: { event_id: string; body: unknown; created_at: Date }): VersionRecord | null {
  const body = (typeof row.body === 'object' && row.body !== null ? row.body : {}) as Readonly<Record<string, unknown>>;
  const kind = textOf(body.kind);
  if (kind === null) return null;
  const atMs = Date.parse(textOf(body.at) ?? '');
  return {
    eventId: row.event_id,
    kind,
    name: textOf(body.name),
    from: textOf(body.from),
    to: textOf(body.to),
    commit: textOf(body.commit),
    columns: Array.isArray(body.columns) ? body.columns.filter((column) => textOf(column) !== null) : [],
    at: Number.isNaN(atMs) ? toInstant(row.created_at) : new Date(atMs).toISOString(),
  };
}

/**
 * Whether they started a run or not; refused ones were never said. One that does not tell since when counts from its arrival.
 * Oldest first by when they took effect, from `from` to before `to`.
 */
export async function versionRecords(
  db: Db,
  modelId: string,
  { from, to }: { from: Instant; to: Instant },
): Promise<VersionRecord[]> {
  const rows = await query<{ event_id: string; body: unknown; created_at: Date }>(
    db,
    `select coalesce(t.event_id, t.trigger_id) as event_id, t.body, t.created_at
     from perennial.triggers t
     where t.model_id collate "C" = $1 and t.cause = 'version-change' and not exists (
       select from perennial.trigger_states s
       where s.model_id = t.model_id and s.trigger_id = t.trigger_id and s.step = 2 and s.state = 'refused')
     order by t.seq desc limit ${MOST_VERSIONS}`,
    [modelId],
  );
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  const records = rows.flatMap((row) => recordOf(row) ?? []);
  return records
    .filter(({ at }) => Date.parse(at) >= fromMs && Date.parse(at) < toMs)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || (a.eventId < b.eventId ? -1 : 1));
}

/** The training snapshot of the run that made the champion; null where nobody is champion. */
export async function championTraining(db: Db, modelId: string): Promise<SnapshotRef | null> {
  const row = await queryOne<{ run_no: number }>(
    db,
    `select v.run_no from perennial.aliases a join perennial.versions v using (model_id, version)
     where a.model_id = $1 and a.alias = 'champion'`,
    [modelId],
  );
  if (row === undefined) return null;
  const snapshots = await listSnapshots(db, { modelId, runNo: row.run_no });
  return snapshots.find(({ kind }) => kind === 'training') ?? null;
}
