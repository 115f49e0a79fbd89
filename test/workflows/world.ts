// One model in a test: its pipeline, its rows, and what the faked activities over data and training say. A test changes a
// reply before or while the workflow runs; rules that are pure (coverage, approval, evidence) are the real ones.

import type { DataActivities } from '#dist/activities/create-data-activities.js';
import type { EvaluationActivities } from '#dist/activities/create-evaluation-activities.js';
import type { MonitorActivities } from '#dist/activities/create-monitor-activities.js';
import type { RunActivities } from '#dist/activities/create-run-activities.js';
import type { SchemaActivities } from '#dist/activities/create-schema-activities.js';
import type { TrainActivities } from '#dist/activities/create-train-activities.js';
import type { PollActivities } from '#dist/activities/poll-nannyml.js';
import { canonicalDigest } from '#dist/core/canonical-json.js';
import { evidenceDigest } from '#dist/core/evaluation/evidence.js';
import type { RunFinished } from '#dist/core/messages.js';
import { judgeCoverage } from '#dist/core/policy/label-wait.js';
import { type PipelineSpec, specSchema } from '#dist/core/spec/schema.js';
import type { AssessReply } from '#dist/core/triage/assessment.js';
import type { Coverage, Instant, PromotionVerdict, SnapshotRef, Window } from '#dist/core/types.js';
import { uniqueTaskQueue } from '../setup/services.js';
import { MemoryModel } from './memory-registry.js';

export type ComputedActivities = DataActivities &
  EvaluationActivities &
  MonitorActivities &
  PollActivities &
  SchemaActivities &
  TrainActivities;
export type ActivityName = keyof ComputedActivities | keyof RunActivities;

export interface Scenario {
  readonly labels?: Partial<PipelineSpec['labels']>;
  readonly approval?: Partial<PipelineSpec['approval']>;
  readonly triggers?: Record<string, unknown>;
  readonly trainer?: Partial<Pick<PipelineSpec['trainer'], 'validationTail'>>;
  /** A version that is champion before the first run. */
  readonly hasChampion?: boolean;
}

const NO_METRICS = {
  auc: null,
  withinDayAuc: null,
  averagePrecision: null,
  logLoss: null,
  brier: null,
  calibrationError: null,
};

const artifact = (what: unknown) => ({ digest: canonicalDigest(what), bytes: 100 });

export class World {
  readonly model: MemoryModel;
  /** Names of the activities that were called, in order. */
  readonly calls: ActivityName[] = [];
  readonly reports: RunFinished[] = [];
  /** Called before the activity of that name: may wait, throw, change the world. */
  readonly before: Partial<Record<ActivityName, (...args: unknown[]) => unknown>> = {};
  /** Called when it has done its work, before its answer travels: what is thrown here loses the answer. */
  readonly after: Partial<Record<ActivityName, () => unknown>> = {};
  verdict: PromotionVerdict = 'promote';
  assessment: AssessReply['verdict'] = 'clear';
  /** What a build says that concludes more than a verdict; one reply an assessment, the last one again and again. */
  assessReplies: Omit<AssessReply, 'window'>[] = [];
  readonly assessed: Parameters<DataActivities['assessQuality']>[0][] = [];
  /** Share of the labels that are in, from this instant on. */
  labelShare: (asOf: Instant) => number = () => 1;
  holdoutShare: (asOf: Instant) => number = () => 1;
  newLabels: (triggerId: string) => number = () => 0;
  shrunkTo: Window | null = null;
  readonly trainedOn: { window: Window; validationStart: Instant }[] = [];
  readonly measured: { asOf: Instant; deadlineAt: Instant }[] = [];

  constructor(scenario: Scenario = {}) {
    const modelId = uniqueTaskQueue('m');
    const spec = specSchema.parse({
      model: modelId,
      source: { kind: 'parquet', path: '/data/rows.parquet', columns: { label: 'late', labelKnownAt: 'known_at' } },
      features: [{ kind: 'numeric', name: 'distance' }],
      window: { sliding: 'P31D' },
      gates: [{ metric: 'auc', min: 0.5 }],
      // Nothing waits for its kind, and no run for the one before: tests of that say so.
      triggers: { debounce: { quiet: 'PT0S', maxWait: 'PT0S' }, coolDown: 'PT0S', ...scenario.triggers },
      labels: scenario.labels,
      approval: { policy: 'never', ...scenario.approval },
      trainer: scenario.trainer,
    });
    this.model = new MemoryModel(modelId, canonicalDigest(spec), spec);
    if (scenario.hasChampion === true) this.addChampion();
  }

  get modelId(): string {
    return this.model.modelId;
  }

  count(name: ActivityName): number {
    return this.calls.filter((call) => call === name).length;
  }

  /** Another promotion, from outside the run at hand: a version trained by hand. */
  addChampion(): void {
    const { modelId, moves, versions, champion } = this.model;
    const runNo = -versions.length - 1;
    versions.push({
      modelId,
      runNo,
      attempt: 1,
      artifact: artifact(runNo),
      recipeDigest: artifact('recipe').digest,
      trainingContentDigest: artifact('training').digest,
      trainingWindow: { start: '2000-12-01T00:00:00.000Z', end: '2001-01-01T00:00:00.000Z' },
      training: this.trained(),
    });
    const move = {
      modelId,
      moveKey: `by-hand/${runNo}`,
      kind: 'promotion' as const,
      toVersion: versions.length,
      expected: { version: champion?.version ?? null, epoch: champion?.epoch ?? 0 },
      by: 'tester',
      reason: 'set by the test',
      evidenceDigest: null,
      runNo: null,
    };
    moves.push({ move, epoch: (champion?.epoch ?? 0) + 1, from: champion?.version ?? null });
  }

