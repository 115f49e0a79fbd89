/** How strongly two categorical columns go together: what triage compares from day to day, whatever the columns themselves do. */

/**
 * Definition: Ṽ = √(φ̃² / min(r̃ − 1, c̃ − 1)) with φ² = χ²/n, φ̃² = max(0, φ² − (r − 1)(c − 1)/(n − 1)), r̃ = r − (r − 1)²/(n − 1)
 *   and c̃ likewise: Cramér's V with its bias taken off, so that few rows in many cells show nothing by themselves.
 * Inputs: counts of a table, row after row, and its number of columns; fractions of rows are allowed.
 * Conventions: no Yates correction; rows and columns of the table without a count are left out.
 * Output: [0, 1]; 0 independent, 1 each level of the one side goes with one level of the other.
 * Edge cases: NaN where fewer than two levels of a side occur, or so few rows that nothing is left after the correction.
 * Reference: Bergsma 2013, Journal of the Korean Statistical Society 42(3); oracle the formula over scipy.stats.chi2_contingency,
 *   and scipy.stats.contingency.association for the uncorrected one (test/golden/association.json).
 * Example: [[30, 10], [10, 30]] gives .49029.
 */
export function cramersV(counts: Float64Array, columns: number): number {
  const rows = counts.length / columns;
  const byRow = new Float64Array(rows);
  const byColumn = new Float64Array(columns);
  let total = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const count = counts[row * columns + column]!;
      byRow[row]! += count;
      byColumn[column]! += count;
      total += count;
    }
  }
  let squares = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const count = counts[row * columns + column]!;
      if (count > 0) squares += (count * count) / (byRow[row]! * byColumn[column]!);
    }
  }
  const [r, c] = [occurring(byRow), occurring(byColumn)];
  const shape = Math.min(r - 1 - (r - 1) ** 2 / (total - 1), c - 1 - (c - 1) ** 2 / (total - 1));
  if (r < 2 || c < 2 || !(shape > 0)) return Number.NaN;
  const excess = squares - 1 - ((r - 1) * (c - 1)) / (total - 1);
  return Math.min(1, Math.sqrt(Math.max(0, excess) / shape));
}

function occurring(counts: Float64Array): number {
  let levels = 0;
  for (let at = 0; at < counts.length; at += 1) if (counts[at]! > 0) levels += 1;
  return levels;
}
