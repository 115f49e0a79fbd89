/**
 * Facts about a window for the quality checks: one aggregate over its rows, one over its days. A column that is missing or
 * unfit is a fact here, not an error: the checks say what it means. Of labels and known-at columns only the type is looked
 * at, never the values: most of them may not be known yet.
 */
import type { ColumnFacts, WindowFacts } from '../core/quality/facts.js';
import type { Categories } from '../core/quality/source-schema.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Instant, Window } from '../core/types.js';
import { unparsedKey } from '../sources/file-source.js';
import { LABEL_KEYS, ROW_KEYS, type SourceColumn, type WantedColumn } from '../sources/source.js';
import { type ColumnPlan, planColumns } from './column-plan.js';
import type { Duck } from './duck.js';
import { leaveOut } from './excluded-windows.js';
import { isUnlisted, listCategories } from './list-categories.js';
import { schemaProblem, withSource } from './open-source.js';
import type { ConnectionUrl, OpenSource } from './opened-source.js';
import { instantOf } from './profile.js';

const DAY_MS = 86_400_000;
const EXPECTED = { number: 'numeric', text: 'categorical', time: 'time' } as const;

/** Of a CSV column read as numbers, this share of unreadable values makes it another type rather than bad rows. */
const UNFIT_SHARE = 0.5;

interface Asked {
  readonly wanted: WantedColumn;
  readonly role: ColumnFacts['role'];
  readonly expected: ColumnFacts['expected'];
  readonly found: SourceColumn | null;
  readonly isReadable: boolean;
}

/** Labels and known-at columns: their values speak of knowledge that may lie after the as-of. */
const isUnknowable = (asked: Asked): boolean =>
  [LABEL_KEYS.label, LABEL_KEYS.knownAt, ROW_KEYS.rowKnownAt].some((key) => key === asked.wanted.key) ||
  asked.role === 'label';

const isMeasured = (asked: Asked): boolean => asked.isReadable && !isUnknowable(asked);

function askedColumns(plan: ColumnPlan, source: OpenSource): Asked[] {
  const ask = (wanted: WantedColumn, there: readonly SourceColumn[], role: ColumnFacts['role']): Asked => ({
    wanted,
    role,
    expected: role === 'id' || role === 'label' ? 'any' : EXPECTED[wanted.use],
    found: there.find((column) => column.name === wanted.source) ?? null,
    isReadable: schemaProblem([wanted], there, 'source') === null,
  });
  const roleOf = (key: string): ColumnFacts['role'] =>
    key === ROW_KEYS.id ? 'id' : key === ROW_KEYS.eventAt ? 'event-at' : key === LABEL_KEYS.label ? 'label' : 'feature';
  const asked = [
    ...plan.rows.map((wanted) => ask(wanted, source.rows, roleOf(wanted.key))),
    ...(plan.labels ?? []).map((wanted) => ask(wanted, source.labels ?? [], 'label')),
  ];
  return asked.filter((column) => !isUnknowable(column) || column.role === 'label' || !column.isReadable);
}

/** Where a fact is not measured (missing, unfit, a label): no value, and nothing counted. */
const unmeasured = (asked: Asked): ColumnFacts => ({
  name: asked.wanted.source,
  role: asked.role,
  expected: asked.expected,
  type: asked.found?.type ?? null,
  isCompatible: asked.isReadable,
  nulls: 0,
  nonFinite: 0,
  min: null,
  max: null,
  distinct: null,
  outOfRange: 0,
});

function rangeFailure(plan: ColumnPlan, key: string): string {
  const bounds = plan.ranges
    .filter((range) => range.key === key)
    .flatMap(({ min, max }) => [
      ...(min === null ? [] : [`${key} < '${min}'::DOUBLE`]),
      ...(max === null ? [] : [`${key} > '${max}'::DOUBLE`]),
    ]);
  return bounds.length === 0 ? 'false' : `(isfinite(${key}) AND (${bounds.join(' OR ')}))`;
}

/** By the source's name of a categorical feature: the categories that a reviewed schema lists. */
type Listed = Readonly<Record<string, readonly string[]>>;