  trained() {
    return {
      trainEpochs: 3,
      bestTrainEpoch: 2,
      validationLoss: 0.6,
      resumedFromTrainEpoch: 0,
      environment: { backend: 'faked' },
    };
  }

  readonly computed: ComputedActivities = {
    assessQuality: async (request) => {
      this.assessed.push(request);
      const reply = this.assessReplies[Math.min(this.assessed.length, this.assessReplies.length) - 1];
      const key = reply?.action === undefined ? {} : { findingKey: canonicalDigest(reply.verdict) };
      return {
        ...key,
        ...(reply ?? {
          verdict: this.assessment,
          reasons: this.assessment === 'clear' ? [] : ['Column distance has 40 % nulls.'],
        }),
        window: request.plan.training,
      };
    },
    measureCoverage: async ({ plan, training, asOf, deadlineAt }) => {
      this.measured.push({ asOf, deadlineAt });
      const coverage = (window: Window, share: number): Coverage => ({
        window,
        asOf,
        rows: 1000,
        labelled: Math.round(1000 * share),
        overall: share,
        perClass: null,
        newestLabelAt: null,
      });
      const shares = { training: this.labelShare(asOf), holdout: this.holdoutShare(asOf) };
      const answer = judgeCoverage({
        policy: this.model.spec.labels,
        training: coverage(training, shares.training),
        holdout: coverage(plan.holdout, shares.holdout),
        deadlineAt,
        now: asOf,
      });
      return {
        kind: answer.kind === 'deadline' ? answer.outcome : answer.kind,
        missing: answer.kind === 'enough' ? [] : answer.missing,
        trainingShare: shares.training,
        holdoutShare: shares.holdout,
      };
    },
    countNewLabels: async ({ triggerId }) => {
      const labels = this.newLabels(triggerId);
      this.model.counts.push({ triggerId, labels });
      return { labels };
    },
    shrinkTraining: async () => this.shrunkTo,
    freezeSnapshots: async ({ plan, training, labelsAsOf }) => ({
      training: this.#snapshot('training', training, labelsAsOf),
      holdout: this.#snapshot('holdout', plan.holdout, labelsAsOf),
    }),
    trainCandidate: async ({ key, training, validationStart }) => {
      this.trainedOn.push({ window: training.window, validationStart });
      return { artifact: artifact(key), attempt: 1, ...this.trained() };
    },
    compareWithChampion: async ({ key, specDigest, candidate, holdout }) => {
      const { champion } = this.model;
      const interval = { lower: 0.004, upper: 0.024, confidence: 0.975 };
      return {
        evaluationId: key.runNo * 1000 + (champion?.epoch ?? 0),
        verdict: this.verdict,
        comparison: this.verdict === 'reject' ? 'loss' : 'win',
        metric: 'auc',
        mode: 'superior',
        candidateVersion: candidate.version,
        championVersion: champion?.version ?? null,
        championEpoch: champion?.epoch ?? 0,
        candidateValue: 0.664,
        championValue: champion === null ? null : 0.65,
        difference: champion === null ? null : 0.014,
        interval,
        interval95: { ...interval, confidence: 0.95 },
        rowInterval95: null,
        look: 1,
        blocks: 28,
        reasons: [`The verdict is ${this.verdict}.`],
        evidenceDigest: evidenceDigest({
          modelId: key.modelId,
          runNo: key.runNo,
          specDigest,
          candidateVersion: candidate.version,
          candidateArtifact: candidate.artifact.digest,
          championVersion: champion?.version ?? null,
          championEpoch: champion?.epoch ?? 0,
          holdoutDigest: holdout.contentDigest,
          gates: [],
        }),
        report: artifact('report'),
      };
    },
    measurePeriod: async ({ modelId, at }) => {
      const periodEnd = `${at.slice(0, 10)}T00:00:00.000Z`;
      const reason = '16 figures, none alerts.';
      return { modelId, periodEnd, championVersion: 1, outcome: 'measured', reason, alerts: [], triggerId: null };
    },
    inferSchema: async () => ({ version: 1, isNew: true, rows: 1000 }),
    pollMonitor: async () => ({ claims: 2, repeats: 0, refused: [], isDone: true }),
    scoreVersions: async ({ versions }) =>
      versions.map((version) => ({ version, metrics: { ...NO_METRICS, auc: 0.6 + version / 100 } })),
  };

  #snapshot(kind: SnapshotRef['kind'], window: Window, asOf: Instant): SnapshotRef {
    return {
      kind,
      contentDigest: canonicalDigest({ kind, window }),
      parquet: artifact({ kind, window, asOf }),
      manifest: artifact({ kind, window, manifest: true }),
      window,
      asOf,
      rows: { in: 1000, used: 1000, unlabelled: 0, excluded: 0, quarantined: 0 },
    };
  }
}
