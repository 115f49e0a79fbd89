/** A database with the registry's schema for one test file, and the steps of a run that its tests begin with. */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import type { ChampionMove, NewEvaluation, NewVersion, Registry, RunKey } from '#dist/activities/deps.js';
import { canonicalDigest, canonicalJson } from '#dist/core/canonical-json.js';
import type { Accepted, Arrival } from '#dist/core/signals/arrival.js';
import type { DriftClaim } from '#dist/core/signals/drift-claim.js';
import { specSchema } from '#dist/core/spec/schema.js';
import type { EvaluationSummary, GateResult, Outcome, SnapshotRef } from '#dist/core/types.js';
import { createRegistry } from '#dist/registry/create-registry.js';
import { createPool } from '#dist/registry/pool.js';
import { applySpec, type SpecApplication } from '#dist/registry/specs.js';
import { type FreshDatabase, freshDatabase } from '../setup/services.js';

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export interface TestRegistry {
  readonly pool: Pool;
  readonly registry: Registry;
  readonly url: string;
}

/** Call at the top of a file; the values are there from the first test on. */
export function useRegistry(name: string): TestRegistry {
  let database: FreshDatabase | undefined;
  const made: { pool?: Pool; registry?: Registry } = {};
  beforeAll(async () => {
    database = await freshDatabase(name);
    made.pool = createPool(database.url, { maxConnections: 25 });
    made.registry = createRegistry(made.pool);
  });
  afterAll(async () => {
    await made.pool?.end();
    await database?.drop();
  });
  const need = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('The database is made before the first test, not while the file is read.');
    return value;
  };
  return {
    get pool() {
      return need(made.pool);
    },
    get registry() {
      return need(made.registry);
    },
    get url() {
      return need(database).url;
    },
  };
}

export function specApplication(
  modelId: string,
  options: { seed?: number; by?: string; triggers?: Record<string, unknown> } = {},
): SpecApplication {
  const spec = specSchema.parse({
    model: modelId,
    source: { kind: 'csv', path: '/data/rows.csv' },
    features: [{ kind: 'numeric', name: 'distance' }],
    window: { sliding: 'P30D' },
    gates: [{ metric: 'auc', min: 0.5 }],
    trainer: { seed: options.seed ?? 1 },
    triggers: options.triggers,
  });
  return { spec, digest: canonicalDigest(spec), canonicalText: canonicalJson(spec), by: options.by ?? 'operator' };
}

export async function applyModel(pool: Pool, modelId: string): Promise<string> {
  const application = specApplication(modelId);
  await applySpec(pool, application);
  return application.digest;
}

/** One finding that alerts. */
export function claimOf(modelId: string, eventId: string, change: Partial<DriftClaim> = {}): DriftClaim {
  return {
    eventId,
    source: 'nightly',
    monitor: 'evidently',
    monitorVersion: '0.7.0',
    format: 'evidently',
    modelId,
    window: MARCH,
    nReference: 1_000,
    nCurrent: null,
    receivedAt: '2001-04-01T00:00:01.000Z',
    severity: 'warning',
    cause: 'drift',
    findings: [
      {
        scope: 'column',
        column: 'distance',
        method: 'K-S p_value',
        family: 'p-value',
        lowerIsDrift: true,
        score: 0.01,
        threshold: 0.05,
        alert: true,
        raw: '{"value":0.01}',
      },
    ],
    absent: [],
    notes: [],
    ...change,
  };
}

/** What a monitor says, not urgent unless it is critical. */
export const claimArrival = (modelId: string, eventId: string, change: Partial<DriftClaim> = {}): Arrival =>
  arrivalOf(modelId, eventId, {
    channel: 'http',
    source: 'nightly',
    cause: 'drift',
    requestedBy: 'nightly',
    isUrgent: change.severity === 'critical',
    claim: claimOf(modelId, eventId, change),
    body: {},
  });

/** A person's request by default: it opens a run as soon as none is open. */
export const arrivalOf = (modelId: string, eventId: string, change: Partial<Arrival> = {}): Arrival => ({
  modelId,
  channel: 'cli',
  source: 'manual',
  eventId,
  cause: 'manual',
  requestedBy: 'requester',
  clock: { mode: 'wall' },
  receivedAt: '2001-04-01T00:00:01.000Z',
  isUrgent: true,
  claim: null,
  body: { reason: 'a test' },
  bodyDigest: digestOf(eventId),
  ...change,
});

/** @throws what the arrival was refused with */
export async function commit(registry: Registry, arrival: Arrival): Promise<Accepted> {
  const [answer] = await registry.acceptArrivals([arrival]);
  if (answer === undefined || 'refused' in answer) throw answer?.refused ?? new Error('no answer');
  return answer;
}

/** Commits the request and judges: the run that it opened. */
export async function openRunFor(registry: Registry, modelId: string, eventId: string): Promise<RunKey> {
  const { triggerId } = await commit(registry, arrivalOf(modelId, eventId));
  const { answer } = await registry.judgeTriggers(modelId, { askAbout: triggerId });
  if (answer?.state !== 'started' || answer.runNo === null) throw new Error(`${triggerId} is ${answer?.state}`);
  return { modelId, runNo: answer.runNo };
}

