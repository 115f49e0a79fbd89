/** Permutation test of any two-sample statistic: where rows depend on their day, the units that are dealt anew are days. */
import type { Rng } from '../rng.js';

export interface PermutationTest {
  readonly observed: number;
  readonly pValue: number;
  /** Deals that were drawn. */
  readonly permutations: number;
  /** Mean of the statistic over the deals: what it is when nothing changed. */
  readonly nullMean: number;
  /** The statistic of each deal, ascending. */
  readonly drawn: Float64Array;
}

/**
 * Definition: p = (1 + deals whose statistic is at least the observed one) / (1 + deals), a deal being a random choice of
 * which units belong to the first sample.
 * Inputs: unit count, how many of them, the first ones, are the first sample; the statistic of a deal (1 = first sample);
 * a seeded rng. Units have to be exchangeable when nothing changed: rows if independent, else days or other blocks.
 * Conventions: one-sided, large is far apart; up to a rounding of 1e-12 counts as equal; deals drawn with replacement.
 * Output: p in [1 / (1 + deals), 1], valid at any number of deals. Same rng, same p.
 * Edge cases: p NaN when the observed statistic is NaN; a deal's NaN counts as at least as large.
 * Reference: Phipson & Smyth 2010; oracle: every deal counted (test/golden/drift.json).
 * Example: values 1, 2 | 5, 6, difference of means: of six deals two reach 4, so p is near .333.
 */
export function permutationTest(options: {
  readonly units: number;
  readonly inFirst: number;
  readonly statistic: (isFirst: Uint8Array) => number;
  readonly permutations: number;
  readonly rng: Rng;
}): PermutationTest {
  const { units, inFirst, statistic, permutations, rng } = options;
  const isFirst = new Uint8Array(units).fill(1, 0, inFirst);
  const observed = statistic(isFirst);
  const limit = observed - 1e-12 * Math.max(1, Math.abs(observed));
  const drawn = new Float64Array(permutations);
  let [reached, sum] = [0, 0];
  for (let deal = 0; deal < permutations; deal += 1) {
    shuffle(isFirst, rng);
    const value = statistic(isFirst);
    drawn[deal] = value;
    sum += value;
    if (!(value < limit)) reached += 1;
  }
  const pValue = Number.isNaN(observed) ? Number.NaN : (1 + reached) / (1 + permutations);
  return { observed, pValue, permutations, nullMean: sum / permutations, drawn: drawn.sort() };
}

/** Fisher–Yates in place. */
function shuffle(values: Uint8Array, rng: Rng): void {
  for (let at = values.length - 1; at > 0; at -= 1) {
    const other = Math.floor(rng() * (at + 1));
    const value = values[at]!;
    values[at] = values[other]!;
    values[other] = value;
  }
}
