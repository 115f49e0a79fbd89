/** The primary metric on every slice: facts for the report, beside the gates that some of them have. */
import { jackknife, jackknifeInterval } from '../stats/jackknife.js';
import type { RankedSample } from '../stats/ranked-sample.js';
import type { SliceFact } from './evaluation-result.js';
import type { Grouping } from './group-rows.js';
import type { Models } from './measure-gate.js';
import { finiteOrNull, PRINTED_CONFIDENCE } from './measured.js';
import { gainOf, METRICS, type MetricKey } from './metrics.js';

/** @returns one fact a group of rows, in the order of the groupings; none for groupings or models with a problem */
export function sliceFacts(groupings: readonly Grouping[], measured: { models: Models; key: MetricKey }): SliceFact[] {
  const { models, key } = measured;
  return groupings.flatMap((grouping) => {
    if (grouping.problem !== null) return [];
    const champions = models.champion?.parts(grouping) ?? [];
    return models.candidate
      .parts(grouping)
      .map((sample, at) => factOf(grouping.names[at]!, { candidate: sample, champion: champions[at], key }));
  });
}

function factOf(
  slice: string,
  { candidate, champion, key }: { candidate: RankedSample; champion: RankedSample | undefined; key: MetricKey },
): SliceFact {
  const mine = METRICS[key].measure(candidate);
  const theirs = champion === undefined ? null : METRICS[key].measure(champion);
  const gain = theirs === null ? null : gainOf(key, mine, theirs);
  const estimate = gain === null ? null : jackknife(gain);
  return {
    slice,
    rows: candidate.rows,
    positives: candidate.label.reduce((sum, one) => sum + one, 0),
    days: candidate.blocks,
    candidate: finiteOrNull(mine.value),
    champion: theirs === null ? null : finiteOrNull(theirs.value),
    gain: {
      difference: gain === null ? null : finiteOrNull(gain.value),
      interval95: estimate === null ? null : jackknifeInterval(estimate, PRINTED_CONFIDENCE),
    },
  };
}
