/** Chi-square test of new rows against stored top categories: drift of a categorical column without reading the old rows again. */
import { alignCounts } from './align-counts.js';
import { chiSquareContingency } from './chi-square-contingency.js';
import { correctedJensenShannon } from './jensen-shannon.js';
import { type LInfinity, lInfinity } from './l-infinity.js';
import { poolRareCategories } from './pool-rare-categories.js';

export interface TopCategories {
  /** Rows without nulls. */
  readonly count: number;
  readonly distinct: number;
  /** [category, rows], most frequent first. */
  readonly top: readonly (readonly [string, number])[];
}

export interface CategoriesDrift {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly pValue: number;
  /** Corrected Jensen–Shannon distance in base e over the stored categories and one more for all others. */
  readonly distance: number;
  readonly largestChange: LInfinity & { readonly category: string | null };
  /** The share of rows in "all others", the larger of both samples': what may have moved there unseen. */
  readonly binError: number;
  /** Categories of the new rows that the reference did not have, by rows; null when the profile does not hold all of its own. */
  readonly appeared: readonly (readonly [string, number])[] | null;
  /** Stored categories without a new row, most frequent first. */
  readonly vanished: readonly string[];
  readonly nReference: number;
  readonly nCurrent: number;
}

/**
 * Definition: chi-square contingency test, rare categories pooled, of the stored counts against those of the new rows; where the
 * profile does not hold every category, those that it does not hold are one category on both sides.
 * Inputs: stored counts, counts of the new rows by category (null is no category; long names cut as the profile cuts them).
 * Conventions: see pool-rare-categories.ts and jensen-shannon.ts; distance in base e.
 * Output: p in [0, 1]; `binError` in [0, 1], 0 when every category is stored: a change among "all others" moves no share further.
 * Edge cases: NaN for statistic, p and distances when either sample is empty; degrees 0 says that there was nothing to compare.
 * Reference: chi-square-contingency.ts; oracle scipy.stats.chi2_contingency (test/golden/drift.json).
 * Example: stored a 50, b 50 and new a 30, b 60, c 10: p < .001, c appeared, distance .21070….
 */
export function topCategoriesDrift(reference: TopCategories, current: ReadonlyMap<string, number>): CategoriesDrift {
  const stored = new Map<string, number>();
  let heldRows = 0;
  for (const [category, rows] of reference.top) {
    // Names that a profile has cut may have become equal.
    stored.set(category, (stored.get(category) ?? 0) + rows);
    heldRows += rows;
  }
  const isComplete = heldRows === reference.count;
  const unknown = [...current].filter(([category]) => !stored.has(category));
  let nCurrent = 0;
  for (const rows of current.values()) nCurrent += rows;
  const { levels, first, second } = alignCounts(stored, isComplete ? current : keepKnown(current, stored));
  const others = isComplete ? [] : [[reference.count - heldRows, unknown.reduce((sum, [, rows]) => sum + rows, 0)]];
  const own = Float64Array.from([...first, ...others.map(([held]) => held!)]);
  const theirs = Float64Array.from([...second, ...others.map(([, found]) => found!)]);
  const pooled = poolRareCategories(own, theirs);
  const { statistic, degreesOfFreedom, pValue } = chiSquareContingency([pooled.first, pooled.second]);
  const largest = lInfinity(own, theirs);
  const inOthers = others.map(([held, found]) => Math.max(held! / reference.count, found! / nCurrent))[0] ?? 0;
  return {
    statistic,
    degreesOfFreedom,
    pValue,
    distance: correctedJensenShannon(own, theirs, Math.E).distance,
    largestChange: { ...largest, category: largest.at === null ? null : (levels[largest.at] ?? null) },
    binError: inOthers,
    appeared: isComplete ? unknown.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)) : null,
    vanished: reference.top.filter(([category]) => !current.has(category)).map(([category]) => category),
    nReference: reference.count,
    nCurrent,
  };
}

function keepKnown(current: ReadonlyMap<string, number>, stored: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...current].filter(([category]) => stored.has(category)));
}
