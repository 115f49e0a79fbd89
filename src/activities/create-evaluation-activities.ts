/**
 * `compareWithChampion`: candidate, champion and (in refresh mode) earlier champions score the same frozen rows in one
 * fresh process; the pure evaluation judges; the look, the gates and the evidence digest are recorded.
 */

import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { PipelineError } from '../core/errors.js';
import type { EvaluationResult } from '../core/evaluation/evaluate.js';
import { evidenceDigest } from '../core/evaluation/evidence.js';
import { lookNumber } from '../core/evaluation/looks.js';
import { renderReport } from '../core/evaluation/report.js';
import { shortInstant, shortWindow } from '../core/instant.js';
import { withChampionFeatures } from '../core/spec/champion-features.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { ArtifactRef, Digest, EvaluationSummary, GateResult, SnapshotRef, Window } from '../core/types.js';
import type { ActivityDeps, ChampionRow, ColumnFile, RunKey } from './deps.js';
import { MAX_PAST_CHAMPIONS } from './holdout-features.js';
import { labelGates } from './label-gates.js';
import { withScratch } from './scratch.js';
import { checkServing } from './serving-check.js';

export interface EvaluationRequest {
  readonly key: RunKey;
  readonly specDigest: Digest;
  readonly candidate: { readonly version: number; readonly artifact: ArtifactRef };
  readonly holdout: SnapshotRef;
}

export interface ScoreRequest {
  readonly modelId: string;
  readonly specDigest: Digest;
  readonly versions: readonly number[];
  readonly snapshot: SnapshotRef;
}

export interface VersionScore {
  readonly version: number;
  readonly metrics: EvaluationResult['metrics']['candidate'];
}

const SHOWN_REASONS = 8;

interface Scored {
  readonly result: EvaluationResult;
  readonly look: number;
}

async function compareWithChampion(deps: ActivityDeps, request: EvaluationRequest): Promise<EvaluationSummary> {
  const { registry } = deps;
  const { key, candidate, holdout } = request;
  const spec = await registry.specByDigest(request.specDigest);
  const champion = await registry.champion(key.modelId);
  const begun = await registry.beginEvaluation({
    ...key,
    candidateVersion: candidate.version,
    championVersion: champion?.version ?? null,
    championEpoch: champion?.epoch ?? 0,
    holdoutContentDigest: holdout.contentDigest,
    holdoutWindow: holdout.window,
  });
  const look = lookNumber(holdout.window, begun.earlierLooks);
  const { result } = await scoreAndEvaluate(deps, { request, spec, champion, look });
  const digest = evidenceDigest({
    modelId: key.modelId,
    runNo: key.runNo,
    specDigest: request.specDigest,
    candidateVersion: candidate.version,
    candidateArtifact: candidate.artifact.digest,
    championVersion: champion?.version ?? null,
    championEpoch: champion?.epoch ?? 0,
    holdoutDigest: holdout.contentDigest,
    gates: result.gates,
  });
  const text = renderReport(result, {
    modelId: key.modelId,
    runNo: key.runNo,
    candidateVersion: candidate.version,
    championVersion: champion?.version ?? null,
    holdout: holdout.window,
    evidenceDigest: digest,
    spec,
    look,
  });
  const report = await deps.artifacts.putBytes(new TextEncoder().encode(text));
  const summary: EvaluationSummary = {
    evaluationId: begun.evaluationId,
    verdict: result.verdict,
    comparison: result.comparison,
    metric: spec.metric,
    mode: spec.mode,
    candidateVersion: candidate.version,
    championVersion: champion?.version ?? null,
    championEpoch: champion?.epoch ?? 0,
    candidateValue: result.primary.candidate,
    championValue: result.primary.champion,
    difference: result.difference,
    interval: result.interval,
    interval95: result.interval95,
    rowInterval95: result.rowInterval95,
    look,
    blocks: result.blocks,
    reasons: result.reasons.slice(0, SHOWN_REASONS),
    evidenceDigest: digest,
    report,
  };
  await registry.finishEvaluation(begun.evaluationId, { summary, gates: result.gates });
  return summary;
}

/** Realised quality: what each version scores on the frozen rows of a later window. Decides nothing, counts no look. */
async function scoreVersions(deps: ActivityDeps, request: ScoreRequest): Promise<VersionScore[]> {
  const { registry } = deps;
  const { modelId, specDigest, versions, snapshot } = request;
  const spec = await registry.specByDigest(specDigest);
  const artifacts = await Promise.all(versions.map((version) => registry.versionArtifact(modelId, version)));
  const signal = Context.current().cancellationSignal;
  return withScratch(deps.scratchDir, async (dir) => {
    const target = { snapshot, path: join(dir, 'rows.columns'), boundaryAt: null };
    const columns = await deps.dataset.toColumns(spec, target, { signal });
    const { scores } = await deps.trainer.predict(
      { columnsPath: columns.path, artifacts, workDir: dir, trainer: spec.trainer },
      { signal },
    );
    const scored: VersionScore[] = [];
    for (const [at, version] of versions.entries()) {
      const { metrics } = await deps.evaluateOffLoop({
        columnsPath: columns.path,
        candidate: scores[at]!,
        champion: null,
        anchors: [],
        spec,
        look: 1,
        extraGates: [],
      });
      scored.push({ version, metrics: metrics.candidate });
    }
    return scored;
  });
}

