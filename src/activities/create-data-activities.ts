/**
 * Activities over the user's data: assess, label coverage, freeze. Each measures through `dataset/`, judges by a pure
 * rule of core, records, and returns the little that the workflow needs.
 */
import { Context } from '@temporalio/activity';
import { PipelineError } from '../core/errors.js';
import { judgeCoverage } from '../core/policy/label-wait.js';
import { assessWindow } from '../core/quality/assess-window.js';
import { listedIn } from '../core/quality/source-schema.js';
import { withChampionFeatures } from '../core/spec/champion-features.js';
import { durationMs } from '../core/spec/duration.js';
import type { RunPlan } from '../core/spec/run-plan.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { AssessReply } from '../core/triage/assessment.js';
import type { Coverage, Instant, SnapshotRef, Window } from '../core/types.js';
import { createLabelCountActivities } from './create-label-count-activities.js';
import type { ActivityDeps, RunKey } from './deps.js';
import { addedColumns, addedFeatures, withPastFeatures } from './holdout-features.js';
import { laterOf, shiftInstant } from './instants.js';
import { recordQuarantined } from './record-quarantined.js';
import { shrinkToCoverage } from './shrink-training.js';

/** History of the same length of weeks that row counts are compared with. */
const REFERENCE_MS = 28 * 24 * 3_600_000;
const SHOWN_REASONS = 8;

export interface CoverageRequest {
  readonly key: RunKey;
  readonly plan: RunPlan;
  readonly training: Window;
  readonly asOf: Instant;
  readonly deadlineAt: Instant;
}

export interface CoverageReply {
  readonly kind: 'enough' | 'wait' | 'proceed' | 'shrink' | 'abort' | 'ask';
  readonly missing: readonly string[];
  readonly trainingShare: number;
  readonly holdoutShare: number;
}

/** From the end of what the champion was trained on; the whole training window where that lies past the holdout. */
function newsWindow({ training, holdout }: RunPlan, trainedThrough: Instant | null): Window {
  const isPast = trainedThrough === null || Date.parse(trainedThrough) >= Date.parse(holdout.end);
  return { start: isPast ? training.start : laterOf(training.start, trainedThrough), end: holdout.end };
}

/** What the pipeline excludes, cut at the holdout, which nothing is excluded from. */
function excludedBefore(spec: PipelineSpec, holdoutStart: Instant): Window[] {
  const isEarlier = (instant: Instant): boolean => Date.parse(instant) < Date.parse(holdoutStart);
  return spec.window.excluding
    .filter(({ start }) => isEarlier(start))
    .map(({ start, end }) => ({ start, end: isEarlier(end) ? end : holdoutStart }));
}

/** Rows may be many and usable ones few: unlabelled, excluded and quarantined rows teach and show nothing. */
function checkUsedRows({ quality }: PipelineSpec, { kind, window, rows }: SnapshotRef): void {
  if (rows.used >= quality.minRows) return;
  throw new PipelineError(
    'DATA_WINDOW_EMPTY',
    `The ${kind} window [${window.start}, ${window.end}) has ${rows.used} usable rows; quality.minRows asks for at least ${quality.minRows}. ` +
      `Of ${rows.in} rows there, ${rows.unlabelled} are unlabelled, ${rows.excluded} excluded, ${rows.quarantined} quarantined.`,
    { details: { kind, window, rows, minRows: quality.minRows } },
  );
}

export interface AssessRequest {
  readonly key: RunKey;
  readonly plan: RunPlan;
  /** Absent: those known when the inputs were frozen. */
  readonly labelsAsOf?: Instant;
  /** What is missing now will not come. */
  readonly isAfterLabelWait?: boolean;
}

export interface FreezeSnapshotsRequest extends Pick<AssessRequest, 'key' | 'plan'> {
  readonly training: Window;
  readonly labelsAsOf: Instant;
}

/** The spec, with the champion's features where it has others: what holdouts are frozen and assessed by. */
async function specsOf(
  { registry }: ActivityDeps,
  plan: RunPlan,
  modelId: string,
): Promise<{ own: PipelineSpec; shared: PipelineSpec }> {
  const own = await registry.specByDigest(plan.specDigest);
  const champion = await registry.champion(modelId);
  const other = champion === null ? null : await registry.specByDigest(champion.specDigest);
  return { own, shared: withChampionFeatures(own, other) };
}

/** The rows that are news to the champion, as known at `inputsAsOf`, against the four weeks before them. */
async function assessQuality(deps: ActivityDeps, { key, plan }: AssessRequest): Promise<AssessReply> {
  const { registry, dataset } = deps;
  const { own, shared } = await specsOf(deps, plan, key.modelId);
  const champion = await registry.champion(key.modelId);
  const window = newsWindow(plan, champion?.trainedThrough ?? null);
  const { start } = window;
  const asOf = plan.inputsAsOf;
  const excluding = excludedBefore(shared, plan.holdout.start);
  const schema = await registry.acceptedSchema(key.modelId);
  const facts = await dataset.inspect(shared, { window, asOf, excluding, listed: listedIn(schema?.schema ?? null) });
  const before = await dataset.inspect(shared, {
    window: { start: shiftInstant(start, -REFERENCE_MS), end: start },
    asOf,
    excluding,
  });
  const reference = before.rows === 0 ? null : before;
  const assessment = assessWindow({ spec: shared, facts, reference, lenient: addedColumns(own, shared), schema });
  const { incidentId } = await registry.recordAssessment(key, assessment);
  const reasons = assessment.reasons.slice(0, SHOWN_REASONS);
  return { verdict: assessment.verdict, reasons, window, incidentId };
}

