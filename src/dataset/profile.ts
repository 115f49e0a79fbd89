/**
 * What is kept of a snapshot's distribution, so that drift of a later window never needs the old rows again.
 * Count, nulls, min, max and categories are of all rows. Quantiles and histogram are of an even sample, every k-th row in
 * snapshot order, at most 20,000 and the same on every machine: all rows up to that, and a rank error of at most 0.7 % (95 %) above.
 * Bins: edges are the distinct quantiles at steps of 5 %, so bins hold about equal shares whatever the scale.
 */
import { quoteIdent } from '../sources/sql.js';
import type { Duck } from './duck.js';
import type { NumberColumn } from './number-chunk.js';
import { type SnapshotColumn, snapshotScan } from './snapshot-file.js';

const SAMPLE_ROWS = 20_000;
const TOP_CATEGORIES = 100;
/** Characters kept of a category's name in the manifest. */
const LONGEST_CATEGORY = 200;
const PROBABILITIES = [
  0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99,
];
const BIN_STEPS = new Set(PROBABILITIES.filter((p) => p !== 0.01 && p !== 0.99));

interface NumericProfile {
  readonly kind: 'numeric';
  readonly count: number;
  readonly nulls: number;
  readonly min: number | null;
  readonly max: number | null;
  /** [probability, value], of the even sample. */
  readonly quantiles: readonly (readonly [number, number])[];
  /** counts[i] = rows in (edges[i-1], edges[i]]; the first bin is open below, the last (counts has one more than edges) above. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
}

interface CategoricalProfile {
  readonly kind: 'categorical';
  readonly count: number;
  readonly nulls: number;
  readonly distinct: number;
  /** Most frequent first, ties by code point; at most 100. */
  readonly top: readonly (readonly [string, number])[];
}

interface TimeProfile {
  readonly kind: 'time';
  readonly count: number;
  readonly nulls: number;
  readonly min: string | null;
  readonly max: string | null;
}

type ColumnProfile = NumericProfile | CategoricalProfile | TimeProfile;

const numberOrNull = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));

/** Instants as ISO text with milliseconds: microseconds below are cut. */
export const instantOf = (micros: unknown): string | null =>
  micros === null || micros === undefined ? null : new Date(Number(BigInt(String(micros)) / 1000n)).toISOString();

interface Counted {
  readonly count: number;
  readonly nulls: number;
  readonly min: unknown;
  readonly max: unknown;
}

async function countColumns(duck: Duck, path: string, columns: readonly SnapshotColumn[]): Promise<Counted[]> {
  const select = columns.map(({ parquet, kind }, at) => {
    const value = quoteIdent(parquet);
    // Nothing but plain counts and extremes: those come from the file's own statistics, without reading a column.
    const read = (extreme: string): string =>
      kind === 'time' ? `epoch_us(${extreme}(${value}))` : `${extreme}(${value})`;
    const isBounded = kind !== 'categorical' && kind !== 'id';
    const bounds = isBounded ? `, ${read('min')} AS min${at}, ${read('max')} AS max${at}` : '';
    return `count(${value}) AS n${at}${bounds}`;
  });
  const [row] = await duck.rows(`SELECT count(*) AS rows, ${select.join(', ')} FROM ${snapshotScan(path)}`);
  const rows = Number(row?.rows);
  return columns.map((_, at) => {
    const count = Number(row?.[`n${at}`]);
    return { count, nulls: rows - count, min: row?.[`min${at}`] ?? null, max: row?.[`max${at}`] ?? null };
  });
}

const quantile = (sorted: Float64Array, p: number): number => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)]!;

/** counts of sorted values by upper edge; one bin more than edges. */
function binCounts(sorted: Float64Array, edges: readonly number[]): number[] {
  const counts = edges.map(() => 0).concat(0);
  let bin = 0;
  for (const value of sorted) {
    while (bin < edges.length && value > edges[bin]!) bin += 1;
    counts[bin]! += 1;
  }
  return counts;
}

