/**
 * Labels by day and by value of each column, of mature rows: categories, parts of an instant, bins of numbers. Reads table
 * `label_rows` of measure-labels.ts; counts leave DuckDB as vectors, never as rows.
 */
import { assertInvariant } from '../core/errors.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { LabelCounts, LabelSlice } from '../core/triage/label-measures.js';
import { ROW_KEYS } from '../sources/source.js';
import { quoteLiteral } from '../sources/sql.js';
import type { PlannedColumn } from './column-plan.js';
import type { Duck } from './duck.js';
import { isOneOf } from './thin-rows.js';
import { vectorItems } from './vectors.js';

/** A value with fewer labelled rows in either window is not looked at, and of a column no more values than these. */
const LEAST_LABELLED = 100;
const MOST_VALUES = 100;
const BINS = 10;

/** Windows in table `label_rows`. */
export const SIDES = { reference: 0, current: 1 } as const;

/** How one column is cut; `code` gives the text of the value, null where a row has none. */
export interface Cut {
  readonly column: string;
  readonly kind: LabelSlice['kind'];
  readonly code: string;
}

/** Hours and weekdays come back within windows of days; months and days of a year do not. */
const PARTS = { hour: 'hour', weekday: 'isodow' } as const;

const isPart = (part: string): part is keyof typeof PARTS => part in PARTS;

export const partOf = (part: keyof typeof PARTS, at: string): string => `CAST(${PARTS[part]}(${at}) AS VARCHAR)`;

/** Rows that quantiles are taken from, about, at most. */
const QUANTILE_ROWS = 50_000;

/** About every so manieth row of `label_rows`, so that about `most` stay at most; as a condition. */
export async function thinned(duck: Duck, most: number): Promise<string> {
  const [row] = await duck.rows('SELECT count(*) AS n FROM label_rows');
  return isOneOf(Math.ceil(Number(row?.n ?? 0) / most));
}

/**
 * Distinct cut points that leave about as many rows below as between; a value goes below the first one that it does not exceed.
 * @returns none for a column without a finite value
 */
export async function quantileEdges(duck: Duck, key: string, bins: number): Promise<number[]> {
  const steps = Array.from({ length: bins - 1 }, (_, at) => (at + 1) / bins);
  const some = await thinned(duck, QUANTILE_ROWS);
  const [row] = await duck.rows(
    `SELECT quantile_disc(${key}, [${steps.join(', ')}]) AS edges FROM label_rows WHERE ${some} AND isfinite(${key})`,
  );
  const edges = Array.isArray(row?.edges) ? row.edges.map(Number) : [];
  return [...new Set(edges)].filter(Number.isFinite).sort((a, b) => a - b);
}

/** @param nameOf what the bin below edge `at` is called; `at` = the number of edges: above the last */
export function binCode(key: string, edges: readonly number[], nameOf: (at: number) => string): string {
  const cases = edges.map((edge, at) => `WHEN ${key} <= '${edge}'::DOUBLE THEN ${quoteLiteral(nameOf(at))}`);
  return `CASE WHEN NOT coalesce(isfinite(${key}), false) THEN NULL ${cases.join(' ')} ELSE ${quoteLiteral(nameOf(edges.length))} END`;
}

const short = (value: number): string => String(Number(value.toPrecision(6)));

function binName(edges: readonly number[], at: number): string {
  if (edges.length === 0) return 'any';
  if (at === 0) return `≤ ${short(edges[0]!)}`;
  if (at === edges.length) return `> ${short(edges.at(-1)!)}`;
  return `(${short(edges[at - 1]!)}, ${short(edges[at]!)}]`;
}

