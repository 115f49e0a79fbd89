/** Chi-square test of a contingency table: decides on categorical columns in the re-test of an alarm. */
import { chiSquareUpperTail } from './incomplete-gamma.js';

type Counts = ArrayLike<number>;

export interface ChiSquareTest {
  readonly statistic: number;
  /** (rows − 1) · (columns − 1) of the columns that occur; 0 says that there was nothing to compare. */
  readonly degreesOfFreedom: number;
  readonly pValue: number;
  /** Smallest expected count of a cell: below 5 the p-value is rough, so pool first (pool-rare-categories.ts). */
  readonly smallestExpected: number;
}

/**
 * Definition: Σ (observed − expected)² / expected, expected = row total · column total / total.
 * Inputs: one list of counts a sample, all of one length, columns aligned (align-counts.ts).
 * Conventions: columns without any count are left out; Yates' correction at one degree of freedom, as scipy does.
 * Output: statistic ≥ 0, p in [0, 1], small where the samples' shares differ.
 * Edge cases: one column or none → statistic 0, p 1, degrees 0; a sample without rows → NaN for all but the degrees.
 * Reference: Pearson 1900, Yates 1934; oracle scipy.stats.chi2_contingency (test/golden/drift.json).
 * Example: [20, 30, 50] and [30, 30, 40] give 3.1111…, p .21107….
 */
export function chiSquareContingency(samples: readonly Counts[]): ChiSquareTest {
  const columns = samples[0]?.length ?? 0;
  const rowTotals = samples.map(sumOf);
  const columnTotals = Array.from({ length: columns }, (_, at) => samples.reduce((sum, row) => sum + row[at]!, 0));
  const total = sumOf(rowTotals);
  const used = columnTotals.filter((one) => one > 0).length;
  const degreesOfFreedom = Math.max(0, (samples.length - 1) * (used - 1));
  if (rowTotals.some((one) => one === 0)) {
    return { statistic: Number.NaN, degreesOfFreedom, pValue: Number.NaN, smallestExpected: Number.NaN };
  }
  let statistic = 0;
  let smallestExpected = Infinity;
  for (const [row, counts] of samples.entries()) {
    for (let at = 0; at < columns; at += 1) {
      if (columnTotals[at] === 0) continue;
      const expected = (rowTotals[row]! / total) * columnTotals[at]!;
      const off = Math.abs(counts[at]! - expected);
      const counted = degreesOfFreedom === 1 ? off - Math.min(0.5, off) : off;
      statistic += (counted * counted) / expected;
      smallestExpected = Math.min(smallestExpected, expected);
    }
  }
  if (degreesOfFreedom === 0) return { statistic: 0, degreesOfFreedom, pValue: 1, smallestExpected };
  return { statistic, degreesOfFreedom, pValue: chiSquareUpperTail(statistic, degreesOfFreedom), smallestExpected };
}

function sumOf(values: Counts): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at]!;
  return sum;
}
