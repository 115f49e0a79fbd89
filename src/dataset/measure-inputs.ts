/**
 * Counts of a window's inputs for triage, beside those of the reference and of an earlier season: each window is loaded, counted in a
 * few passes by DuckDB and dropped before the next one, so that memory holds one window at a time. The reference comes first,
 * since its quantiles are the bins of the others.
 */
import type { Dataset } from '../activities/deps.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { InputMeasures, RecomputedInputs, WindowInputs } from '../core/triage/input-measures.js';
import type { Window } from '../core/types.js';
import { LABEL_KEYS, ROW_KEYS, type WantedColumn } from '../sources/source.js';
import { timestampLiteral } from '../sources/sql.js';
import { type ColumnPlan, planColumns } from './column-plan.js';
import type { Duck } from './duck.js';
import { leaveOut } from './excluded-windows.js';
import { type CountedFeature, countFeature } from './input-columns.js';
import { countHours, countMissing, countRepeats } from './input-days.js';
import { factsOfLoaded, factsWithoutRows, type Inspection, planInspection } from './inspect.js';
import { labelRows } from './label-rows.js';
import { schemaProblem, withSource } from './open-source.js';
import type { ConnectionUrl, OpenSource } from './opened-source.js';
import { type ComparedFeature, compareRecomputed, recomputedColumns } from './recomputed-columns.js';
import { isOneOf } from './thin-rows.js';

type MeasureInputsRequest = Parameters<Dataset['measureInputs']>[1];

const DAY_MS = 86_400_000;
/** Rows that quantiles are taken of, about, at least. */
const SAMPLE_ROWS = 60_000;

interface Measuring {
  readonly spec: PipelineSpec;
  readonly request: MeasureInputsRequest;
  readonly plan: ColumnPlan;
  readonly source: OpenSource;
  readonly inspection: Inspection;
  readonly features: readonly CountedFeature[];
  readonly compared: readonly ComparedFeature[];
  readonly labels: { readonly rows: readonly WantedColumn[]; readonly relation: readonly WantedColumn[] | null } | null;
}

function countedFeatures(
  spec: PipelineSpec,
  plan: ColumnPlan,
  options: { inspection: Inspection; alsoAt: MeasureInputsRequest['alsoAt'] },
): CountedFeature[] {
  const edgesOf = new Map(Object.entries(options.alsoAt ?? {}));
  return spec.features.map((feature, at) => {
    const planned = plan.columns[at]!;
    const isMeasured = options.inspection.rows.some(({ key }) => key === planned.key);
    const isEventTime = planned.key === ROW_KEYS.eventAt;
    const alsoAt = (edgesOf.get(feature.name) ?? []).filter(Number.isFinite);
    return { feature, planned, at, isMeasured, isEventTime, alsoAt };
  });
}

/** The columns that labels are read from; null where one of them is missing or unfit. */
function readableLabels(plan: ColumnPlan, source: OpenSource): Measuring['labels'] {
  if (!plan.hasLabel) return null;
  const keys: readonly string[] = [LABEL_KEYS.label, LABEL_KEYS.knownAt];
  const rows = plan.labels === null ? plan.rows.filter(({ key }) => keys.includes(key)) : [];
  const problem =
    schemaProblem(rows, source.rows, 'source') ??
    schemaProblem(plan.labels ?? [], source.labels ?? [], 'label relation');
  return problem === null ? { rows, relation: plan.labels } : null;
}

const DROPPED = [
  'VIEW sample_rows',
  'TABLE sample_rows',
  'VIEW input_rows',
  'VIEW labelled',
  'TABLE input_rows',
  'TABLE latest_labels',
  'TABLE label_facts',
  'TABLE source_rows',
];

async function dropRows(duck: Duck): Promise<void> {
  const there = await duck.rows(
    `SELECT table_name AS name, table_type AS type FROM information_schema.tables WHERE table_schema = 'main'`,
  );
  const names = new Set(there.map((row) => `${row.type === 'VIEW' ? 'VIEW' : 'TABLE'} ${row.name}`));
  for (const name of DROPPED) if (names.has(name)) await duck.run(`DROP ${name}`);
}

