/** One column of two windows, or of a window and a stored profile, as the re-test reads it: which test, which effect, what it can see. */
import { alignCounts } from '../stats/align-counts.js';
import type { BinCounts } from '../stats/bin-counts.js';
import { chiSquareContingency } from '../stats/chi-square-contingency.js';
import { detectableJensenShannon, detectableKs } from '../stats/detectable-effect.js';
import { histogramDrift } from '../stats/histogram-drift.js';
import { correctedJensenShannon } from '../stats/jensen-shannon.js';
import { ksTwoSample } from '../stats/ks-two-sample.js';
import type { NumericHistogram } from '../stats/numeric-summary.js';
import { poolRareCategories } from '../stats/pool-rare-categories.js';
import { type TopCategories, topCategoriesDrift } from '../stats/top-categories-drift.js';
import type { ColumnTest } from './retest.js';

interface Column<Reference, Current> {
  readonly column: string;
  readonly reference: Reference;
  readonly current: Current;
  /** The rule's alpha over the number of columns: the level at which the weakest single alarm is raised. */
  readonly level: number;
}

type Counts = ReadonlyMap<string, number>;

/** @param of both windows' values ascending, without nulls (ascending-values.ts) */
export function testNumbers(of: Column<Float64Array, Float64Array>): ColumnTest {
  const { statistic, pValue } = ksTwoSample(of.reference, of.current);
  const sizes = { n: of.reference.length, m: of.current.length, alpha: of.level };
  return {
    column: of.column,
    method: 'ks',
    pValue,
    effect: statistic,
    effectError: 0,
    detectable: detectableKs(sizes),
  };
}

/** @param of both windows' counts by category, without nulls */
export function testCategories(of: Column<Counts, Counts>): ColumnTest {
  const { first, second } = alignCounts(of.reference, of.current);
  const pooled = poolRareCategories(first, second);
  const { pValue, degreesOfFreedom } = chiSquareContingency([pooled.first, pooled.second]);
  return {
    ...categoricalTest({ of, pValue, degreesOfFreedom, isOneCategory: first.length === 1 }),
    effect: correctedJensenShannon(first, second, Math.E).distance,
    effectError: 0,
    detectable: detectableJensenShannon({ ...sizesOf(first, second), alpha: of.level, degrees: degreesOfFreedom }),
  };
}

/** @param of the stored histogram and the window's values counted into its edges */
export function testStoredNumbers(of: Column<NumericHistogram, BinCounts>): ColumnTest {
  const drift = histogramDrift(of.reference, of.current);
  return {
    column: of.column,
    method: 'ks',
    pValue: drift.pValue,
    effect: drift.statistic,
    effectError: drift.binError,
    detectable: detectableKs({ n: drift.nReference, m: drift.nCurrent, alpha: of.level }),
  };
}

/** @param of the stored top categories and the window's counts by category, without nulls */
export function testStoredCategories(of: Column<TopCategories, Counts>): ColumnTest {
  const drift = topCategoriesDrift(of.reference, of.current);
  const { pValue, degreesOfFreedom } = drift;
  const sizes = { n: drift.nReference, m: drift.nCurrent, alpha: of.level };
  const isOneCategory = of.reference.distinct === 1 && of.current.size === 1 && drift.vanished.length === 0;
  return {
    ...categoricalTest({ of, pValue, degreesOfFreedom, isOneCategory }),
    effect: drift.distance,
    effectError: drift.binError,
    detectable: detectableJensenShannon({ ...sizes, degrees: degreesOfFreedom }),
  };
}

/** One category in both windows is unchanged for certain; several that are all too rare to compare say nothing. */
function categoricalTest(by: {
  readonly of: { readonly column: string };
  readonly pValue: number;
  readonly degreesOfFreedom: number;
  readonly isOneCategory: boolean;
}): Pick<ColumnTest, 'column' | 'method' | 'pValue'> {
  const isTested = by.degreesOfFreedom > 0 || by.isOneCategory;
  return { column: by.of.column, method: 'chi-square', pValue: isTested ? by.pValue : Number.NaN };
}

function sizesOf(first: Float64Array, second: Float64Array): { n: number; m: number } {
  const sum = (counts: Float64Array): number => counts.reduce((total, one) => total + one, 0);
  return { n: sum(first), m: sum(second) };
}