/** Present state of every trigger of a model, newest first. */
export async function triggerLedger(
  pool: Pool,
  modelId: string,
): Promise<{ triggerId: string; state: string; reason: string; runNo: number | null }[]> {
  const { rows } = await pool.query(
    `select * from (
       select distinct on (t.seq) t.seq, t.trigger_id as "triggerId", s.state, s.reason, s.run_no as "runNo"
       from perennial.triggers t join perennial.trigger_states s using (model_id, trigger_id)
       where model_id = $1 order by t.seq, s.step desc) newest
     order by seq desc`,
    [modelId],
  );
  return rows.map(({ seq: _seq, ...row }) => row);
}

/** Specs that were ever current, newest first. */
export async function specLedger(pool: Pool, modelId: string): Promise<{ specDigest: string; appliedBy: string }[]> {
  const { rows } = await pool.query(
    `select spec_digest as "specDigest", applied_by as "appliedBy" from perennial.spec_versions
     where model_id = $1 order by seq desc`,
    [modelId],
  );
  return rows;
}

export const JANUARY = { start: '2001-01-01T00:00:00.000Z', end: '2001-02-01T00:00:00.000Z' };
export const FEBRUARY = { start: '2001-02-01T00:00:00.000Z', end: '2001-03-01T00:00:00.000Z' };
export const MARCH = { start: '2001-03-01T00:00:00.000Z', end: '2001-04-01T00:00:00.000Z' };

export function newVersion(key: RunKey, name = `${key.modelId}/${key.runNo}`): NewVersion {
  return {
    ...key,
    attempt: 1,
    artifact: { digest: digestOf(`artifact ${name}`), bytes: 123_456 },
    recipeDigest: digestOf(`recipe ${name}`),
    trainingContentDigest: digestOf(`rows ${name}`),
    trainingWindow: JANUARY,
    training: {
      trainEpochs: 5,
      bestTrainEpoch: 3,
      validationLoss: 0.512345678901234,
      resumedFromTrainEpoch: 0,
      environment: { backend: 'tensorflow', threads: 1 },
    },
  };
}

export const TURNED_DOWN: Outcome = {
  kind: 'turned-down',
  reasons: ['The gain is not above the margin.'],
  verdict: 'reject',
  candidateVersion: 1,
  championVersion: null,
  evidenceDigest: null,
};

/** A run from its trigger to a registered version, closed. */
export async function makeVersion(registry: Registry, modelId: string, triggerId: string): Promise<number> {
  const key = await openRunFor(registry, modelId, triggerId);
  const { version } = await registry.registerVersion(newVersion(key));
  await registry.closeRun(key, { outcome: TURNED_DOWN });
  return version;
}

export function move(modelId: string, change: Partial<ChampionMove> & Pick<ChampionMove, 'toVersion'>): ChampionMove {
  return {
    modelId,
    moveKey: `${modelId}/to-${change.toVersion}`,
    kind: 'promotion',
    expected: { version: null, epoch: 0 },
    by: 'operator',
    reason: 'measured win',
    evidenceDigest: digestOf('evidence'),
    runNo: null,
    ...change,
  };
}

export function evaluationOf(key: RunKey, change: Partial<NewEvaluation> = {}): NewEvaluation {
  return {
    ...key,
    candidateVersion: 1,
    championVersion: null,
    championEpoch: 0,
    holdoutContentDigest: digestOf('holdout'),
    holdoutWindow: FEBRUARY,
    ...change,
  };
}

export function snapshotOf(kind: SnapshotRef['kind'], name: string): SnapshotRef {
  return {
    kind,
    contentDigest: digestOf(`content ${name}`),
    parquet: { digest: digestOf(`parquet ${name}`), bytes: 9_876_543_210 },
    manifest: { digest: digestOf(`manifest ${name}`), bytes: 1_234 },
    window: JANUARY,
    asOf: MARCH.start,
    rows: { in: 100, used: 90, unlabelled: 4, excluded: 3, quarantined: 3 },
  };
}

export const GATES: readonly GateResult[] = [
  {
    gate: 'gain:auc',
    metric: 'auc',
    slice: 'all',
    required: true,
    value: 0.0291234567890123,
    interval: { lower: 0.024, upper: 0.034, confidence: 0.975 },
    threshold: 0,
    passed: true,
    reason: 'The lower bound is above zero.',
  },
  {
    gate: 'min:auc@origin=ORD',
    metric: 'auc',
    slice: 'origin=ORD',
    required: false,
    value: null,
    interval: null,
    threshold: 0.6,
    passed: null,
    reason: 'Too few days.',
  },
];

export function summaryOf(evaluationId: number, evidence: string): EvaluationSummary {
  return {
    evaluationId,
    verdict: 'promote',
    comparison: 'win',
    metric: 'auc',
    mode: 'superior',
    candidateVersion: 1,
    championVersion: null,
    championEpoch: 0,
    candidateValue: 0.66,
    championValue: null,
    difference: null,
    interval: null,
    interval95: null,
    rowInterval95: null,
    look: 1,
    blocks: 28,
    reasons: ['better'],
    evidenceDigest: digestOf(evidence),
    report: { digest: digestOf('report'), bytes: 4_096 },
  };
}