/** The place of a row's day in the list, null where it is not there, as SQL. */
function placeOf(days: readonly string[]): string {
  const [first, last] = [days[0], days[days.length - 1]];
  if (first === undefined || last === undefined) return 'NULL::INTEGER';
  const offset = (day: string): number => Math.round((Date.parse(day) - Date.parse(first)) / DAY_MS);
  const passed = `date_diff('day', ${timestampLiteral(`${first}T00:00:00.000Z`)}, ${ROW_KEYS.eventAt})`;
  if (offset(last) === days.length - 1)
    return `CASE WHEN ${passed} BETWEEN 0 AND ${days.length - 1} THEN ${passed} END`;
  return `list_position([${days.map(offset).join(', ')}]::BIGINT[], ${passed}) - 1`;
}

/** Relation `input_rows`: the source's keys with the place of the day and whether the label is known. */
async function placeRows(duck: Duck, by: Measuring, days: readonly string[]): Promise<void> {
  const { request, plan, spec, labels } = by;
  const dayAt = placeOf(days);
  if (labels === null) {
    await duck.run(`CREATE VIEW input_rows AS SELECT *, ${dayAt} AS day_at, false AS is_labelled FROM source_rows`);
    return;
  }
  await labelRows(duck, plan, { labelsAsOf: request.labelsAsOf, positive: spec.target.positive });
  // With labels in a relation of their own the join is made once.
  const kind = labels.relation === null ? 'VIEW' : 'TABLE';
  await duck.run(
    `CREATE ${kind} input_rows AS SELECT *, ${dayAt} AS day_at, label IS NOT NULL AS is_labelled FROM labelled`,
  );
}

/** Relation `sample_rows`: about every k-th row, for quantiles. */
async function drawSample(duck: Duck, rows: number): Promise<void> {
  const every = Math.max(1, Math.floor(rows / SAMPLE_ROWS));
  const kind = every === 1 ? 'VIEW' : 'TABLE';
  await duck.run(`CREATE ${kind} sample_rows AS SELECT * FROM input_rows WHERE ${isOneOf(every)}`);
}

async function loadRows(duck: Duck, by: Measuring, window: Window): Promise<void> {
  const { source, spec, request, inspection, labels } = by;
  const second = by.compared.filter(({ isMeasured }) => isMeasured).map(({ against }) => against);
  const rows = [
    ...new Map([...inspection.rows, ...(labels?.rows ?? []), ...second].map((one) => [one.key, one])).values(),
  ];
  await source.load(
    { rows, labels: labels?.relation ?? null },
    { window, rowsAsOf: request.inputsAsOf, labelsAsOf: request.labelsAsOf, sample: spec.sample },
  );
  await leaveOut(duck, request.excluding);
}

async function measureWindow(
  duck: Duck,
  by: Measuring,
  options: { readonly window: Window; readonly like: WindowInputs | null; readonly isCompared: boolean },
): Promise<{ inputs: WindowInputs; recomputed: RecomputedInputs[] }> {
  const { spec, request, plan, inspection, features } = by;
  const { window, like } = options;
  const isCsv = spec.source.kind === 'csv';
  const asked = { window, asOf: request.inputsAsOf, asked: inspection.asked };
  await loadRows(duck, by, window);
  const facts = await factsOfLoaded(duck, plan, { ...asked, excluding: request.excluding, isCsv });
  const days = facts.rowsPerDay.map(({ day }) => day);
  await placeRows(duck, by, days);
  const rows = facts.rowsPerDay.map((day) => day.rows);
  await drawSample(duck, facts.rows);
  const values = await countMissing(duck, features, { rows, isCsv });
  const columns = [];
  const distinct = (source: string): number =>
    facts.columns.find(({ name, expected }) => name === source && expected === 'numeric')?.distinct ?? 0;
  const hasLabels = by.labels !== null;
  const counted = { days: days.length, hasLabels, distinct, like: like?.columns ?? null };
  for (const of of features) {
    columns.push(await countFeature(duck, of, { window: counted, values: values[of.at]! }));
  }
  const inputs: WindowInputs = {
    window,
    facts,
    days,
    rows,
    rowsPerHour: await countHours(duck, days.length),
    ...(await countRepeats(duck, features, { days: days.length, hasDuplicateIds: facts.duplicateIds > 0 })),
    columns,
  };
  const recomputed = options.isCompared ? await compareRecomputed(duck, by.compared, days.length) : [];
  await dropRows(duck);
  return { inputs, recomputed };
}