/** The hour of the event always; then each source column once a way of cutting it. */
export async function planCuts(
  duck: Duck,
  spec: PipelineSpec,
  columns: readonly PlannedColumn[],
): Promise<readonly Cut[]> {
  const { eventAt } = ROW_KEYS;
  const named = spec.source.columns.eventAt;
  const cuts: Cut[] = [{ column: `${named} hour`, kind: 'part', code: partOf('hour', eventAt) }];
  for (const { kind, key, source, name, role } of columns) {
    if (kind === 'categorical') cuts.push({ column: source, kind: 'category', code: key });
    else if (kind === 'numeric') {
      const edges = await quantileEdges(duck, key, BINS);
      if (edges.length > 0)
        cuts.push({ column: source, kind: 'bin', code: binCode(key, edges, (at) => binName(edges, at)) });
    } else if (role === 'feature') {
      const feature = spec.features.find((one) => one.name === name);
      if (feature?.kind !== 'time' || !isPart(feature.part)) continue;
      cuts.push({ column: `${source} ${feature.part}`, kind: 'part', code: partOf(feature.part, key) });
    }
  }
  const seen = new Set<string>();
  return cuts.filter(({ column, kind }) => {
    const name = `${kind} ${column}`;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

type Mutable = { rows: number[]; labelled: number[]; positives: number[] };
const zeros = (days: number): Mutable => ({
  rows: new Array<number>(days).fill(0),
  labelled: new Array<number>(days).fill(0),
  positives: new Array<number>(days).fill(0),
});

/** Days since 1970 of each window, oldest first. */
export interface Days {
  readonly current: readonly number[];
  readonly reference: readonly number[] | null;
}

/**
 * @param query of integers: place, side, day, rows, labelled, positives; days that are not listed are left aside
 * @returns by side and place
 */
export async function countByDay(
  duck: Duck,
  query: string,
  options: { days: Days; places: number },
): Promise<{ current: LabelCounts[]; reference: LabelCounts[] | null }> {
  const { days, places } = options;
  const dayPlaces = [days.reference ?? [], days.current].map((list) => new Map(list.map((day, at) => [day, at])));
  const sides = [days.reference ?? [], days.current].map((list) =>
    Array.from({ length: places }, () => zeros(list.length)),
  );
  for await (const chunk of duck.chunks(query)) {
    const [place, side, day, rows, labelled, positives] = [0, 1, 2, 3, 4, 5].map((at) =>
      vectorItems(chunk, at, Int32Array),
    );
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const at = dayPlaces[side![row]!]?.get(day![row]!);
      if (at === undefined) continue;
      const counts = sides[side![row]!]![place![row]!];
      assertInvariant(counts !== undefined, 'A count of labels belongs to no value that was asked for.');
      counts.rows[at] = rows![row]!;
      counts.labelled[at] = labelled![row]!;
      counts.positives[at] = positives![row]!;
    }
  }
  return { current: sides[SIDES.current]!, reference: days.reference === null ? null : sides[SIDES.reference]! };
}

export const COUNTS =
  'CAST(count(*) AS INTEGER) AS n, CAST(count(label) AS INTEGER) AS labelled, CAST(coalesce(sum(label), 0) AS INTEGER) AS positives';

async function sliceBy(duck: Duck, cut: Cut, options: { days: Days; at: number }): Promise<LabelSlice[]> {
  const { days, at } = options;
  const labelledOf = (side: number): string => `count(label) FILTER (WHERE side = ${side})`;
  const isEnough =
    `${labelledOf(SIDES.current)} >= ${LEAST_LABELLED}` +
    (days.reference === null ? '' : ` AND ${labelledOf(SIDES.reference)} >= ${LEAST_LABELLED}`);
  const table = `slices_${at}`;
  await duck.run(
    `CREATE TABLE ${table} AS SELECT value, CAST(row_number() OVER (ORDER BY n DESC, value) - 1 AS INTEGER) AS place FROM (` +
      `SELECT ${cut.code} AS value, count(label) AS n FROM label_rows WHERE is_mature AND ${cut.code} IS NOT NULL GROUP BY value ` +
      `HAVING ${isEnough} ORDER BY n DESC, value LIMIT ${MOST_VALUES})`,
  );
  const values = (await duck.rows(`SELECT value FROM ${table} ORDER BY place`)).map((row) => String(row.value));
  if (values.length === 0) return [];
  const counted = await countByDay(
    duck,
    `SELECT place, side, day, ${COUNTS} FROM (SELECT ${cut.code} AS value, side, day, label FROM label_rows WHERE is_mature) ` +
      `JOIN ${table} USING (value) GROUP BY place, side, day`,
    { days, places: values.length },
  );
  return values.map((value, place) => ({
    column: cut.column,
    value,
    kind: cut.kind,
    current: counted.current[place]!,
    reference: counted.reference?.[place] ?? null,
  }));
}

export async function sliceLabels(duck: Duck, cuts: readonly Cut[], days: Days): Promise<LabelSlice[]> {
  const slices: LabelSlice[] = [];
  for (const [at, cut] of cuts.entries()) slices.push(...(await sliceBy(duck, cut, { days, at })));
  return slices;
}