function numericProfile(counted: Counted, sorted: Float64Array): NumericProfile {
  const isEmpty = sorted.length === 0;
  const quantiles = isEmpty ? [] : PROBABILITIES.map((p) => [p, quantile(sorted, p)] as const);
  const edges = [...new Set(quantiles.filter(([p]) => BIN_STEPS.has(p)).map(([, value]) => value))];
  return {
    kind: 'numeric',
    count: counted.count,
    nulls: counted.nulls,
    min: numberOrNull(counted.min),
    max: numberOrNull(counted.max),
    quantiles,
    histogram: { edges, counts: isEmpty ? [] : binCounts(sorted, edges) },
  };
}

async function categoricalProfile(
  duck: Duck,
  scan: string,
  options: { parquet: string; counted: Counted },
): Promise<CategoricalProfile> {
  const value = quoteIdent(options.parquet);
  const top = await duck.rows(
    `SELECT value, n, count(*) OVER () AS levels FROM (SELECT ${value} AS value, count(*) AS n FROM ${scan} WHERE ${value} IS NOT NULL GROUP BY value) ` +
      `ORDER BY n DESC, value LIMIT ${TOP_CATEGORIES}`,
  );
  return {
    kind: 'categorical',
    count: options.counted.count,
    nulls: options.counted.nulls,
    distinct: Number(top[0]?.levels ?? 0),
    top: top.map((row) => [String(row.value).slice(0, LONGEST_CATEGORY), Number(row.n)] as const),
  };
}

/** Takes every k-th row of each numeric column while the snapshot is read in order. */
export class EvenSample {
  readonly step: number;
  readonly #values: Float64Array[];
  readonly #lengths: number[];
  #row = 0;
  #sorting: Promise<void> | null = null;

  constructor(
    readonly rows: number,
    readonly columns: readonly number[],
  ) {
    this.step = Math.max(1, Math.ceil(rows / SAMPLE_ROWS));
    this.#values = columns.map(() => new Float64Array(Math.ceil(rows / this.step)));
    this.#lengths = columns.map(() => 0);
  }

  /** @param valuesOf by column (its place in the snapshot), the values of the next rows */
  add(rows: number, valuesOf: (column: number) => NumberColumn): void {
    const first = (this.step - (this.#row % this.step)) % this.step;
    for (const [at, column] of this.columns.entries()) {
      const { items, valid } = valuesOf(column);
      const values = this.#values[at]!;
      let length = this.#lengths[at]!;
      for (let row = first; row < rows; row += this.step) {
        if (valid === null || valid[row] === 1) values[length++] = items[row]!;
      }
      this.#lengths[at] = length;
    }
    this.#row += rows;
  }

  get isWhole(): boolean {
    return this.#row === this.rows;
  }

  /** After the last row; a sort takes some milliseconds, so the event loop breathes between columns. */
  sort(): Promise<void> {
    const sortAll = async (): Promise<void> => {
      for (const column of this.columns) {
        this.valuesOf(column).sort();
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    this.#sorting ??= sortAll();
    return this.#sorting;
  }

  /** The values of a column (its place in the snapshot), once sorted in order. */
  valuesOf(column: number): Float64Array {
    const at = this.columns.indexOf(column);
    return this.#values[at]!.subarray(0, this.#lengths[at]);
  }
}

/** @param sample read over the same file, whose `columns` are the places of the numeric columns */
export async function profileSnapshot(
  duck: Duck,
  path: string,
  options: { readonly columns: readonly SnapshotColumn[]; readonly sample: EvenSample },
): Promise<Record<string, ColumnProfile>> {
  const { columns, sample } = options;
  const counted = await countColumns(duck, path, columns);
  await sample.sort();
  const profiles: Record<string, ColumnProfile> = {};
  for (const [at, column] of columns.entries()) {
    const own = counted[at]!;
    if (column.kind === 'numeric') {
      profiles[column.parquet] = numericProfile(own, sample.valuesOf(at));
    } else if (column.kind === 'categorical') {
      profiles[column.parquet] = await categoricalProfile(duck, snapshotScan(path), {
        parquet: column.parquet,
        counted: own,
      });
    } else if (column.kind === 'time') {
      profiles[column.parquet] = {
        kind: 'time',
        count: own.count,
        nulls: own.nulls,
        min: instantOf(own.min),
        max: instantOf(own.max),
      };
    }
  }
  return profiles;
}
