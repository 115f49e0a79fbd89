/** Joins categories that are too rare for the chi-square test into one, so that its p-values mean what they say. */

/** Expected count of a cell under which chi-square p-values are rough (Cochran 1954). */
const MIN_EXPECTED = 5;

export interface PooledCounts {
  /** Kept categories in the order given, then, where any was pooled, the pool. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** Places of the categories that went into the pool, ascending; empty when there is no pool. */
  readonly pooled: readonly number[];
}

/**
 * Definition: a category is rare when its expected count in the smaller sample, total share · rows, is below the limit.
 * Inputs: two aligned lists of counts; limit 5 unless given.
 * Conventions: chosen by the totals of both samples together, never by their difference, so that the choice tells nothing
 * about which sample is which and the test keeps its level. A pool that is itself too rare takes in the rarest kept ones.
 * Output: counts of the same totals. Edge cases: empty samples and categories without counts are pooled with the rest;
 * when everything is rare one category is left, and the test says that there was nothing to compare (degrees 0).
 * Reference: Cochran 1954. Oracle: totals and limits as properties (test/property/drift.test.ts).
 * Example: [50, 45, 2, 1] and [52, 44, 1, 3]: the expected counts of the last two are 1.5 and 2; 3.5 is too few for a pool,
 * so it takes in the second, and [50, 48] and [52, 48] remain.
 */
export function poolRareCategories(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: { readonly minExpected?: number } = {},
): PooledCounts {
  const limit = options.minExpected ?? MIN_EXPECTED;
  const places = Array.from({ length: first.length }, (_, at) => at);
  const totals = places.map((at) => first[at]! + second[at]!);
  const rows = [first, second].map((counts) => places.reduce((sum, at) => sum + counts[at]!, 0));
  const share = Math.min(...rows) / (rows[0]! + rows[1]!);
  const isRare = (total: number): boolean => !(total * share >= limit);
  const ascending = places.sort((a, b) => totals[a]! - totals[b]! || a - b);
  const isPooled = new Uint8Array(totals.length);
  let poolTotal = 0;
  for (const at of ascending) {
    const isWanted = isRare(totals[at]!) || (poolTotal > 0 && isRare(poolTotal));
    if (!isWanted) break;
    isPooled[at] = 1;
    poolTotal += totals[at]!;
  }
  const pooled = [...isPooled.keys()].filter((at) => isPooled[at] === 1);
  const join = (counts: ArrayLike<number>): Float64Array => {
    const kept = Array.from(counts).filter((_, at) => isPooled[at] === 0);
    return Float64Array.from(pooled.length === 0 ? kept : [...kept, pooled.reduce((sum, at) => sum + counts[at]!, 0)]);
  };
  return { first: join(first), second: join(second), pooled };
}
