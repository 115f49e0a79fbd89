/**
 * One feature of a window, counted by day. Columns of few numbers are counted value by value, others into bins that all windows
 * share, categories by name. Every query reads one column and gives back counts; names and values of the user are never spliced.
 */
import type { SpecFeature } from '../core/spec/schema.js';
import { evenQuantiles } from '../core/stats/even-quantiles.js';
import { numericHistogram } from '../core/stats/numeric-summary.js';
import type {
  CategoricalInputs,
  ColumnInputs,
  CountsPerDay,
  EdgeCounts,
  NumericInputs,
  TimeInputs,
  ValueCounts,
} from '../core/triage/input-measures.js';
import type { PlannedColumn } from './column-plan.js';
import type { Duck } from './duck.js';
import { frequentNumbers } from './frequent-numbers.js';
import { TIME_PARTS } from './time-parts.js';
import { vectorItems } from './vectors.js';

/** Numbers of at most so many different values are counted value by value. */
const MOST_VALUES = 2000;
const MOST_CATEGORIES = 1000;
/** Characters kept of a category's name, as in a profile. */
const LONGEST_CATEGORY = 200;
const BIN_STEPS = 256;
const SKETCH_STEPS = 64;

export interface CountedFeature {
  readonly feature: SpecFeature;
  readonly planned: PlannedColumn;
  /** Its place in the spec. */
  readonly at: number;
  readonly isMeasured: boolean;
  readonly isEventTime: boolean;
  /** Of a profile, for its bins. */
  readonly alsoAt: readonly number[];
}

/**
 * Relation `input_rows` has `day_at` (place of the day, null where it does not count) and `is_labelled` beside the source's keys,
 * `sample_rows` an even sample of it.
 */
export interface CountedWindow {
  readonly days: number;
  /** Labels are counted too. */
  readonly hasLabels: boolean;
  /** Different values of a column, about. */
  readonly distinct: (source: string) => number;
  /** The same features of the window whose bins are taken over. */
  readonly like: readonly ColumnInputs[] | null;
}

export interface DayValues {
  /** Rows with a value of the column's type, NaN and infinities included. */
  readonly filled: readonly number[];
  /** Of a text column that is read as numbers: rows whose text is none. */
  readonly unparsed: readonly number[];
  readonly nulls: readonly number[];
}

const emptyCounts = (days: number, bins: number): number[][] =>
  Array.from({ length: days }, () => new Array<number>(bins).fill(0));

/** Of bins a lower bound, but one value is told from several. */
function distinctNumbers(numbers: NumericInputs['numbers']): number[] {
  const found = distinctOf(numbers.counts);
  if (numbers.kind === 'values') return found;
  return found.map((bins, day) => {
    const sketch = numbers.sketch[day]!;
    return bins === 1 && sketch[0] !== sketch[sketch.length - 1] ? 2 : bins;
  });
}

const distinctOf = (counts: CountsPerDay): number[] =>
  counts.map((day) => day.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0));

interface Group {
  readonly day: number;
  readonly value: number;
  readonly rows: number;
  readonly labelled: number;
}

/** @param sql gives day as INTEGER, then value, rows and labelled rows as DOUBLE */
async function* groups(duck: Duck, sql: string): AsyncGenerator<Group> {
  for await (const chunk of duck.chunks(sql)) {
    const day = vectorItems(chunk, 0, Int32Array);
    const [value, rows, labelled] = [1, 2, 3].map((at) => vectorItems(chunk, at, Float64Array)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let at = 0; at < chunk.rowCount; at += 1) {
      yield { day: day[at]!, value: value[at]!, rows: rows[at]!, labelled: labelled[at]! };
    }
  }
}

const groupedBy = (value: string, where: string): string =>
  `SELECT day_at::INTEGER, (${value})::DOUBLE AS value, count(*)::DOUBLE, count(*) FILTER (is_labelled)::DOUBLE ` +
  `FROM input_rows WHERE day_at IS NOT NULL AND ${where} GROUP BY day_at, value`;

async function valueCounts(duck: Duck, key: string, days: number): Promise<ValueCounts> {
  const found: Group[] = [];
  // Minus zero is zero.
  for await (const group of groups(duck, groupedBy(`${key} + 0.0`, `isfinite(${key})`))) found.push(group);
  const values = [...new Set(found.map(({ value }) => value))].sort((a, b) => a - b);
  const place = new Map(values.map((value, at) => [value, at]));
  const counts = emptyCounts(days, values.length);
  const labelled = new Array<number>(values.length).fill(0);
  for (const group of found) {
    const bin = place.get(group.value)!;
    counts[group.day]![bin]! += group.rows;
    labelled[bin]! += group.labelled;
  }
  return { kind: 'values', values, counts, labelled };
}