async function measureCoverage({ registry, dataset }: ActivityDeps, request: CoverageRequest): Promise<CoverageReply> {
  const { key, plan, training, asOf, deadlineAt } = request;
  const spec = await registry.specByDigest(plan.specDigest);
  const measure = (window: Window, excluding: readonly Window[]): Promise<Coverage> =>
    dataset.coverage(spec, { window, inputsAsOf: plan.inputsAsOf, asOf, excluding });
  const trainingCoverage = await measure(training, spec.window.excluding);
  const holdoutCoverage = await measure(plan.holdout, []);
  await registry.recordCoverage(key, 'training', trainingCoverage);
  await registry.recordCoverage(key, 'holdout', holdoutCoverage);
  const answer = judgeCoverage({
    policy: spec.labels,
    training: trainingCoverage,
    holdout: holdoutCoverage,
    deadlineAt,
    now: asOf,
  });
  return {
    kind: answer.kind === 'deadline' ? answer.outcome : answer.kind,
    missing: answer.kind === 'enough' ? [] : answer.missing.slice(0, SHOWN_REASONS),
    trainingShare: trainingCoverage.overall,
    holdoutShare: holdoutCoverage.overall,
  };
}

/** The longest training window, cut at its end by whole days, whose labels are in; null when there is none. */
async function shrinkTraining({ registry, dataset }: ActivityDeps, request: CoverageRequest): Promise<Window | null> {
  const { plan, training, asOf, deadlineAt } = request;
  const spec = await registry.specByDigest(plan.specDigest);
  const holdout = await dataset.coverage(spec, { window: plan.holdout, inputsAsOf: plan.inputsAsOf, asOf });
  return shrinkToCoverage(training, {
    shortestMs: durationMs(spec.trainer.validationTail) + 24 * 3_600_000,
    isEnough: async (window) => {
      const request = { window, inputsAsOf: plan.inputsAsOf, asOf, excluding: spec.window.excluding };
      const coverage = await dataset.coverage(spec, request);
      return (
        judgeCoverage({ policy: spec.labels, training: coverage, holdout, deadlineAt, now: asOf }).kind === 'enough'
      );
    },
  });
}

/** Both snapshots, digested once, and the proof that they do not overlap. */
async function freezeSnapshots(
  deps: ActivityDeps,
  request: FreezeSnapshotsRequest,
): Promise<{ training: SnapshotRef; holdout: SnapshotRef }> {
  const { registry, dataset } = deps;
  const { key, plan, labelsAsOf } = request;
  const { own, shared } = await specsOf(deps, plan, key.modelId);
  const signal = Context.current().cancellationSignal;
  const released = await registry.quarantineReleases(key.modelId);
  const common = { inputsAsOf: plan.inputsAsOf, labelsAsOf, released };
  const frozen = await dataset.freeze(
    own,
    {
      ...common,
      kind: 'training',
      window: request.training,
      excluding: own.window.excluding,
      last: own.window.last ?? null,
    },
    { signal },
  );
  const all = await withPastFeatures(registry, shared, key.modelId);
  const mayLack = addedFeatures(own, all);
  const frozenHoldout = await dataset.freeze(
    all,
    { ...common, kind: 'holdout', window: plan.holdout, excluding: [], last: null, mayLack },
    { signal },
  );
  // Of the recorded ones, which an earlier attempt may have made: nothing else is trained on or judged by.
  const training = await registry.recordSnapshot(key, frozen);
  const holdout = await registry.recordSnapshot(key, frozenHoldout);
  await recordQuarantined(deps, key, training);
  await recordQuarantined(deps, key, holdout);
  checkUsedRows(own, training);
  checkUsedRows(own, holdout);
  await checkLeakage(deps, { key, own, training, holdout });
  return { training, holdout };
}

/** @throws SPLIT_LEAKAGE */
async function checkLeakage(
  { dataset }: ActivityDeps,
  frozen: { key: RunKey; own: PipelineSpec; training: SnapshotRef; holdout: SnapshotRef },
): Promise<void> {
  const { key, own, training, holdout } = frozen;
  const { sharedIds, gapMs } = await dataset.overlap(training, holdout);
  if (sharedIds > 0 || gapMs < durationMs(own.labels.delay)) {
    throw new PipelineError(
      'SPLIT_LEAKAGE',
      `Training and holdout of ${key.modelId} run ${key.runNo} share ${sharedIds} ids and lie ${Math.round(gapMs / 3_600_000)} h apart; ` +
        `no shared id and at least ${own.labels.delay} are required.`,
      { details: { sharedIds, gapMs } },
    );
  }
}

export function createDataActivities(deps: ActivityDeps) {
  return {
    ...createLabelCountActivities(deps),
    assessQuality: (request: AssessRequest) => assessQuality(deps, request),
    measureCoverage: (request: CoverageRequest) => measureCoverage(deps, request),
    shrinkTraining: (request: CoverageRequest) => shrinkTraining(deps, request),
    freezeSnapshots: (request: FreezeSnapshotsRequest) => freezeSnapshots(deps, request),
  };
}

export type DataActivities = ReturnType<typeof createDataActivities>;
