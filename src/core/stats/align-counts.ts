/** Counts by category of two samples, brought into one order: what every statistic of categories reads. */

export interface AlignedCounts {
  /** Every category of either sample, by code point. */
  readonly levels: readonly string[];
  readonly first: Float64Array;
  readonly second: Float64Array;
}

export function alignCounts(first: ReadonlyMap<string, number>, second: ReadonlyMap<string, number>): AlignedCounts {
  const levels = [...new Set([...first.keys(), ...second.keys()])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const countsOf = (counts: ReadonlyMap<string, number>): Float64Array =>
    Float64Array.from(levels, (level) => counts.get(level) ?? 0);
  return { levels, first: countsOf(first), second: countsOf(second) };
}

/** @param column codes into levels, -1 for null (column-table.ts); levels that do not occur get no entry */
export function countLevels(column: {
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}): Map<string, number> {
  const counts = new Float64Array(column.levels.length);
  for (let row = 0; row < column.codes.length; row += 1) {
    const code = column.codes[row]!;
    if (code >= 0) counts[code]! += 1;
  }
  const byLevel = new Map<string, number>();
  for (const [code, level] of column.levels.entries()) if (counts[code]! > 0) byLevel.set(level, counts[code]!);
  return byLevel;
}
