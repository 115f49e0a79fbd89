/** Average precision, with each day left out in the same walk. */
import type { LeaveOneOut } from './leave-one-out.js';
import type { RankedSample } from './ranked-sample.js';

/**
 * Definition: sum over the distinct scores, highest first, of (recall gained there) × (precision there). No interpolation.
 * Inputs: ranked sample, scores of any scale, no NaN.
 * Conventions: tied rows enter together, as one threshold.
 * Output: (0, 1], higher is better; the positive share is what a random order gives.
 * Edge cases: NaN without a positive row (scikit-learn warns and says 0).
 * Reference: sklearn.metrics.average_precision_score, also the oracle (test/golden/metrics.json).
 * Example: scores .1 .4 .35 .8 with labels 0 0 1 1 give .8333….
 * Cost: O(n + positives × blocks): a day's own counts are subtracted from the running ones.
 */
export function averagePrecision(sample: RankedSample): LeaveOneOut {
  const { rows, score, label, block, blocks } = sample;
  const seenOf = new Float64Array(blocks);
  const hitsOf = new Float64Array(blocks);
  const newHitsOf = new Float64Array(blocks);
  const without = new Float64Array(blocks);
  let value = 0;
  let hits = 0;
  let start = rows;
  while (start > 0) {
    const end = start;
    start -= 1;
    while (start > 0 && score[start - 1] === score[start]) start -= 1;
    let newHits = 0;
    for (let at = start; at < end; at += 1) {
      const of = block[at]!;
      seenOf[of]! += 1;
      if (label[at] === 0) continue;
      newHits += 1;
      newHitsOf[of]! += 1;
      hitsOf[of]! += 1;
    }
    if (newHits === 0) continue;
    hits += newHits;
    const seen = rows - start;
    value += (newHits * hits) / seen;
    for (let out = 0; out < blocks; out += 1) {
      const gained = newHits - newHitsOf[out]!;
      if (gained > 0) without[out]! += (gained * (hits - hitsOf[out]!)) / (seen - seenOf[out]!);
    }
    for (let at = start; at < end; at += 1) newHitsOf[block[at]!] = 0;
  }
  return { value: value / hits, without: without.map((sum, out) => sum / (hits - hitsOf[out]!)) };
}
