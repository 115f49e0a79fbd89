/** McNemar's test of two classifiers on the same rows. Assumes independent rows: printed, never gates. */
import { incompleteBeta } from './incomplete-beta.js';
import { normalUpperTail } from './normal-upper-tail.js';

export interface McNemar {
  /** Two-sided exact binomial p-value. */
  readonly exactPValue: number;
  /** Two-sided p-value of the chi-square form with the continuity correction. */
  readonly correctedPValue: number;
}

/**
 * Definition: under equal error rates the rows that only one model gets right fall evenly to both.
 * Inputs: counts of rows that only the first, only the second model gets right.
 * Conventions: exact = min(1, 2 · P(Binomial(b + c, ½) ≤ min(b, c))); corrected = chi-square(1) of (|b − c| − 1)²/(b + c).
 * Output: [0, 1], small where the models differ. Edge cases: 1 when no row tells them apart, or |b − c| ≤ 1 (corrected).
 * Reference: McNemar 1947, Edwards 1948; oracle statsmodels.stats.contingency_tables.mcnemar (test/golden/tests.json).
 * Example: 8 and 20 give exact .0356981…, corrected .0376353….
 */
export function mcNemar(onlyFirst: number, onlySecond: number): McNemar {
  const discordant = onlyFirst + onlySecond;
  if (discordant === 0) return { exactPValue: 1, correctedPValue: 1 };
  const fewer = Math.min(onlyFirst, onlySecond);
  const tail = incompleteBeta({ a: discordant - fewer, b: fewer + 1, x: 0.5, rest: 0.5 });
  const statistic = Math.max(Math.abs(onlyFirst - onlySecond) - 1, 0) ** 2 / discordant;
  return { exactPValue: Math.min(1, 2 * tail), correctedPValue: 2 * normalUpperTail(Math.sqrt(statistic)) };
}
