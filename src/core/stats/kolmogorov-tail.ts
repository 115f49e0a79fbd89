/** Upper tail of Kolmogorov's limiting distribution: p-values of large KS tests. */

/**
 * Definition: Q(λ) = 2 · Σ (−1)^(k−1) exp(−2k²λ²), the limit of P(√(nm/(n+m)) · D ≥ λ) when both samples are of one
 * continuous distribution.
 * Inputs: λ ≥ 0. Conventions: the alternating series from 1 on, its theta-function form below, where it converges fast.
 * Output: [0, 1], falling; relative error below 1e-12 where Q > 1e-300.
 * Edge cases: 1 at 0, 0 for infinity; NaN in gives NaN. Ties make the true tail smaller: the test is then conservative.
 * Reference: Kolmogorov 1933, Smirnov 1948; oracle scipy.special.kolmogorov (test/golden/drift.json).
 * Example: kolmogorovTail(1.358) = .05005….
 */
export function kolmogorovTail(lambda: number): number {
  if (Number.isNaN(lambda)) return Number.NaN;
  if (lambda <= 0) return 1;
  if (lambda < 1) {
    const step = (-Math.PI * Math.PI) / (8 * lambda * lambda);
    let below = 0;
    for (let odd = 7; odd >= 1; odd -= 2) below += Math.exp(odd * odd * step);
    return 1 - (Math.sqrt(2 * Math.PI) / lambda) * below;
  }
  const base = -2 * lambda * lambda;
  let sum = 0;
  for (let k = 6; k >= 1; k -= 1) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(base * k * k);
  return Math.min(1, 2 * sum);
}
