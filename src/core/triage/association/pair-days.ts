/** How strongly each two columns go together, day by day: in the reference, and in the window beside what its margins alone would make of it. */
import { cramersV } from '../../stats/cramers-v.js';
import { fitMargins } from '../../stats/fit-margins.js';
import { mean } from '../../stats/mean.js';
import { LEAST_ROWS } from './day-blocks.js';
import { CODES, MISSING } from './level-codes.js';

/** One list a block, a code a row. */
type BlockCodes = readonly Uint8Array[];

export interface ComparedColumn {
  readonly name: string;
  /** Columns of one source are no pair: parts of one instant go together whatever happens. */
  readonly source: string;
  readonly reference: BlockCodes;
  readonly current: BlockCodes;
}

export interface PairDays {
  /** Places in the list of columns. */
  readonly a: number;
  readonly b: number;
  /** Cramér's V a block; NaN where too few rows have both values (in the window: known ones), or one of them is the same everywhere. */
  readonly reference: readonly number[];
  readonly current: readonly number[];
  /** A block of the window: what the association would be had only the columns themselves moved, as a part of the reference's; at most 1, 0 for under half. */
  readonly kept: readonly number[];
}

/** Rows with both values, a table of the levels. */
function tableOf(a: Uint8Array, b: Uint8Array): Float64Array {
  const counts = new Float64Array(CODES * CODES);
  for (let row = 0; row < a.length; row += 1) counts[a[row]! * CODES + b[row]!]! += 1;
  for (let level = 0; level < CODES; level += 1) {
    counts[MISSING * CODES + level] = 0;
    counts[level * CODES + MISSING] = 0;
  }
  return counts;
}

function sumOf(table: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < table.length; at += 1) sum += table[at]!;
  return sum;
}

/** Without the rows at levels that the reference has none of: what is new says nothing of what went together. */
function knownPart(table: Float64Array, usual: Float64Array): Float64Array {
  const { rows, columns } = marginsOf(usual, sumOf(usual));
  return table.map((count, at) => (rows[Math.floor(at / CODES)]! > 0 && columns[at % CODES]! > 0 ? count : 0));
}

const strengthOf = (table: Float64Array): number =>
  sumOf(table) < LEAST_ROWS / 2 ? Number.NaN : cramersV(table, CODES);

/** Row and column sums, brought to the total. */
function marginsOf(table: Float64Array, total: number): { rows: Float64Array; columns: Float64Array } {
  const [rows, columns] = [new Float64Array(CODES), new Float64Array(CODES)];
  const factor = total / sumOf(table);
  for (let at = 0; at < table.length; at += 1) {
    rows[Math.floor(at / CODES)]! += table[at]! * factor;
    columns[at % CODES]! += table[at]! * factor;
  }
  return { rows, columns };
}

/**
 * Of the usual strength, where margins leave less of it, a day tells nothing: what is left is lost in few rows, and values close
 * together within wide levels have less in common than levels say.
 */
const LEAST_KEPT = 0.5;

/** Of the usual strength, what margins like those of these rows leave; 0 for too little. */
function keptBy(table: Float64Array, usual: Float64Array): number {
  const fitted = fitMargins(usual, marginsOf(table, sumOf(usual)));
  const kept = cramersV(fitted, CODES) / cramersV(usual, CODES);
  return kept < LEAST_KEPT ? 0 : Math.min(1, kept);
}

const isPair = (one: ComparedColumn, other: ComparedColumn): boolean => one.source !== other.source;

export function pairDays(columns: readonly ComparedColumn[], { a, b }: { a: number; b: number }): PairDays {
  const [one, other] = [columns[a]!, columns[b]!];
  const usual = new Float64Array(CODES * CODES);
  const reference = one.reference.map((codes, block) => {
    const table = tableOf(codes, other.reference[block]!);
    for (let at = 0; at < table.length; at += 1) usual[at]! += table[at]!;
    return strengthOf(table);
  });
  const typical = mean(reference.filter((value) => !Number.isNaN(value)));
  const measured = one.current.map((codes, block) => {
    const table = knownPart(tableOf(codes, other.current[block]!), usual);
    const strength = strengthOf(table);
    // Where it is near the usual one, nothing is to be explained.
    return { strength, kept: strength < typical / 2 ? keptBy(table, usual) : 1 };
  });
  return { a, b, reference, current: measured.map(({ strength }) => strength), kept: measured.map(({ kept }) => kept) };
}

const SCREENED_ROWS = 4000;
const MOST_PARTNERS = 8;

/** Some rows of the reference, evenly from all its blocks. */
function thinned(blocks: BlockCodes): Uint8Array {
  const rows = blocks.reduce((sum, { length }) => sum + length, 0);
  const step = Math.max(1, Math.ceil(rows / SCREENED_ROWS));
  const all = new Uint8Array(rows);
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all.filter((_, row) => row % step === 0);
}

/**
 * Pairs that go together at least so much in some thousand rows of the reference: of each column the eight strongest, so that
 * hundreds of columns take no longer than they have to.
 */
export function likelyPairs(columns: readonly ComparedColumn[], least: number): { a: number; b: number }[] {
  const few = columns.map(({ reference }) => thinned(reference));
  const found: { a: number; b: number; strength: number }[] = [];
  for (let a = 0; a < columns.length; a += 1) {
    for (let b = a + 1; b < columns.length; b += 1) {
      if (!isPair(columns[a]!, columns[b]!)) continue;
      const strength = cramersV(tableOf(few[a]!, few[b]!), CODES);
      if (strength >= least) found.push({ a, b, strength });
    }
  }
  const taken = new Int32Array(columns.length);
  return found
    .sort((one, other) => other.strength - one.strength || one.a - other.a || one.b - other.b)
    .filter(({ a, b }) => {
      const isKept = taken[a]! < MOST_PARTNERS || taken[b]! < MOST_PARTNERS;
      if (isKept) for (const column of [a, b]) taken[column]! += 1;
      return isKept;
    });
}