function aggregates(plan: ColumnPlan, asked: Asked, options: { at: number; isCsv: boolean; listed: Listed }): string {
  const { at, isCsv, listed } = options;
  const { key, use } = asked.wanted;
  const unparsed = use === 'number' && isCsv ? unparsedKey(key) : 'false';
  const list = [`count(*) FILTER (WHERE ${key} IS NULL AND NOT ${unparsed}) AS nulls${at}`];
  if (asked.role === 'feature') {
    list.push(`CASE WHEN min(${key}) = max(${key}) THEN 1 ELSE approx_count_distinct(${key}) END AS distinct${at}`);
  }
  // A column may have the name of anything, `constructor` too.
  const isListed = use === 'text' && asked.role === 'feature' && Object.hasOwn(listed, asked.wanted.source);
  const known = isListed ? listed[asked.wanted.source] : undefined;
  if (known !== undefined) list.push(`count(*) FILTER (WHERE ${isUnlisted(key, known)}) AS unlisted${at}`);
  if (use === 'number') {
    list.push(
      `count(*) FILTER (WHERE NOT isfinite(${key})) AS nonfinite${at}`,
      `count(*) FILTER (WHERE ${unparsed}) AS unparsed${at}`,
      `min(${key}) FILTER (WHERE isfinite(${key})) AS min${at}`,
      `max(${key}) FILTER (WHERE isfinite(${key})) AS max${at}`,
      `count(*) FILTER (WHERE ${rangeFailure(plan, key)}) AS out${at}`,
    );
  }
  return list.join(', ');
}

function factsOf(asked: Asked, row: Record<string, unknown>, options: { at: number; rows: number }): ColumnFacts {
  const { at, rows } = options;
  const count = (name: string): number => Number(row[`${name}${at}`] ?? 0);
  const value = (name: string): number | null => (row[`${name}${at}`] == null ? null : Number(row[`${name}${at}`]));
  const unparsed = count('unparsed');
  const filled = rows - count('nulls');
  return {
    ...unmeasured(asked),
    isCompatible: !(filled > 0 && unparsed / filled > UNFIT_SHARE),
    nulls: count('nulls'),
    nonFinite: count('nonfinite') + unparsed,
    min: value('min'),
    max: value('max'),
    distinct: value('distinct'),
    outOfRange: count('out'),
    ...(row[`unlisted${at}`] === undefined ? {} : { unlisted: count('unlisted') }),
  };
}

/** Every UTC day that the window touches and no excluded one does, with its rows. */
async function rowsPerDay(
  duck: Duck,
  window: Window,
  excluding: readonly Window[],
): Promise<{ day: string; rows: number }[]> {
  const counted = await duck.rows(
    `SELECT strftime(${ROW_KEYS.eventAt}, '%Y-%m-%d') AS day, count(*) AS n FROM source_rows WHERE ${ROW_KEYS.eventAt} IS NOT NULL GROUP BY day`,
  );
  const rows = new Map(counted.map((row) => [String(row.day), Number(row.n)]));
  const days: { day: string; rows: number }[] = [];
  const first = Math.floor(Date.parse(window.start) / DAY_MS) * DAY_MS;
  for (let time = first; time < Date.parse(window.end); time += DAY_MS) {
    if (excluding.some(({ start, end }) => Date.parse(start) < time + DAY_MS && time < Date.parse(end))) continue;
    const day = new Date(time).toISOString().slice(0, 10);
    days.push({ day, rows: rows.get(day) ?? 0 });
  }
  return days;
}

/** Facts of the rows that lie in `source_rows`. */
export async function factsOfLoaded(
  duck: Duck,
  plan: ColumnPlan,
  options: {
    window: Window;
    asOf: Instant;
    excluding: readonly Window[];
    asked: readonly Asked[];
    isCsv: boolean;
    listed?: Listed;
  },
): Promise<WindowFacts> {
  const { window, asOf, excluding, asked, isCsv, listed = {} } = options;
  const { id, eventAt } = ROW_KEYS;
  const select = asked.flatMap((column, at) =>
    isMeasured(column) ? [aggregates(plan, column, { at, isCsv, listed })] : [],
  );
  const [row = {}] = await duck.rows(
    `SELECT count(*) AS total, count(${eventAt}) AS rows, count(${id}) - count(DISTINCT ${id}) AS duplicates, ` +
      `epoch_us(max(${eventAt})) AS newest, ${select.join(', ')} FROM source_rows`,
  );
  const total = Number(row.total);
  return {
    window,
    asOf,
    rows: Number(row.rows),
    duplicateIds: Number(row.duplicates),
    newestEventAt: instantOf(row.newest),
    rowsPerDay: await rowsPerDay(duck, window, excluding),
    columns: asked.map((column, at) =>
      isMeasured(column) ? factsOf(column, row, { at, rows: total }) : unmeasured(column),
    ),
    isAsOfGuaranteed: { rows: plan.hasRowKnownAt, labels: plan.hasLabelKnownAt },
  };
}

