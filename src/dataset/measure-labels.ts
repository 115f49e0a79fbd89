/**
 * Counts about the labels of a window and of a reference window, for triage and the gates before training: by day, by value of each
 * column, by the age at which they became known. One load of both windows into table `label_rows` (what is between them leaves at
 * once), then aggregates: whatever the rows, only counts come out.
 */
import { durationMs } from '../core/spec/duration.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { LabelMeasures } from '../core/triage/label-measures.js';
import type { Window } from '../core/types.js';
import { LABEL_KEYS, ROW_KEYS, type WantedColumn } from '../sources/source.js';
import { timestampLiteral } from '../sources/sql.js';
import { type ColumnPlan, planColumns } from './column-plan.js';
import type { Duck } from './duck.js';
import { leaveOut } from './excluded-windows.js';
import { findLabelConflicts } from './label-conflicts.js';
import { labelRows } from './label-rows.js';
import { featureSignals } from './label-signals.js';
import { COUNTS, countByDay, type Days, planCuts, SIDES, sliceLabels } from './label-slices.js';
import { countWindow, type LabelRequest, VERSION_KEYS } from './label-window.js';
import { checkSchema, schemaProblem, withSource } from './open-source.js';
import type { ConnectionUrl, OpenSource } from './opened-source.js';

const DAY_MS = 86_400_000;

interface Planned {
  readonly plan: ColumnPlan;
  readonly unread: readonly string[];
}

/** What labels are counted by, without the columns that the source lacks or that cannot be read as meant. */
function planLabels(spec: PipelineSpec, source: OpenSource): Planned {
  const plan = planColumns(spec);
  const { labelDecidedBy, modelVersion } = spec.source.columns;
  const roles: readonly string[] = [...Object.values(ROW_KEYS), ...Object.values(LABEL_KEYS)];
  const isFine = (wanted: WantedColumn): boolean => schemaProblem([wanted], source.rows, 'source') === null;
  const used = new Set(plan.columns.map((column) => column.key));
  const read = plan.rows.filter((wanted) => roles.includes(wanted.key) || (used.has(wanted.key) && isFine(wanted)));
  const rows = [...read];
  if (labelDecidedBy !== undefined) rows.push({ key: VERSION_KEYS.decidedBy, source: labelDecidedBy, use: 'text' });
  if (modelVersion !== undefined) rows.push({ key: VERSION_KEYS.scoredBy, source: modelVersion, use: 'text' });
  const keys = new Set(rows.map((wanted) => wanted.key));
  const columns = plan.columns.filter((column) => keys.has(column.key));
  const lost = plan.columns.filter((column) => !keys.has(column.key)).map((column) => column.source);
  return { plan: { ...plan, rows, columns, ranges: [] }, unread: [...new Set(lost)] };
}

/** UTC days of a window that no excluded one touches, since 1970. */
function daysOf(window: Window, excluding: readonly Window[]): number[] {
  const days: number[] = [];
  for (let day = Math.floor(Date.parse(window.start) / DAY_MS); day * DAY_MS < Date.parse(window.end); day += 1) {
    const isTouched = excluding.some(
      ({ start, end }) => Date.parse(start) < (day + 1) * DAY_MS && day * DAY_MS < Date.parse(end),
    );
    if (!isTouched) days.push(day);
  }
  return days;
}

const inside = ({ start, end }: Window): string =>
  `(${ROW_KEYS.eventAt} >= ${timestampLiteral(start)} AND ${ROW_KEYS.eventAt} < ${timestampLiteral(end)})`;

async function loadBoth(
  duck: Duck,
  options: { spec: PipelineSpec; request: LabelRequest; connectionUrl: ConnectionUrl },
): Promise<Planned> {
  const { spec, request } = options;
  const { window, reference, inputsAsOf, labelsAsOf } = request;
  const both = reference === null ? [window] : [window, reference];
  const hull = {
    start: both.map(({ start }) => start).toSorted()[0]!,
    end: both
      .map(({ end }) => end)
      .toSorted()
      .at(-1)!,
  };
  const planned = await withSource(duck, options, async (source) => {
    const found = planLabels(spec, source);
    checkSchema(found.plan, source);
    const scope = { window: hull, rowsAsOf: inputsAsOf, labelsAsOf, sample: spec.sample };
    await source.load({ rows: found.plan.rows, labels: found.plan.labels }, scope);
    return found;
  });
  await leaveOut(duck, request.excluding);
  const isOutside = `NOT coalesce(${both.map(inside).join(' OR ')}, false)`;
  await duck.run(`DELETE FROM source_rows WHERE ${isOutside}`);
  return planned;
}

async function makeLabelRows(duck: Duck, options: { spec: PipelineSpec; request: LabelRequest }): Promise<void> {
  const { window, labelsAsOf } = options.request;
  const matureBefore = new Date(Date.parse(labelsAsOf) - durationMs(options.spec.labels.delay)).toISOString();
  await duck.run(
    `CREATE TABLE label_rows AS SELECT *, CASE WHEN ${inside(window)} THEN ${SIDES.current} ELSE ${SIDES.reference} END::INTEGER AS side, ` +
      `date_diff('day', DATE '1970-01-01', CAST(${ROW_KEYS.eventAt} AS DATE))::INTEGER AS day, ` +
      `${ROW_KEYS.eventAt} < ${timestampLiteral(matureBefore)} AS is_mature FROM labelled`,
  );
}

/** @throws DATA_SCHEMA_VIOLATION where the source has no id, event time, label or version column as the spec names it */
export async function measureLabels(
  duck: Duck,
  options: { readonly spec: PipelineSpec; readonly request: LabelRequest; readonly connectionUrl: ConnectionUrl },
): Promise<LabelMeasures> {
  const { spec, request } = options;
  const { window, reference, inputsAsOf, labelsAsOf, excluding } = request;
  const { plan, unread } = await loadBoth(duck, options);
  const asked = { labelsAsOf, positive: spec.target.positive };
  await labelRows(duck, plan, asked);
  const hasConflicts = await findLabelConflicts(duck, plan, asked);
  await makeLabelRows(duck, options);
  const days: Days = {
    current: daysOf(window, excluding),
    reference: reference === null ? null : daysOf(reference, excluding),
  };
  const byDay = (where: string) =>
    countByDay(duck, `SELECT 0::INTEGER, side, day, ${COUNTS} FROM label_rows ${where} GROUP BY side, day`, {
      days,
      places: 1,
    });
  const all = await byDay('');
  const mature = await byDay('WHERE is_mature');
  const common = { plan, request, hasConflicts };
  const current = await countWindow(duck, {
    ...common,
    ...{ window, side: SIDES.current, days: days.current },
    ...{ all: all.current[0]!, matureDays: mature.current[0]! },
  });
  const before =
    reference === null || days.reference === null
      ? null
      : await countWindow(duck, {
          ...common,
          ...{ window: reference, side: SIDES.reference, days: days.reference },
          ...{ all: all.reference![0]!, matureDays: mature.reference![0]! },
        });
  const slices = await sliceLabels(duck, await planCuts(duck, spec, plan.columns), days);
  const features = await featureSignals(duck, spec, plan.columns);
  return { inputsAsOf, labelsAsOf, current, reference: before, slices, features, unread };
}
