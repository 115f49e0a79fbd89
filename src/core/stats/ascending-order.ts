/**
 * Row numbers in ascending order of a score: one sort a model, reused by every statistic that looks at ranks.
 * A radix sort on the bits of the float32 (least significant digit first, three digits of 11 bits): O(n), stable, and
 * ten times as fast as sorting row numbers with a comparator.
 */

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/**
 * @param values any float32 without NaN (the caller has checked; NaN would sort to an end)
 * @returns row numbers so that `values[order[i]]` never falls; equal values keep their row order
 */
export function ascendingOrder(values: Float32Array): Uint32Array {
  const rows = values.length;
  const keys = new Uint32Array(rows);
  const bits = new Uint32Array(values.buffer, values.byteOffset, rows);
  for (let row = 0; row < rows; row += 1) {
    const word = bits[row]!;
    // Negative floats sort by their inverted bits, others by their bits with the sign bit set.
    keys[row] = word & 0x80000000 ? ~word : word | 0x80000000;
  }
  let order = new Uint32Array(rows);
  for (let row = 0; row < rows; row += 1) order[row] = row;
  let spare = new Uint32Array(rows);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    sortByDigit({ keys, shift, from: order, to: spare });
    const sorted = spare;
    spare = order;
    order = sorted;
  }
  return order;
}

interface DigitPass {
  readonly keys: Uint32Array;
  readonly shift: number;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

/** One stable counting pass: rows in the order of `from`, by the digit at `shift`. */
function sortByDigit({ keys, shift, from, to }: DigitPass): void {
  const next = new Uint32Array(DIGITS + 1);
  for (let row = 0; row < keys.length; row += 1) next[((keys[row]! >>> shift) & (DIGITS - 1)) + 1]! += 1;
  for (let digit = 0; digit < DIGITS; digit += 1) next[digit + 1]! += next[digit]!;
  for (let at = 0; at < from.length; at += 1) {
    const row = from[at]!;
    const digit = (keys[row]! >>> shift) & (DIGITS - 1);
    to[next[digit]!] = row;
    next[digit]! += 1;
  }
}
