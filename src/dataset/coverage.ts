/**
 * How many of a window's rows have their label as of an instant, overall and per class.
 *
 * A class is expected to have: its labelled rows among the mature rows of the window (older than the label delay: what is
 * known about them is final), plus its share of the rest. The share comes from mature labelled rows of the window and of the 90
 * days before it. So a window that is old enough and wholly labelled is covered whatever its class balance, and in a young one a
 * class whose labels come late shows as missing. A class without any expected row counts as not covered.
 */
import { durationMs } from '../core/spec/duration.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Coverage, Instant, Window } from '../core/types.js';
import { LABEL_KEYS, ROW_KEYS } from '../sources/source.js';
import { timestampLiteral } from '../sources/sql.js';
import { type ColumnPlan, planColumns } from './column-plan.js';
import type { Duck } from './duck.js';
import { leaveOut } from './excluded-windows.js';
import { labelRows } from './label-rows.js';
import { checkSchema, withSource } from './open-source.js';
import type { ConnectionUrl } from './opened-source.js';
import { instantOf } from './profile.js';

const HISTORY_MS = 90 * 86_400_000;
const CLASSES = [0, 1] as const;

/** Only what coverage reads. */
function labelPlan(spec: PipelineSpec): ColumnPlan {
  const plan = planColumns(spec);
  const roles: readonly string[] = [...Object.values(ROW_KEYS), ...Object.values(LABEL_KEYS)];
  return { ...plan, rows: plan.rows.filter((column) => roles.includes(column.key)), columns: [], ranges: [] };
}

/** One row a class: what the window has and what history says. */
const countSql = (windowStart: Instant, matureBefore: string): string => `
  SELECT count(*) FILTER (WHERE is_own) AS rows,
    count(label) FILTER (WHERE is_own) AS labelled,
    epoch_us(max(label_known_at) FILTER (WHERE is_own)) AS newest,
    count(label) FILTER (WHERE is_mature) AS mature,
    count(label) FILTER (WHERE is_own AND is_mature) AS own_mature,
    ${CLASSES.map(
      (label) => `
    count(*) FILTER (WHERE is_own AND label = ${label}) AS labelled${label},
    count(*) FILTER (WHERE is_mature AND label = ${label}) AS mature${label},
    count(*) FILTER (WHERE is_own AND is_mature AND label = ${label}) AS own_mature${label}`,
    ).join(',')}
  FROM (SELECT label, label_known_at, ${ROW_KEYS.eventAt} >= ${timestampLiteral(windowStart)} AS is_own,
    ${ROW_KEYS.eventAt} < ${matureBefore} AS is_mature FROM labelled WHERE ${ROW_KEYS.eventAt} IS NOT NULL)`;

function perClass(count: (name: string) => number): Record<string, number> | null {
  const mature = count('mature');
  if (mature === 0) return null;
  const rest = count('rows') - count('own_mature');
  return Object.fromEntries(
    CLASSES.map((label) => {
      const expected = count(`own_mature${label}`) + rest * (count(`mature${label}`) / mature);
      return [String(label), expected === 0 ? 0 : Math.min(1, count(`labelled${label}`) / expected)];
    }),
  );
}

/** `overall` of a window without rows is 0: nothing is covered. */
export async function measureCoverage(
  duck: Duck,
  options: {
    spec: PipelineSpec;
    window: Window;
    inputsAsOf: Instant;
    asOf: Instant;
    excluding?: readonly Window[];
    connectionUrl: ConnectionUrl;
  },
): Promise<Coverage> {
  const { spec, window, inputsAsOf, asOf, excluding = [] } = options;
  const plan = labelPlan(spec);
  const start = new Date(Date.parse(window.start) - HISTORY_MS).toISOString();
  await withSource(duck, options, async (source) => {
    checkSchema(plan, source);
    const scope = { window: { start, end: window.end }, rowsAsOf: inputsAsOf, labelsAsOf: asOf, sample: spec.sample };
    await source.load({ rows: plan.rows, labels: plan.labels }, scope);
  });
  await leaveOut(duck, excluding);
  await labelRows(duck, plan, { labelsAsOf: asOf, positive: spec.target.positive });
  const matureBefore = new Date(Date.parse(asOf) - durationMs(spec.labels.delay)).toISOString();
  const [row = {}] = await duck.rows(countSql(window.start, timestampLiteral(matureBefore)));
  const count = (name: string): number => Number(row[name] ?? 0);
  const rows = count('rows');
  const labelled = count('labelled');
  const overall = rows === 0 ? 0 : labelled / rows;
  const newestLabelAt = instantOf(row.newest);
  return { window, asOf, rows, labelled, overall, perClass: perClass(count), newestLabelAt };
}
