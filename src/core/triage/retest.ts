/**
 * The re-test of an alarm: do these columns really differ between two windows? Benjamini–Hochberg over the columns, so that many
 * of them do not make an alarm by number alone, and an effect floor, so that many rows do not make one of nothing.
 */
import { benjaminiHochberg } from '../stats/benjamini-hochberg.js';

export interface ColumnTest {
  readonly column: string;
  readonly method: 'ks' | 'chi-square';
  /** Of the test whose units are exchangeable: rows, or days where rows depend on their day. NaN where nothing could be tested. */
  readonly pValue: number;
  /** KS D, or the corrected Jensen–Shannon distance in base e. */
  readonly effect: number;
  /** What a profile may hide: of a histogram's bins in D, of categories that it does not hold in share of rows; 0 for a test on rows. */
  readonly effectError: number;
  /** The effect that this test finds almost always (detectable-effect.ts): too few rows see nothing. */
  readonly detectable: number;
}

export interface RetestRule {
  /** Expected share of false alarms among alarmed columns, and so the chance of any when nothing changed. */
  readonly alpha: number;
  /** Smaller effects are no reason to retrain, however certain. */
  readonly floors: Readonly<Record<ColumnTest['method'], number>>;
  /** "Not moved" is only said where an effect of this size would have been found. */
  readonly seenFrom: Readonly<Record<ColumnTest['method'], number>>;
}

/**
 * Floors: a shift of a normal column by a twentieth of its standard deviation. Seen from: about a quarter of it, which a population
 * stability index of .1, customarily the first that counts, comes to.
 */
export const DEFAULT_RETEST_RULE: RetestRule = {
  alpha: 0.05,
  floors: { ks: 0.02, 'chi-square': 0.02 },
  seenFrom: { ks: 0.1, 'chi-square': 0.1 },
};

interface RetestedColumn extends ColumnTest {
  /** NaN where nothing could be tested. */
  readonly adjustedPValue: number;
  readonly hasMoved: boolean;
  /** Tested, not moved, and an effect worth seeing would have been seen. */
  readonly isUnchanged: boolean;
}

export interface Retest {
  /** In the order given. */
  readonly columns: readonly RetestedColumn[];
  /** Whether any column moved. */
  readonly hasMoved: boolean;
  /** Columns that neither moved nor are shown to be unchanged: not tested, or with too few rows or too wide bins. */
  readonly undecided: readonly string[];
}

/**
 * @returns per column whether it moved: adjusted p at or below alpha and effect at or above its floor. A column that could not be
 *   tested did not move and is not unchanged; it does not count among the tests that are corrected for.
 */
export function retest(tests: readonly ColumnTest[], rule: RetestRule): Retest {
  const tested = tests.filter(({ pValue, effect }) => !Number.isNaN(pValue) && !Number.isNaN(effect));
  const adjusted = benjaminiHochberg(tested.map(({ pValue }) => pValue));
  const adjustedOf = new Map(tested.map((test, at) => [test, adjusted[at]!]));
  const columns = tests.map((test): RetestedColumn => {
    const adjustedPValue = adjustedOf.get(test) ?? Number.NaN;
    const floor = rule.floors[test.method];
    const hasMoved = adjustedPValue <= rule.alpha && test.effect >= floor;
    const isSeen = Math.max(test.detectable, test.effectError) <= rule.seenFrom[test.method];
    const isUnchanged = !hasMoved && !Number.isNaN(adjustedPValue) && isSeen;
    return { ...test, adjustedPValue, hasMoved, isUnchanged };
  });
  return {
    columns,
    hasMoved: columns.some((one) => one.hasMoved),
    undecided: columns.filter((one) => !one.hasMoved && !one.isUnchanged).map(({ column }) => column),
  };
}
