/**
 * Activities over the user's data: assess, label coverage, freeze. Each measures through `dataset/`, judges by a pure
 * rule of core, records, and returns the little that the workflow needs.
 */
import { Context } from '@temporalio/activity';
import { PipelineError } from '../core/errors.js';
import { shortWindow } from '../core/instant.js';
import { judgeCoverage } from '../core/policy/label-wait.js';
import { withChampionFeatures } from '../core/spec/champion-features.js';
import { durationMs } from '../core/spec/duration.js';
import type { RunPlan } from '../core/spec/run-plan.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Coverage, Instant, SnapshotRef, Window } from '../core/types.js';
import type { AssessRequest } from './assess/assess-context.js';
import { assessRun } from './assess/assess-run.js';
import { createLabelCountActivities } from './create-label-count-activities.js';
import type { ActivityDeps, RunKey, SnapshotSize } from './deps.js';
import { addedFeatures, withPastFeatures } from './holdout-features.js';
import { recordQuarantined } from './record-quarantined.js';
import { shrinkToCoverage } from './shrink-training.js';

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

/** Rows may be many and usable ones few: unlabelled, excluded and quarantined rows teach and show nothing. */
function checkUsedRows({ quality }: PipelineSpec, { kind, window, rows }: SnapshotRef): void {
  if (rows.used >= quality.minRows) return;
  throw new PipelineError(
    'DATA_WINDOW_EMPTY',
    `The ${kind} window ${shortWindow(window)} has ${rows.used} usable rows; quality.minRows asks for at least ${quality.minRows}. ` +
      `Of ${rows.in} rows there, ${rows.unlabelled} are unlabelled, ${rows.excluded} excluded, ${rows.quarantined} quarantined.`,
    { details: { kind, window, rows, minRows: quality.minRows } },
  );
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
  await checkTogether(deps, { key, own, training, holdout });
  return { training, holdout };
}

/** Rows may be enough and still lie on one day, or be of one class: nothing could be learned, or compared, there. */
function checkSize(
  { quality }: PipelineSpec,
  { kind, window }: SnapshotRef,
  { days, rarerClassRows }: SnapshotSize,
): void {
  const { minDays, minClassRows } = quality;
  const short = [
    ...(days < minDays ? [`rows of ${days} days; quality.minDays asks for at least ${minDays}`] : []),
    ...(rarerClassRows < minClassRows
      ? [`${rarerClassRows} rows of the rarer class; quality.minClassRows asks for at least ${minClassRows}`]
      : []),
  ];
  if (short.length === 0) return;
  throw new PipelineError(
    'DATA_WINDOW_EMPTY',
    `The ${kind} window ${shortWindow(window)} has ${short.join(', and ')}.`,
    { details: { kind, window, days, rarerClassRows, minDays, minClassRows } },
  );
}

/** @throws SPLIT_LEAKAGE, DATA_WINDOW_EMPTY */
async function checkTogether(
  { dataset }: ActivityDeps,
  frozen: { key: RunKey; own: PipelineSpec; training: SnapshotRef; holdout: SnapshotRef },
): Promise<void> {
  const { key, own, training, holdout } = frozen;
  const { sharedIds, gapMs, ...sizes } = await dataset.overlap(training, holdout);
  if (sharedIds > 0 || gapMs < durationMs(own.labels.delay)) {
    throw new PipelineError(
      'SPLIT_LEAKAGE',
      `Training and holdout of ${key.modelId} run ${key.runNo} share ${sharedIds} ids and lie ${Math.round(gapMs / 3_600_000)} h apart; ` +
        `no shared id and at least ${own.labels.delay} are required.`,
      { details: { sharedIds, gapMs } },
    );
  }
  for (const snapshot of [training, holdout]) checkSize(own, snapshot, sizes[snapshot.kind]);
}

export function createDataActivities(deps: ActivityDeps) {
  return {
    ...createLabelCountActivities(deps),
    assessQuality: (request: AssessRequest) => assessRun(deps, request),
    measureCoverage: (request: CoverageRequest) => measureCoverage(deps, request),
    shrinkTraining: (request: CoverageRequest) => shrinkTraining(deps, request),
    freezeSnapshots: (request: FreezeSnapshotsRequest) => freezeSnapshots(deps, request),
  };
}

export type DataActivities = ReturnType<typeof createDataActivities>;
