/** One model's scores on the holdout, checked and ranked once, with the samples of slices made when first asked for. */
import { type Blocks, partitionSample, type RankedSample, rankSample } from '../stats/ranked-sample.js';
import type { Grouping } from './group-rows.js';

export interface ScoredModel {
  /** Why the scores cannot be used; null: they can. */
  readonly problem: string | null;
  /** All rows; null exactly when there is a problem. */
  readonly sample: RankedSample | null;
  /** The samples of a grouping, in the order of its names; none when there is a problem. Kept for the next gate. */
  readonly parts: (grouping: Grouping) => readonly RankedSample[];
}

/**
 * A score that is not a number in [0, 1] makes the whole model unusable: it is a fault of that model, so the verdict is
 * `inconclusive` with this reason; the run goes on, and nothing is promoted.
 * @param who `the candidate`, `the champion`, … for the reason
 */
export function scoreModel(
  who: string,
  rows: { scores: Float32Array; label: Uint8Array; blocks: Blocks },
): ScoredModel {
  const { scores, label, blocks } = rows;
  let unusable = 0;
  // Negated, so that NaN counts.
  for (let row = 0; row < scores.length; row += 1) if (!(scores[row]! >= 0 && scores[row]! <= 1)) unusable += 1;
  if (unusable > 0) {
    const problem = `${who} gives ${unusable} of ${scores.length} rows a score that is not a number in [0, 1]`;
    return { problem, sample: null, parts: () => [] };
  }
  const sample = rankSample(scores, label, blocks);
  const kept = new Map<string, readonly RankedSample[]>();
  const parts = (grouping: Grouping): readonly RankedSample[] => {
    const known = kept.get(grouping.on);
    if (known !== undefined) return known;
    const made = partitionSample(sample, grouping.groupOf, grouping.names.length);
    kept.set(grouping.on, made);
    return made;
  };
  return { problem: null, sample, parts };
}
