/**
 * The inputs of the assessed window beside its reference and season, and the data gate: the checks of all rows that are new to the
 * champion, whichever of them a claim is about.
 */
import { shortWindow } from '../../core/instant.js';
import { assessWindow } from '../../core/quality/assess-window.js';
import type { QualityCheck } from '../../core/quality/quality-check.js';
import { listedIn } from '../../core/quality/source-schema.js';
import { isSameWindow } from '../../core/triage/assess-windows.js';
import type { InputFacts } from '../../core/triage/input-facts.js';
import type { InputMeasures } from '../../core/triage/input-measures.js';
import type { ActivityDeps } from '../deps.js';
import { shiftInstant } from '../instants.js';
import type { AssessContext } from './assess-context.js';
import { trainingProfile } from './training-profile.js';

/** History of the same length of weeks that row counts are compared with. */
const GATE_REFERENCE_MS = 28 * 24 * 3_600_000;

type Deps = Pick<ActivityDeps, 'registry' | 'artifacts' | 'dataset' | 'runAssessJob'>;
type Running = { readonly signal: AbortSignal };

export async function measureInputs(
  deps: Deps,
  context: AssessContext,
  { signal }: Running,
): Promise<{ measures: InputMeasures; facts: InputFacts }> {
  const { shared, lenient, windows, excluding, inputsAsOf, labelsAsOf } = context;
  const profile = await trainingProfile(deps, context.modelId);
  const alsoAt: Record<string, readonly number[]> = {};
  for (const [feature, stored] of Object.entries(profile ?? {})) {
    if (stored.kind === 'numeric') alsoAt[feature] = stored.histogram.edges;
  }
  const { current: window, reference, season } = windows;
  const request = { window, reference, season, inputsAsOf, labelsAsOf, excluding, alsoAt };
  const measures = await deps.dataset.measureInputs(shared, request, { signal });
  signal.throwIfAborted();
  const facts = await deps.runAssessJob('judgeInputs', { spec: shared, measures, profile, lenient }, { signal });
  return { measures, facts };
}

const nameOf = ({ check, column }: QualityCheck): string => `${check}:${column ?? ''}`;

/** A warning about the window tells no error of the rows around it. */
const isToldBy = (known: readonly QualityCheck[], check: QualityCheck): boolean =>
  known.some(
    (one) => !one.passed && nameOf(one) === nameOf(check) && (one.severity === 'error' || check.severity === 'warn'),
  );

/**
 * What fails in the rows that are new to the champion, by the rules of a data gate and by the schema that a person accepted.
 * @param known checks of the assessed window; what failed there is not told twice
 */
export async function gateChecks(
  { registry, dataset }: Pick<ActivityDeps, 'registry' | 'dataset'>,
  context: AssessContext,
  known: readonly QualityCheck[],
): Promise<QualityCheck[]> {
  const { shared, lenient, windows, excluding, inputsAsOf: asOf } = context;
  const { news, current } = windows;
  const schema = await registry.acceptedSchema(context.modelId);
  const isSame = isSameWindow(news, current);
  if (isSame && schema === null) return [];
  const facts = await dataset.inspect(shared, {
    window: news,
    asOf,
    excluding,
    listed: listedIn(schema?.schema ?? null),
  });
  const window = { start: shiftInstant(news.start, -GATE_REFERENCE_MS), end: news.start };
  const before = await dataset.inspect(shared, { window, asOf, excluding });
  const { checks } = assessWindow({
    spec: shared,
    facts,
    reference: before.rows === 0 ? null : before,
    lenient,
    schema,
  });
  const failed = checks.filter((check) => !check.passed && !isToldBy(known, check));
  if (isSame) return failed;
  return failed.map((check) => ({
    ...check,
    text: `In all rows new to the champion, ${shortWindow(news)}: ${check.text}`,
  }));
}
