/** Confident learning: how many labels look wrong to a model that did not see them. */

export interface LabelNoise {
  /** Estimated share of rows whose label is wrong. */
  readonly share: number;
  /** The same with one day left out, the thresholds kept: ready for the jackknife. One entry a distinct day, ascending. */
  readonly without: Float64Array;
  /** Among rows labelled 0, and among rows labelled 1. */
  readonly ofClass: readonly [number, number];
  /** [given][true]: rows that are confidently of a class, counted by their label. */
  readonly confident: readonly [readonly [number, number], readonly [number, number]];
}

/**
 * Definition: a row is confidently of class k when its probability of k reaches the mean that rows labelled k have; of both classes
 * the likelier one. Rows labelled j and confidently of k ≠ j, over those of either, times the rows labelled j: the share of all rows
 * that this makes is the estimate.
 * Inputs: probability of class 1 from a model that was not trained on these rows, no NaN; labels 0 or 1; day of each row, aligned.
 * Conventions: at equal probabilities class 1; rows that are confidently of neither class count for neither.
 * Output: shares in [0, 1]. Where classes overlap it counts rows on the wrong side as wrong: read it against the same model's share
 * on rows whose labels are trusted, never alone.
 * Edge cases: null without rows of both labels; a class without confident rows counts no wrong label.
 * Reference: Northcutt, Jiang & Chuang 2021; oracle: the definition in numpy (test/golden/labels.json).
 * Example: scores .1 .2 .9 .8 .9 with labels 0 0 0 1 1: one of five, .2.
 */
export function labelNoise(rows: {
  readonly score: ArrayLike<number>;
  readonly label: ArrayLike<number>;
  readonly day: ArrayLike<number>;
}): LabelNoise | null {
  const { score, label, day } = rows;
  const n = score.length;
  const [sums, counts] = [
    [0, 0],
    [0, 0],
  ];
  for (let row = 0; row < n; row += 1) {
    const given = label[row] === 1 ? 1 : 0;
    counts[given]! += 1;
    sums[given]! += given === 1 ? score[row]! : 1 - score[row]!;
  }
  if (counts[0] === 0 || counts[1] === 0) return null;
  const needs = [sums[0]! / counts[0]!, sums[1]! / counts[1]!];
  const days = [...new Set(Array.from(day))].sort((a, b) => a - b);
  const placeOf = new Map(days.map((one, at) => [one, at]));
  // By day: rows labelled 0 and 1, then the four confident counts.
  const table = new Float64Array(days.length * CELLS);
  for (let row = 0; row < n; row += 1) {
    const given = label[row] === 1 ? 1 : 0;
    const base = placeOf.get(day[row]!)! * CELLS;
    table[base + given]! += 1;
    const p = score[row]!;
    const [isZero, isOne] = [1 - p >= needs[0]!, p >= needs[1]!];
    if (!isZero && !isOne) continue;
    const truth = isZero && isOne ? (p >= 0.5 ? 1 : 0) : isOne ? 1 : 0;
    table[base + 2 + given * 2 + truth]! += 1;
  }
  const total = new Float64Array(CELLS);
  for (let at = 0; at < table.length; at += 1) total[at % CELLS]! += table[at]!;
  const without = Float64Array.from(days, (_, at) =>
    wrongShare(total.map((count, cell) => count - table[at * CELLS + cell]!)),
  );
  return {
    share: wrongShare(total),
    without,
    ofClass: [wrongOf(total, 0), wrongOf(total, 1)],
    confident: [
      [total[2]!, total[3]!],
      [total[4]!, total[5]!],
    ],
  };
}

const CELLS = 6;

function wrongOf(cells: Float64Array, given: 0 | 1): number {
  const [zero, one] = [cells[2 + given * 2]!, cells[3 + given * 2]!];
  const wrong = given === 0 ? one : zero;
  return zero + one === 0 ? 0 : wrong / (zero + one);
}

function wrongShare(cells: Float64Array): number {
  return (wrongOf(cells, 0) * cells[0]! + wrongOf(cells, 1) * cells[1]!) / (cells[0]! + cells[1]!);
}
