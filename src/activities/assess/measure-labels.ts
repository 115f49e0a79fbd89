/** The labels of the assessed window beside its reference's: counts by day and slice, and what models of either say of them. */
import { PipelineError } from '../../core/errors.js';
import { labelChecks } from '../../core/quality/label-checks.js';
import type { QualityCheck } from '../../core/quality/quality-check.js';
import type { LabelFacts, VersionRecord } from '../../core/triage/facts.js';
import { labelFacts } from '../../core/triage/label-facts.js';
import type { LabelMeasures } from '../../core/triage/label-measures.js';
import type { ActivityDeps } from '../deps.js';
import type { AssessContext } from './assess-context.js';
import type { MeasuredChampion } from './measure-champion.js';

interface MeasuredLabels {
  readonly facts: LabelFacts | null;
  readonly checks: readonly QualityCheck[];
  readonly notMeasured: readonly string[];
}

type CountedLabels =
  | { readonly measures: LabelMeasures; readonly why: null }
  | { readonly measures: null; readonly why: string };

/** @returns a sentence where the source has no labels that could be read */
export async function countLabels(
  { dataset }: Pick<ActivityDeps, 'dataset'>,
  context: AssessContext,
  { signal }: { readonly signal: AbortSignal },
): Promise<CountedLabels> {
  const { shared, windows, excluding, inputsAsOf, labelsAsOf } = context;
  const { current: window, reference } = windows;
  try {
    const request = { window, reference, inputsAsOf, labelsAsOf, excluding };
    return { measures: await dataset.measureLabels(shared, request, { signal }), why: null };
  } catch (error) {
    // A missing or unfit column is a fact, and the schema check has told it.
    if (!(error instanceof PipelineError) || error.code !== 'DATA_SCHEMA_VIOLATION') throw error;
    return { measures: null, why: `Labels could not be looked at: ${error.message}` };
  }
}

export async function judgeLabels(
  { runAssessJob }: Pick<ActivityDeps, 'runAssessJob'>,
  context: AssessContext,
  of: {
    readonly counted: CountedLabels;
    readonly champion: MeasuredChampion;
    readonly versions: readonly VersionRecord[];
    readonly signal: AbortSignal;
  },
): Promise<MeasuredLabels> {
  const { measures, why } = of.counted;
  if (measures === null) return { facts: null, checks: [], notMeasured: [why] };
  const { shared: spec, windows, labelsAsOf, isAfterLabelWait } = context;
  const { current, reference } = windows;
  const { scored } = of.champion;
  const job = { spec, current, reference, labelsAsOf };
  const models =
    scored === null
      ? { noise: null, selection: null }
      : await runAssessJob('judgeLabels', { ...job, columnsPath: scored.columnsPath }, of);
  const announced = of.versions.filter(({ kind }) => kind === 'label-process').map(({ at }) => at);
  const known = { championVersion: context.champion?.row.version ?? null, noise: models.noise, announced };
  const facts = labelFacts(measures, known);
  const options = { ...known, selection: models.selection, isAfterLabelWait };
  return { facts, checks: labelChecks({ spec, measures, facts, options }), notMeasured: [] };
}
