/** The two-sample Kolmogorov–Smirnov test: decides on numeric columns in the re-test of an alarm. */
import { kolmogorovTail } from './kolmogorov-tail.js';
import { endsOfTies, ksExactPValue } from './ks-exact.js';
import { type KsStatistic, ksStatistic } from './ks-statistic.js';

/** Largest n · m for which the exact p-value is counted: some tens of milliseconds. */
const EXACT_UP_TO = 4_000_000;

export interface KsTest extends KsStatistic {
  readonly pValue: number;
  readonly method: 'exact' | 'asymptotic';
}

/**
 * Definition: KS statistic with the p-value of "both samples are of one distribution".
 * Inputs: two samples ascending, no NaN; `method` leaves the choice to n · m (exact up to 4,000,000) unless given.
 * Conventions: two-sided. Exact: over all deals of the pooled values, ties included. Asymptotic: Kolmogorov's limit at
 * √(nm/(n+m)) · D without correction, which is conservative for finite samples and more so under ties.
 * Output: D in [0, 1] and p in [0, 1]. Edge cases: NaN for both when a sample is empty.
 * Reference: see ks-statistic.ts, ks-exact.ts, kolmogorov-tail.ts; oracle scipy.stats.ks_2samp (test/golden/drift.json).
 * Example: the samples of ks-statistic.ts give D .428571…, exact p .43356643….
 */
export function ksTwoSample(
  first: Float64Array,
  second: Float64Array,
  options: { readonly method?: KsTest['method'] } = {},
): KsTest {
  const found = ksStatistic(first, second);
  const [n, m] = [first.length, second.length];
  const method = options.method ?? ksMethod(n, m);
  const tieEnds = method === 'exact' && found.hasTies ? endsOfTies(first, second) : null;
  return { ...found, method, pValue: ksPValue({ n, m, gap: found.gap, method, tieEnds }) };
}

export const ksMethod = (n: number, m: number): KsTest['method'] => (n * m <= EXACT_UP_TO ? 'exact' : 'asymptotic');

/** @param by n, m ≥ 1 and gap = D · n · m; tieEnds null when no value occurs twice, or to ignore ties (conservative) */
export function ksPValue(by: {
  readonly n: number;
  readonly m: number;
  readonly gap: number;
  readonly method: KsTest['method'];
  readonly tieEnds: Uint8Array | null;
}): number {
  const { n, m, gap, method, tieEnds } = by;
  if (method === 'exact') return ksExactPValue({ n, m, gap, tieEnds });
  return kolmogorovTail(gap / Math.sqrt(n * m * (n + m)));
}
