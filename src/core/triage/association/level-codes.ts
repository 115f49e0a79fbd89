/** Columns of any kind as a few levels, the same for every day, so that each two of them make a small table. */
import type { CategoricalColumn, NumericColumn, TableColumn } from '../../column-table.js';

/** Levels of a column: the most frequent categories of the reference and the rest, or its quantiles. */
const LEVELS = 21;
const BINS = 10;
/** Of the levels, and one of missing values, the last. */
export const CODES = LEVELS + 1;
export const MISSING = CODES - 1;

function codesOfCategories({ codes, levels }: CategoricalColumn, isReference: Uint8Array): Uint8Array {
  const counts = new Float64Array(levels.length);
  for (let row = 0; row < codes.length; row += 1)
    if (isReference[row] === 1 && codes[row]! >= 0) counts[codes[row]!]! += 1;
  const frequent = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, LEVELS - 1);
  const level = new Uint8Array(levels.length).fill(LEVELS - 1);
  for (const [place, code] of frequent.entries()) level[code] = place;
  const coded = new Uint8Array(codes.length);
  for (let row = 0; row < codes.length; row += 1) coded[row] = codes[row]! < 0 ? MISSING : level[codes[row]!]!;
  return coded;
}

/** Upper bounds of the bins: quantiles without repeats, none so high that nothing lies above it. @param ascending not empty */
function edgesOf(ascending: Float64Array): number[] {
  const most = ascending[ascending.length - 1]!;
  const quantiles = Array.from(
    { length: BINS - 1 },
    (_, at) => ascending[Math.ceil(((at + 1) / BINS) * ascending.length) - 1]!,
  );
  const edges = [...new Set(quantiles)].filter((edge) => edge < most);
  const below = edges.length === 0 ? ascending.findLast((value) => value < most) : undefined;
  return below === undefined ? edges : [below];
}

function codesOfNumbers({ values }: NumericColumn, isReference: Uint8Array): Uint8Array {
  const known = values.filter((value, row) => isReference[row] === 1 && !Number.isNaN(value)).sort();
  const edges = known.length === 0 ? [] : edgesOf(known);
  const coded = new Uint8Array(values.length);
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    let bin = 0;
    while (bin < edges.length && value > edges[bin]!) bin += 1;
    coded[row] = Number.isNaN(value) ? MISSING : bin;
  }
  return coded;
}

/** @param isReference 1 a row whose values decide on the levels */
export const levelCodes = (column: TableColumn, isReference: Uint8Array): Uint8Array =>
  column.kind === 'numeric' ? codesOfNumbers(column, isReference) : codesOfCategories(column, isReference);
