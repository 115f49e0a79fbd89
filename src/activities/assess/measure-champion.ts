/** How the champion does on the assessed window: whether it got worse, whether its scores moved, and whether its features go together. */

import type { AssociationFacts, MovedColumn, PerformanceFacts } from '../../core/triage/facts.js';
import { type ComparedDays, comparedDays } from '../../core/triage/performance-days.js';
import { performanceFacts } from '../../core/triage/performance-facts.js';
import type { ActivityDeps } from '../deps.js';
import type { AssessContext } from './assess-context.js';
import { type ScoredChampion, scoreChampion } from './score-champion.js';

export interface MeasuredChampion {
  readonly scored: ScoredChampion | null;
  readonly compared: ComparedDays;
  readonly performance: PerformanceFacts | null;
  readonly scores: MovedColumn | null;
  readonly association: AssociationFacts | null;
  /** One sentence for each null. */
  readonly notMeasured: readonly string[];
}

const nothing = (notMeasured: readonly string[]): MeasuredChampion => ({
  scored: null,
  compared: { current: [], reference: [] },
  performance: null,
  scores: null,
  association: null,
  notMeasured,
});

/** @param of.rows rows of both windows */
export async function measureChampion(
  deps: Pick<ActivityDeps, 'dataset' | 'trainer' | 'runAssessJob'>,
  context: AssessContext,
  options: { readonly rows: number; readonly dir: string; readonly signal: AbortSignal },
): Promise<MeasuredChampion> {
  const { champion, shared: spec, lenient, windows, excluding, inputsAsOf, labelsAsOf } = context;
  if (champion === null) return nothing([]);
  const { current, reference } = windows;
  const scope = { current, reference, excluding, inputsAsOf, labelsAsOf, rows: options.rows };
  const models = { spec, champion: champion.row, championSpec: champion.spec };
  const { scored, why } = await scoreChampion(deps, { ...models, ...scope }, options);
  if (scored === null) return nothing([why]);
  const { trainedThrough } = champion.row;
  const compared = comparedDays(scored.days, { current, reference, trainedThrough, labelsAsOf, spec });
  const performance = performanceFacts(compared.current, compared.reference);
  const job = { days: scored.days, current, reference, triage: spec.triage };
  const scores = await deps.runAssessJob('judgeScores', job, options);
  const { columnsPath } = scored;
  const features = { columnsPath, spec: scored.spec, lenient, current, reference };
  const association = await deps.runAssessJob('judgeAssociation', features, options);
  return {
    scored,
    compared,
    performance: performance.facts,
    scores,
    association: association.facts,
    notMeasured: [performance.why, association.why].filter((why) => why !== null),
  };
}