export interface Inspection {
  readonly asked: readonly Asked[];
  /** What is read: columns that are there and fit, never the values of labels. */
  readonly rows: readonly WantedColumn[];
  /** False without id or event time: no row can be placed in a window, and the schema facts are all there is. */
  readonly canLoad: boolean;
}

export function planInspection(plan: ColumnPlan, source: OpenSource): Inspection {
  const asked = askedColumns(plan, source);
  const measured = asked.filter(isMeasured).map((column) => column.wanted);
  const rows = plan.rows.filter(
    (wanted) =>
      measured.includes(wanted) ||
      (wanted.key === ROW_KEYS.rowKnownAt && schemaProblem([wanted], source.rows, 'source') === null),
  );
  const canLoad = [ROW_KEYS.id, ROW_KEYS.eventAt].every((key) => rows.some((wanted) => wanted.key === key));
  return { asked, rows, canLoad };
}

export function factsWithoutRows(
  plan: ColumnPlan,
  options: { window: Window; asOf: Instant; asked: readonly Asked[] },
): WindowFacts {
  const { window, asOf, asked } = options;
  const days = { rows: 0, duplicateIds: 0, newestEventAt: null, rowsPerDay: [] };
  const isAsOfGuaranteed = { rows: plan.hasRowKnownAt, labels: plan.hasLabelKnownAt };
  return { window, asOf, ...days, columns: asked.map(unmeasured), isAsOfGuaranteed };
}

export interface InspectOptions {
  readonly spec: PipelineSpec;
  readonly window: Window;
  readonly asOf: Instant;
  readonly excluding?: readonly Window[];
  /** Rows of other categories are counted; none are where a column is not named. */
  readonly listed?: Listed;
  readonly connectionUrl: ConnectionUrl;
}

/** @param then asked of the loaded rows before they go; null where no row could be loaded */
async function inspecting<T>(
  duck: Duck,
  options: InspectOptions,
  then: (asked: readonly Asked[]) => Promise<T>,
): Promise<{ facts: WindowFacts; more: T | null }> {
  const { spec, window, asOf, excluding = [], listed = {} } = options;
  const plan = planColumns(spec);
  return withSource(duck, options, async (source) => {
    const { asked, rows, canLoad } = planInspection(plan, source);
    if (!canLoad) return { facts: factsWithoutRows(plan, { window, asOf, asked }), more: null };
    await source.load({ rows, labels: null }, { window, rowsAsOf: asOf, labelsAsOf: asOf, sample: spec.sample });
    await leaveOut(duck, excluding);
    const isCsv = spec.source.kind === 'csv';
    const facts = await factsOfLoaded(duck, plan, { window, asOf, excluding, asked, isCsv, listed });
    return { facts, more: await then(asked) };
  });
}

export const inspectWindow = async (duck: Duck, options: InspectOptions): Promise<WindowFacts> =>
  (await inspecting(duck, options, async () => null)).facts;

/** The same facts, with the categories of the categorical features: what a schema is inferred from. */
export async function inspectForSchema(
  duck: Duck,
  options: InspectOptions,
): Promise<{ facts: WindowFacts; categories: Categories }> {
  const { facts, more } = await inspecting(duck, options, (asked) => {
    const texts = asked.filter((one) => one.role === 'feature' && one.wanted.use === 'text' && isMeasured(one));
    return listCategories(duck, new Map(texts.map(({ wanted }) => [wanted.source, wanted.key])));
  });
  return { facts, categories: more ?? {} };
}
