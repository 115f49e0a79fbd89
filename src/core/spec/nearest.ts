/** "Did you mean": the known word nearest to a mistyped one, by edit distance. */

/** Levenshtein distance with a swap of neighbours counted as one edit (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(row[j - 1]! + 1, rows[i - 1]![j]! + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

const fold = (word: string): string => word.slice(0, 80).toLowerCase().replace(/[-_ ]/g, '');

/** Case, dashes and underscores are ignored. Null when nothing is near: more than two edits and more than 40 % of the word. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: { name: string; distance: number } | null = null;
  for (const name of known) {
    const distance = editDistance(fold(word), fold(name));
    if (best === null || distance < best.distance) best = { name, distance };
  }
  if (best === null || best.distance > Math.max(2, 0.4 * word.length)) return null;
  return best.distance >= Math.max(fold(word).length, fold(best.name).length) ? null : best.name;
}
