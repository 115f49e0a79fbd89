/** All that triage concludes from, but for the refit: inputs, labels, the champion, what was announced. */

import { durationMs } from '../../core/spec/duration.js';
import type { RowsOf, SeasonFacts, TriageFacts } from '../../core/triage/facts.js';
import type { InputFacts } from '../../core/triage/input-facts.js';
import type { InputMeasures, WindowInputs } from '../../core/triage/input-measures.js';
import type { ActivityDeps } from '../deps.js';
import { shiftInstant } from '../instants.js';
import type { AssessContext } from './assess-context.js';
import { type MeasuredChampion, measureChampion } from './measure-champion.js';
import { gateChecks, measureInputs } from './measure-inputs.js';
import { countLabels, judgeLabels } from './measure-labels.js';

export interface MeasuredFacts {
  readonly facts: TriageFacts;
  readonly champion: MeasuredChampion;
}

const DAY_MS = 86_400_000;

function rowsOf({ window, facts, days, rows }: WindowInputs): RowsOf {
  const isWhole = (day: string): boolean => {
    const start = Date.parse(day);
    return start >= Date.parse(window.start) && start + DAY_MS <= Date.parse(window.end);
  };
  return { window, rows: facts.rows, days: days.filter((day, at) => rows[at]! > 0 && isWhole(day)).length };
}

const referenceOf = ({ reference }: InputMeasures): RowsOf | null =>
  reference === null || reference.facts.rows === 0 ? null : rowsOf(reference);

/** The usual band is the reference's: a champion that did not get worse is in it. */
function seasonOf({ season }: InputFacts, { performance }: MeasuredChampion): SeasonFacts | null {
  if (season === null) return null;
  return { ...season, isPerformanceUsual: performance === null ? null : !(performance.interval.lower > 0) };
}

/** Both to their end, also when one fails: nobody may work on in a scratch folder that is gone. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

export async function measureFacts(
  deps: ActivityDeps,
  context: AssessContext,
  running: { readonly dir: string; readonly signal: AbortSignal },
): Promise<MeasuredFacts> {
  const { windows, inputsAsOf, labelsAsOf, isAfterLabelWait, claims, cause } = context;
  const inputs = await measureInputs(deps, context, running);
  const gate = await gateChecks(deps, context, inputs.facts.checks);
  const current = rowsOf(inputs.measures.current);
  const reference = referenceOf(inputs.measures);
  const rows = current.rows + (reference?.rows ?? 0);
  // One waits for a child process while the other counts.
  const [champion, counted] = await both(
    measureChampion(deps, context, { ...running, rows }),
    countLabels(deps, context, running),
  );
  const from = shiftInstant(windows.reference.start, -durationMs(context.shared.triage.versionWithin));
  const versions = await deps.registry.versionRecords(context.modelId, { from, to: inputsAsOf });
  const labels = await judgeLabels(deps, context, { ...running, champion, counted, versions });
  const facts: TriageFacts = {
    cause,
    claims,
    hasChampion: context.champion !== null,
    inputsAsOf,
    labelsAsOf,
    current,
    reference,
    checks: [...inputs.facts.checks, ...gate, ...labels.checks],
    maps: inputs.facts.maps,
    recomputed: inputs.facts.recomputed,
    association: champion.association,
    // Without earlier rows nothing was compared, which is not the same as nothing having moved.
    drift: reference === null ? null : { columns: inputs.facts.columns, scores: champion.scores },
    performance: champion.performance,
    refit: null,
    labels: labels.facts,
    versions,
    season: seasonOf(inputs.facts, champion),
    notMeasured: [...windows.notMeasured, ...inputs.facts.notMeasured, ...champion.notMeasured, ...labels.notMeasured],
    isAfterLabelWait,
  };
  return { facts, champion };
}
