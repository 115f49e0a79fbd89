/** The labels of the assessed window beside its reference's: counts by day and slice, and what models of either say of them. */
import { PipelineError } from '../../core/errors.js';
import { labelChecks } from '../../core/quality/label-checks.js';
import type { QualityCheck } from '../../core/quality/quality-check.js';
import type { LabelFacts } from '../../core/triage/facts.js';
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

/** @returns null facts with a sentence where the source has no labels that could be read */
export async function measureLabels(
  deps: Pick<ActivityDeps, 'dataset' | 'runAssessJob'>,
  context: AssessContext,
  options: { readonly champion: MeasuredChampion; readonly signal: AbortSignal },
): Promise<MeasuredLabels> {
  const { shared, windows, excluding, inputsAsOf, labelsAsOf, isAfterLabelWait } = context;
  const { current: window, reference } = windows;
  const { signal } = options;
  let measures: LabelMeasures;
  try {
    const request = { window, reference, inputsAsOf, labelsAsOf, excluding };
    measures = await deps.dataset.measureLabels(shared, request, { signal });
  } catch (error) {
    // A missing or unfit column is a fact, and the schema check has told it.
    if (!(error instanceof PipelineError) || error.code !== 'DATA_SCHEMA_VIOLATION') throw error;
    return { facts: null, checks: [], notMeasured: [`Labels could not be looked at: ${error.message}`] };
  }
  const { scored } = options.champion;
  const windowsOf = { current: window, reference, labelsAsOf, spec: shared };
  const models =
    scored === null
      ? { noise: null, selection: null }
      : await deps.runAssessJob('judgeLabels', { columnsPath: scored.columnsPath, ...windowsOf }, { signal });
  const known = { championVersion: context.champion?.row.version ?? null, noise: models.noise };
  const facts = labelFacts(measures, known);
  const checked = { ...known, selection: models.selection, isAfterLabelWait };
  return { facts, checks: labelChecks({ spec: shared, measures, facts, options: checked }), notMeasured: [] };
}