/** What is left where no row can be placed in a window: the schema's facts. */
function withoutRows(by: Measuring): InputMeasures {
  const { request, plan, inspection, features, compared } = by;
  const facts = factsWithoutRows(plan, { window: request.window, asOf: request.inputsAsOf, asked: inspection.asked });
  const none = { days: [], rows: [], rowsPerHour: [], duplicateIds: [], duplicateRows: [], repeatedRows: [] };
  const columns = features.map(({ feature, planned, isEventTime }): WindowInputs['columns'][number] => {
    const column = feature.kind === 'time' ? feature.name : planned.source;
    const common = {
      column,
      feature: feature.name,
      source: planned.source,
      isMeasured: false,
      nulls: [],
      nonFinite: [],
      distinct: [],
    };
    const empty = { levels: [], counts: [], labelled: [] };
    if (feature.kind === 'time') return { ...common, kind: 'time', part: feature.part, isEventTime, ...empty };
    if (feature.kind === 'categorical') return { ...common, kind: 'categorical', ...empty, others: [] };
    return { ...common, kind: 'numeric', numbers: { kind: 'values', values: [], counts: [], labelled: [] } };
  });
  return {
    inputsAsOf: request.inputsAsOf,
    labelsAsOf: request.labelsAsOf,
    current: { window: request.window, facts, ...none, columns },
    reference: null,
    season: null,
    recomputed: compared.map(({ of, against }) => ({
      column: of.feature.kind === 'time' ? of.feature.name : of.planned.source,
      against: against.source,
      isMeasured: false,
      rows: [],
      differing: [],
    })),
  };
}

/** A window without rows is no comparison. */
const withRows = (inputs: WindowInputs): WindowInputs | null => (inputs.facts.rows === 0 ? null : inputs);

export async function measureInputs(
  duck: Duck,
  options: {
    readonly spec: PipelineSpec;
    readonly request: MeasureInputsRequest;
    readonly connectionUrl: ConnectionUrl;
  },
): Promise<InputMeasures> {
  const { spec, request } = options;
  const plan = planColumns(spec);
  return withSource(duck, options, async (source) => {
    const inspection = planInspection(plan, source);
    const features = countedFeatures(spec, plan, { inspection, alsoAt: request.alsoAt });
    const compared = recomputedColumns(features, plan.rows).map((one) => ({
      ...one,
      isMeasured: one.of.isMeasured && schemaProblem([one.against], source.rows, 'source') === null,
    }));
    const labels = readableLabels(plan, source);
    const by: Measuring = { spec, request, plan, source, inspection, features, compared, labels };
    if (!inspection.canLoad) return withoutRows(by);
    // Labels say what of the current window could be learned from.
    const past: Measuring = { ...by, labels: null };
    const measure = async (window: Window | null, like: WindowInputs | null): Promise<WindowInputs | null> =>
      window === null ? null : withRows((await measureWindow(duck, past, { window, like, isCompared: false })).inputs);
    const reference = await measure(request.reference, null);
    const current = await measureWindow(duck, by, { window: request.window, like: reference, isCompared: true });
    const season = await measure(request.season, reference ?? current.inputs);
    const { inputsAsOf, labelsAsOf } = request;
    return { inputsAsOf, labelsAsOf, current: current.inputs, reference, season, recomputed: current.recomputed };
  });
}