const doubles = (values: readonly number[]): string => `[${values.map((value) => `'${value}'::DOUBLE`).join(', ')}]`;
/** A sample's values of a column by day, each ascending: at most some tens of thousands. */
async function sampledDays(duck: Duck, key: string, days: number): Promise<Float64Array[]> {
  const lists: number[][] = Array.from({ length: days }, () => []);
  const sql = `SELECT day_at::INTEGER, ${key} + 0.0 FROM sample_rows WHERE day_at IS NOT NULL AND isfinite(${key})`;
  for await (const chunk of duck.chunks(sql)) {
    const [day, value] = [vectorItems(chunk, 0, Int32Array), vectorItems(chunk, 1, Float64Array)];
    for (let at = 0; at < chunk.rowCount; at += 1) lists[day[at]!]!.push(value[at]!);
  }
  return lists.map((list) => Float64Array.from(list).sort());
}

const sketchOf = (sorted: Float64Array): number[] =>
  sorted.length === 0
    ? []
    : Array.from(
        { length: SKETCH_STEPS + 1 },
        (_, at) => sorted[Math.max(0, Math.ceil((at / SKETCH_STEPS) * sorted.length) - 1)]!,
      );

function ownEdges(days: readonly Float64Array[]): readonly number[] {
  const all = new Float64Array(days.reduce((sum, day) => sum + day.length, 0));
  let at = 0;
  for (const day of days) {
    all.set(day, at);
    at += day.length;
  }
  return numericHistogram(all.sort(), { steps: BIN_STEPS }).edges;
}

const asNumbers = (value: unknown): number[] => (value as (number | string)[] | null)?.map(Number) ?? [];

async function edgeCounts(
  duck: Duck,
  key: string,
  of: { readonly edges: readonly number[]; readonly sampled: readonly Float64Array[]; readonly hasLabels: boolean },
): Promise<EdgeCounts> {
  const edges = [...new Set(of.edges.map((edge) => edge + 0))].sort((a, b) => a - b);
  const bounds = doubles([...edges, Number.POSITIVE_INFINITY]);
  const where = `WHERE day_at IS NOT NULL AND isfinite(${key})`;
  const counts = emptyCounts(of.sampled.length, edges.length + 1);
  for (const row of await duck.rows(
    `SELECT day_at::INTEGER AS day, map_values(histogram(${key}, ${bounds}))::INTEGER[] AS counts FROM input_rows ${where} GROUP BY day_at`,
  )) {
    counts[Number(row.day)] = asNumbers(row.counts);
  }
  const labelled = new Array<number>(edges.length + 1).fill(0);
  if (of.hasLabels) {
    const [known] = await duck.rows(
      `SELECT map_values(histogram(${key}, ${bounds}))::INTEGER[] AS labelled FROM input_rows ${where} AND is_labelled`,
    );
    for (const [bin, count] of asNumbers(known?.labelled).entries()) labelled[bin] = count;
  }
  const rows = counts.reduce((sum, day) => sum + day.reduce((all, count) => all + count, 0), 0);
  const frequent = await frequentNumbers(duck, key, { sampled: of.sampled, rows });
  return { kind: 'bins', edges, counts, labelled, sketch: of.sampled.map(sketchOf), frequent };
}

async function countNumbers(duck: Duck, of: CountedFeature, window: CountedWindow): Promise<NumericInputs['numbers']> {
  const { key, source } = of.planned;
  const before = window.like?.[of.at];
  const known = before?.kind === 'numeric' && before.isMeasured ? before.numbers : null;
  const isFew = window.distinct(source) <= MOST_VALUES;
  if (isFew && known?.kind !== 'bins') return valueCounts(duck, key, window.days);
  const { hasLabels } = window;
  const sampled = await sampledDays(duck, key, window.days);
  if (known?.kind === 'bins') return edgeCounts(duck, key, { sampled, hasLabels, edges: known.edges });
  const quantiles = known === null ? ownEdges(sampled) : evenQuantiles(known, BIN_STEPS);
  return edgeCounts(duck, key, { sampled, hasLabels, edges: [...quantiles, ...of.alsoAt] });
}

