/** Student's t distribution: distribution function and quantile, for the jackknife's intervals and the harm test of slices. */
import { assertInvariant } from '../errors.js';
import { incompleteBeta } from './incomplete-beta.js';
import { logGamma } from './log-gamma.js';

/** P(T > t) for t ≥ 0, without cancellation far out. */
function upperTail(t: number, degrees: number): number {
  const square = t * t;
  const total = degrees + square;
  return 0.5 * incompleteBeta({ a: degrees / 2, b: 0.5, x: degrees / total, rest: square / total });
}

/**
 * Definition: P(T ≤ t). Inputs: t any number or infinity; degrees of freedom > 0, not necessarily whole.
 * Conventions: lower tail. Output: [0, 1], relative error below 1e-10. Edge cases: NaN in gives NaN.
 * Reference: Abramowitz & Stegun 26.7.1; oracle scipy.stats.t.cdf (test/golden/distributions.json).
 * Example: studentTCdf(2, 13) = .96658….
 */
export function studentTCdf(t: number, degrees: number): number {
  if (t === Infinity) return 1;
  if (t === -Infinity) return 0;
  return t < 0 ? upperTail(-t, degrees) : 1 - upperTail(t, degrees);
}

/**
 * Definition: the t with P(T ≤ t) = p. Inputs: p in (0, 1); degrees of freedom > 0.
 * Conventions: Newton's steps on the tail, kept inside a bracket that is halved where a step leaves it.
 * Output: relative error below 1e-10. Edge cases: 0 at p = .5; INVARIANT_BROKEN outside (0, 1) or for degrees ≤ 0.
 * Reference: oracle scipy.stats.t.ppf (test/golden/distributions.json).
 * Example: studentTQuantile(.975, 13) = 2.16037….
 */
export function studentTQuantile(p: number, degrees: number): number {
  assertInvariant(p > 0 && p < 1 && degrees > 0, `No t quantile exists for p = ${p}, degrees of freedom = ${degrees}.`);
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  const logPeak = logGamma((degrees + 1) / 2) - logGamma(degrees / 2) - 0.5 * Math.log(degrees * Math.PI);
  const density = (t: number): number => Math.exp(logPeak - ((degrees + 1) / 2) * Math.log1p((t * t) / degrees));
  let low = 0;
  let high = 1;
  while (upperTail(high, degrees) > tail) {
    low = high;
    high *= 2;
  }
  let t = (low + high) / 2;
  for (let step = 0; step < 200; step += 1) {
    const excess = upperTail(t, degrees) - tail;
    if (excess > 0) low = t;
    else high = t;
    const newton = t + excess / density(t);
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - t) <= 1e-15 * next) break;
    t = next;
  }
  return p < 0.5 ? -t : t;
}
