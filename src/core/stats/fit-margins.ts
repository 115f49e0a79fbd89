/** A table of counts as it would be with other margins and the same association: what a column that moved by itself does to it. */

const ROUNDS = 30;

/**
 * Definition: rows and columns of the table scaled in turn until their sums are the wanted ones (iterative proportional fitting): the
 *   odds ratios stay, the margins change.
 * Inputs: counts of a table, row after row; wanted sums of its rows and columns, none negative, of equal totals.
 * Conventions: 30 rounds, columns last; a row or column without a count stays without.
 * Output: a table of the same shape.
 * Edge cases: sums that no table with these zeros has are met by the columns only.
 * Reference: Deming & Stephan 1940; oracle the definition in numpy (test/golden/association.json).
 * Example: [[30, 10], [10, 30]] to rows 60, 20 and columns 40, 40 gives [[36.97, 23.03], [3.03, 16.97]].
 */
export function fitMargins(
  counts: Float64Array,
  wanted: { readonly rows: Float64Array; readonly columns: Float64Array },
): Float64Array {
  const fitted = Float64Array.from(counts);
  const width = wanted.columns.length;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let row = 0; row < wanted.rows.length; row += 1) {
      scale(fitted, { first: row * width, step: 1, cells: width, sum: wanted.rows[row]! });
    }
    for (let column = 0; column < width; column += 1) {
      scale(fitted, { first: column, step: width, cells: wanted.rows.length, sum: wanted.columns[column]! });
    }
  }
  return fitted;
}

function scale(table: Float64Array, line: { first: number; step: number; cells: number; sum: number }): void {
  const end = line.first + line.step * line.cells;
  let sum = 0;
  for (let at = line.first; at < end; at += line.step) sum += table[at]!;
  if (sum === 0) return;
  const factor = line.sum / sum;
  for (let at = line.first; at < end; at += line.step) table[at]! *= factor;
}