/** Names that are counted: those of the windows before, and the most frequent own ones. */
async function pickLevels(duck: Duck, at: number): Promise<string[]> {
  const levels = `levels_${at}`;
  await duck.run(`CREATE TABLE IF NOT EXISTS ${levels} (level VARCHAR, code INTEGER)`);
  await duck.run(
    `INSERT INTO ${levels} SELECT name, (SELECT count(*) FROM ${levels}) + row_number() OVER (ORDER BY n DESC, name) - 1 FROM ` +
      `(SELECT name, sum(n) AS n FROM named_rows GROUP BY name ORDER BY n DESC, name LIMIT ${MOST_CATEGORIES}) ` +
      `WHERE name NOT IN (SELECT level FROM ${levels})`,
  );
  const rows = await duck.rows(`SELECT level FROM ${levels} ORDER BY code`);
  return rows.map((row) => String(row.level));
}

async function countCategories(
  duck: Duck,
  of: CountedFeature,
  days: number,
): Promise<Pick<CategoricalInputs, 'levels' | 'counts' | 'others' | 'labelled'>> {
  const { key } = of.planned;
  await duck.run(
    `CREATE TABLE named_rows AS SELECT day_at, left(${key}, ${LONGEST_CATEGORY}) AS name, count(*) AS n, count(*) FILTER (is_labelled) AS labelled ` +
      `FROM input_rows WHERE day_at IS NOT NULL AND ${key} IS NOT NULL GROUP BY day_at, name`,
  );
  const levels = await pickLevels(duck, of.at);
  const counts = emptyCounts(days, levels.length);
  const others = new Array<number>(days).fill(0);
  const labelled = new Array<number>(levels.length).fill(0);
  const sql =
    `SELECT day_at::INTEGER, coalesce(code, -1)::DOUBLE, sum(n)::DOUBLE, sum(labelled)::DOUBLE ` +
    `FROM named_rows LEFT JOIN levels_${of.at} ON level = name GROUP BY day_at, code`;
  for await (const group of groups(duck, sql)) {
    if (group.value < 0) others[group.day]! += group.rows;
    else {
      counts[group.day]![group.value]! += group.rows;
      labelled[group.value]! += group.labelled;
    }
  }
  await duck.run('DROP TABLE named_rows');
  return { levels, counts, others, labelled };
}

async function countParts(
  duck: Duck,
  of: { key: string; part: TimeInputs['part'] },
  days: number,
): Promise<Pick<TimeInputs, 'levels' | 'counts' | 'labelled'>> {
  const { levels, code } = TIME_PARTS[of.part];
  const counts = emptyCounts(days, levels.length);
  const labelled = new Array<number>(levels.length).fill(0);
  for await (const group of groups(duck, groupedBy(code(of.key), `${of.key} IS NOT NULL`))) {
    counts[group.day]![group.value]! += group.rows;
    labelled[group.value]! += group.labelled;
  }
  return { levels: levels.map(Number), counts, labelled };
}

export async function countFeature(
  duck: Duck,
  of: CountedFeature,
  context: { readonly window: CountedWindow; readonly values: DayValues },
): Promise<ColumnInputs> {
  const { feature, planned, isMeasured } = of;
  const { window, values } = context;
  const common = {
    column: feature.kind === 'time' ? feature.name : planned.source,
    feature: feature.name,
    source: planned.source,
    isMeasured,
    nulls: values.nulls,
    nonFinite: values.unparsed,
  };
  if (feature.kind === 'numeric') {
    const none: ValueCounts = { kind: 'values', values: [], counts: emptyCounts(window.days, 0), labelled: [] };
    const numbers = isMeasured ? await countNumbers(duck, of, window) : none;
    const finite = numbers.counts.map((day) => day.reduce((sum, count) => sum + count, 0));
    const nonFinite = finite.map((count, day) => values.filled[day]! - count + values.unparsed[day]!);
    return { ...common, nonFinite, kind: 'numeric', numbers, distinct: distinctNumbers(numbers) };
  }
  if (feature.kind === 'categorical') {
    const none = {
      levels: [],
      counts: emptyCounts(window.days, 0),
      others: new Array<number>(window.days).fill(0),
      labelled: [],
    };
    const counted = isMeasured ? await countCategories(duck, of, window.days) : none;
    const distinct = distinctOf(counted.counts).map((found, day) => found + (counted.others[day]! > 0 ? 1 : 0));
    return { ...common, kind: 'categorical', ...counted, distinct };
  }
  const none = { levels: [], counts: emptyCounts(window.days, 0), labelled: [] };
  const counted = isMeasured ? await countParts(duck, { key: planned.key, part: feature.part }, window.days) : none;
  const { isEventTime } = of;
  return { ...common, kind: 'time', part: feature.part, isEventTime, ...counted, distinct: distinctOf(counted.counts) };
}
