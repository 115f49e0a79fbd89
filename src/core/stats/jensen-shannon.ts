/** Jensen–Shannon distance of two samples' categories: the effect floor of the re-test, and what many monitors' claims are in. */

export interface JensenShannon {
  /** In units of the base. */
  readonly divergence: number;
  /** Square root of the divergence. */
  readonly distance: number;
}

export interface CorrectedJensenShannon extends JensenShannon {
  /** Mean divergence of two samples of these sizes when nothing changed: what was taken off. */
  readonly bias: number;
}

type Counts = ArrayLike<number>;

/**
 * Definition: divergence = ½ Σ p log(p/a) + ½ Σ q log(q/a), a = (p + q)/2, of the shares p and q; distance = its root.
 * Inputs: two aligned lists of counts; the log's base, always stated (Evidently e, NannyML 2, TFDV the divergence).
 * Conventions: 0 · log 0 = 0; both samples weigh the same whatever their sizes.
 * Output: divergence in [0, log 2], 0 for equal shares; symmetric. Biased upwards: two samples of the same 229 airports are
 * about .67 / .41 / .20 / .04 (distance, base e) apart at 60 / 300 / 2,000 / 50,000 rows.
 * Edge cases: NaN when a sample has no rows.
 * Reference: Lin 1991; oracle scipy.spatial.distance.jensenshannon (test/golden/drift.json).
 * Example: (.2, .3, .5) and (.3, .3, .4) give distance .088416… in base e, .106198… in base 2.
 */
export function jensenShannon(first: Counts, second: Counts, base: number): JensenShannon {
  const [n, m] = [totalOf(first), totalOf(second)];
  if (n === 0 || m === 0) return { divergence: Number.NaN, distance: Number.NaN };
  let sum = 0;
  for (let at = 0; at < first.length; at += 1) sum += part(first[at]! / n, second[at]! / m);
  const divergence = Math.max(0, sum) / Math.log(base);
  return { divergence, distance: Math.sqrt(divergence) };
}

/**
 * Definition: the divergence less its mean over all ways to deal the pooled rows to two samples of these sizes.
 * Inputs: two aligned lists of whole counts; the log's base.
 * Conventions: the mean is exact, category by category (each one's count is hypergeometric); the distance is the root of what
 * remains, 0 where nothing does.
 * Output: divergence in [−bias, log 2 − bias], about 0 when nothing changed whatever the sizes; may be negative. Symmetric.
 * Edge cases: NaN when a sample has no rows.
 * Reference: permutation mean as in Miller & Madow's correction, without their series; oracle scipy.stats.hypergeom
 * (test/golden/drift.json).
 * Example: [20, 30, 50] and [30, 30, 40]: raw .0078174, bias .0050544, so divergence .0027630 and distance .052564
 * in base e.
 */
export function correctedJensenShannon(first: Counts, second: Counts, base: number): CorrectedJensenShannon {
  const raw = jensenShannon(first, second, base).divergence;
  const [n, m] = [totalOf(first), totalOf(second)];
  const known = new Map<number, number>();
  let bias = 0;
  for (let at = 0; at < first.length; at += 1) {
    const total = first[at]! + second[at]!;
    let own = known.get(total);
    if (own === undefined) {
      own = meanPart({ total, n, m });
      known.set(total, own);
    }
    bias += own;
  }
  bias /= Math.log(base);
  const divergence = raw - bias;
  return { divergence, distance: Math.sqrt(Math.max(0, divergence)), bias };
}

/** One category's part of the divergence, in natural units; never below 0 but for rounding. */
function part(p: number, q: number): number {
  const middle = (p + q) / 2;
  return ((p > 0 ? p * Math.log(p / middle) : 0) + (q > 0 ? q * Math.log(q / middle) : 0)) / 2;
}

/** Mean of `part` when `total` rows of a category fall to n and m rows at random: from the likeliest deal outwards. */
function meanPart({ total, n, m }: { total: number; n: number; m: number }): number {
  if (total === 0) return 0;
  const likeliest = Math.floor(((total + 1) * (n + 1)) / (n + m + 2));
  const lowest = Math.max(0, total - m);
  const highest = Math.min(total, n);
  let [weights, sum] = [0, 0];
  const add = (x: number, weight: number): void => {
    weights += weight;
    sum += weight * part(x / n, (total - x) / m);
  };
  const start = Math.min(highest, Math.max(lowest, likeliest));
  add(start, 1);
  for (let x = start, weight = 1; x < highest && weight > 1e-18; x += 1) {
    weight *= ((total - x) * (n - x)) / ((x + 1) * (m - total + x + 1));
    add(x + 1, weight);
  }
  for (let x = start, weight = 1; x > lowest && weight > 1e-18; x -= 1) {
    weight *= (x * (m - total + x)) / ((total - x + 1) * (n - x + 1));
    add(x - 1, weight);
  }
  return sum / weights;
}

function totalOf(counts: Counts): number {
  let sum = 0;
  for (let at = 0; at < counts.length; at += 1) sum += counts[at]!;
  return sum;
}
