/**
 * Naive Bayes, out of fold: what a small model makes of two classes of rows without a training loop. For questions that need no good
 * model but one that is quick, the same each time, and cannot learn one fold's rows by heart.
 */
import type { TableColumn } from '../column-table.js';
import { permutation, type Rng } from '../rng.js';

const FOLDS = 2;
const BINS = 20;

interface Cells {
  /** Per row the number of its category or bin. */
  readonly of: Uint32Array;
  readonly count: number;
}

/** A missing value is a cell of its own, the last one. */
function cellsOf(column: TableColumn, rows: Uint32Array): Cells {
  if (column.kind === 'categorical') {
    const missing = column.levels.length;
    return { of: rows.map((row) => (column.codes[row]! < 0 ? missing : column.codes[row]!)), count: missing + 1 };
  }
  const values = Float64Array.from(rows, (row) => column.values[row]!);
  const sorted = values.filter(Number.isFinite).sort();
  const quantiles = Array.from({ length: BINS - 1 }, (_, at) => sorted[Math.floor(((at + 1) / BINS) * sorted.length)]);
  const edges = [...new Set(quantiles)].filter((edge) => edge !== undefined);
  const missing = edges.length + 1;
  const binOf = (value: number): number => {
    if (!Number.isFinite(value)) return missing;
    const bin = edges.findIndex((edge) => value <= edge);
    return bin < 0 ? edges.length : bin;
  };
  return { of: Uint32Array.from(values, binOf), count: missing + 1 };
}

/** Log odds by cell, each count one more than it is, from the rows outside the fold. */
function oddsOf(cells: Cells, of: { isSecond: Uint8Array; fold: Uint8Array; out: number }): Float64Array {
  const first = new Float64Array(cells.count).fill(1);
  const second = new Float64Array(cells.count).fill(1);
  let [n, m] = [cells.count, cells.count];
  for (let at = 0; at < of.isSecond.length; at += 1) {
    if (of.fold[at] === of.out) continue;
    const cell = cells.of[at]!;
    if (of.isSecond[at] === 1) {
      second[cell]! += 1;
      m += 1;
    } else {
      first[cell]! += 1;
      n += 1;
    }
  }
  return second.map((count, cell) => Math.log(count / m) - Math.log(first[cell]! / n));
}

/**
 * Definition: per row the sum over columns of log P(cell | second) − log P(cell | first), the shares taken from the other fold.
 * Inputs: columns of a table, places of rows in it, and for each of those 1 where it is of the second class; a seeded rng.
 * Conventions: two folds drawn at random; numbers in twenty bins of equal shares; one is added to each count; the classes' own shares
 * are left out, so that scores of samples with other shares compare.
 * Output: any number; above zero the row is rather of the second class.
 * Edge cases: about zero for every row without a class in the other fold.
 * Reference: Hastie, Tibshirani & Friedman 2009, 6.6.3.
 * Example: a column that is 1 in the second class alone: every such row scores above zero, every other below.
 */
export function naiveBayesScores(of: {
  readonly columns: readonly TableColumn[];
  readonly rows: Uint32Array;
  readonly isSecond: Uint8Array;
  readonly rng: Rng;
}): Float32Array {
  const { columns, rows, isSecond } = of;
  const fold = new Uint8Array(rows.length);
  for (const [at, place] of permutation(rows.length, of.rng).entries()) fold[place] = at % FOLDS;
  const scores = new Float32Array(rows.length);
  for (const column of columns) {
    const cells = cellsOf(column, rows);
    const odds = Array.from({ length: FOLDS }, (_, out) => oddsOf(cells, { isSecond, fold, out }));
    for (let at = 0; at < rows.length; at += 1) scores[at]! += odds[fold[at]!]![cells.of[at]!]!;
  }
  return scores;
}
