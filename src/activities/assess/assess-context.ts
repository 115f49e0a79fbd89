/** What an assessment starts from: the run's cause and claims, its pipeline and the champion's, and which windows it looks at. */
import { withChampionFeatures } from '../../core/spec/champion-features.js';
import type { RunPlan } from '../../core/spec/run-plan.js';
import type { PipelineSpec } from '../../core/spec/schema.js';
import { type AssessWindows, assessWindows } from '../../core/triage/assess-windows.js';
import type { Alleged } from '../../core/triage/facts.js';
import type { Cause, Instant, Window } from '../../core/types.js';
import type { ActivityDeps, ChampionRow, RunKey } from '../deps.js';
import { addedColumns } from '../holdout-features.js';

export interface AssessRequest {
  readonly key: RunKey;
  readonly plan: RunPlan;
  /** Absent: those known when the inputs were frozen. */
  readonly labelsAsOf?: Instant;
  /** What is missing now will not come. */
  readonly isAfterLabelWait?: boolean;
}

export interface AssessContext {
  readonly modelId: string;
  readonly cause: Cause;
  readonly claims: readonly Alleged[];
  /** The run's pipeline, with the champion's features where it has others. */
  readonly shared: PipelineSpec;
  /** Source columns that the champion alone reads: what is wrong with them stops no run. */
  readonly lenient: ReadonlySet<string>;
  readonly champion: { readonly row: ChampionRow; readonly spec: PipelineSpec } | null;
  readonly windows: AssessWindows;
  readonly excluding: readonly Window[];
  readonly inputsAsOf: Instant;
  readonly labelsAsOf: Instant;
  readonly isAfterLabelWait: boolean;
}

/** What the pipeline excludes, cut at the holdout, which nothing is excluded from. */
function excludedBefore(spec: PipelineSpec, holdoutStart: Instant): Window[] {
  const isEarlier = (instant: Instant): boolean => Date.parse(instant) < Date.parse(holdoutStart);
  return spec.window.excluding
    .filter(({ start }) => isEarlier(start))
    .map(({ start, end }) => ({ start, end: isEarlier(end) ? end : holdoutStart }));
}

export async function loadContext({ registry }: ActivityDeps, request: AssessRequest): Promise<AssessContext> {
  const { key, plan } = request;
  const { cause } = await registry.run(key);
  const claims = await registry.claimsOfRun(key);
  const own = await registry.specByDigest(plan.specDigest);
  const row = await registry.champion(key.modelId);
  const champion = row === null ? null : { row, spec: await registry.specByDigest(row.specDigest) };
  const shared = withChampionFeatures(own, champion?.spec ?? null);
  const trainedThrough = row?.trainedThrough ?? null;
  return {
    modelId: key.modelId,
    cause,
    claims,
    shared,
    lenient: addedColumns(own, shared),
    champion,
    windows: assessWindows(plan, { cause, claims, trainedThrough, reference: own.triage.reference }),
    excluding: excludedBefore(shared, plan.holdout.start),
    inputsAsOf: plan.inputsAsOf,
    labelsAsOf: request.labelsAsOf ?? plan.inputsAsOf,
    isAfterLabelWait: request.isAfterLabelWait ?? false,
  };
}