export function createEvaluationActivities(deps: ActivityDeps) {
  return {
    compareWithChampion: (request: EvaluationRequest) => compareWithChampion(deps, request),
    scoreVersions: (request: ScoreRequest) => scoreVersions(deps, request),
  };
}

async function scoreAndEvaluate(
  deps: ActivityDeps,
  work: { request: EvaluationRequest; spec: PipelineSpec; champion: ChampionRow | null; look: number },
): Promise<Scored> {
  const { request, spec, champion, look } = work;
  const signal = Context.current().cancellationSignal;
  const championSpec = champion === null ? null : await deps.registry.specByDigest(champion.specDigest);
  return withScratch(deps.scratchDir, async (dir) => {
    const target = { snapshot: request.holdout, path: join(dir, 'holdout.columns'), boundaryAt: null };
    const { columns, shared, obstacle } = await sharedColumns(deps, { spec, championSpec, target, signal });
    const anchors = spec.mode === 'refresh' ? await findAnchors(deps, request.key.modelId, shared) : [];
    const models = [request.candidate.artifact, ...(champion === null || obstacle !== null ? [] : [champion.artifact])];
    const { scores } = await deps.trainer.predict(
      {
        columnsPath: columns.path,
        artifacts: [...models, ...anchors.map((anchor) => anchor.artifact)],
        workDir: dir,
        trainer: spec.trainer,
      },
      { signal },
    );
    const [candidate, ...others] = scores as [Float32Array, ...Float32Array[]];
    const serving = await checkServing(deps, {
      columnsPath: columns.path,
      artifact: request.candidate.artifact,
      expected: candidate,
      workDir: dir,
      trainer: spec.trainer,
      signal,
    });
    const result = await deps.evaluateOffLoop({
      columnsPath: columns.path,
      candidate,
      // Never null where there is a champion: without one, absolute gates alone would decide.
      champion: champion === null ? null : obstacle === null ? others[0]! : candidate.map(() => Number.NaN),
      anchors: anchors.map((anchor, at) => ({ version: anchor.version, scores: others[models.length - 1 + at]! })),
      spec,
      look,
      extraGates: [
        serving,
        ...unscoredGate(champion, obstacle),
        ...unseenGate(champion, request.holdout.window),
        ...labelGates(await deps.registry.checksOfRun(request.key)),
      ],
    });
    return { result, look };
  });
}

/**
 * The holdout's columns for the candidate and the champion; for the candidate alone where the holdout lacks what the champion
 * needs (a source that lost a column, a champion of another pipeline meanwhile). `obstacle` says why.
 */
async function sharedColumns(
  deps: Pick<ActivityDeps, 'dataset'>,
  job: {
    spec: PipelineSpec;
    championSpec: PipelineSpec | null;
    target: Parameters<ActivityDeps['dataset']['toColumns']>[1];
    signal: AbortSignal;
  },
): Promise<{ columns: ColumnFile; shared: PipelineSpec; obstacle: string | null }> {
  const { spec, championSpec, target, signal } = job;
  try {
    const shared = withChampionFeatures(spec, championSpec);
    return { columns: await deps.dataset.toColumns(shared, target, { signal }), shared, obstacle: null };
  } catch (error) {
    const isOfColumns =
      error instanceof PipelineError && (error.code === 'SPEC_INVALID' || error.code === 'DATA_SCHEMA_VIOLATION');
    if (championSpec === null || !isOfColumns) throw error;
    const columns = await deps.dataset.toColumns(spec, target, { signal });
    return { columns, shared: spec, obstacle: error.message };
  }
}

function unscoredGate(champion: ChampionRow | null, obstacle: string | null): GateResult[] {
  if (champion === null || obstacle === null) return [];
  const reason = `The champion (version ${champion.version}) cannot be scored on this holdout: ${obstacle}`;
  return [notAssessable('holdout:scores-champion', reason)];
}

/** A champion that learnt from rows of the holdout looks better on them than it is: nothing can be decided there. */
function unseenGate(champion: ChampionRow | null, holdout: Window): GateResult[] {
  if (champion === null || Date.parse(champion.trainedThrough) <= Date.parse(holdout.start)) return [];
  return [
    notAssessable(
      'holdout:unseen-by-champion',
      `The champion was trained through ${shortInstant(champion.trainedThrough)}, inside or after this holdout ${shortWindow(holdout)}: ` +
        'the two cannot be compared on it. Evaluate on a newer range.',
    ),
  ];
}

/** A required gate without an answer: whatever else passes, the evaluation is inconclusive, with this reason. */
function notAssessable(gate: string, reason: string): GateResult {
  const nothing = { value: null, interval: null, threshold: null, passed: null };
  return { gate, metric: 'none', slice: 'all', required: true, ...nothing, reason };
}

/** Earlier champions whose every feature stands in the holdout. */
async function findAnchors(deps: ActivityDeps, modelId: string, shared: PipelineSpec) {
  const names = new Set(shared.features.map((feature) => feature.name));
  const anchors: { version: number; artifact: ArtifactRef }[] = [];
  for (const past of await deps.registry.pastChampions(modelId)) {
    if (anchors.length === MAX_PAST_CHAMPIONS) break;
    const spec = await deps.registry.specByDigest(past.specDigest);
    if (spec.features.every((feature) => names.has(feature.name))) anchors.push(past);
  }
  return anchors;
}

export type EvaluationActivities = ReturnType<typeof createEvaluationActivities>;
