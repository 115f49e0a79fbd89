/**
 * The rows of a window as they are, labelled or not, for whoever watches a champion: counts by day over all of them, and
 * columns of an even sample. Nothing is quarantined: what the champion was asked is what counts. A number that is not finite
 * counts as missing.
 */
import { join } from 'node:path';
import type { ColumnFile, Dataset } from '../activities/deps.js';
import { UNKNOWN_LABEL } from '../core/column-table.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Instant, Window } from '../core/types.js';
import { ROW_KEYS } from '../sources/source.js';
import { quoteIdent, quoteLiteral, timestampLiteral } from '../sources/sql.js';
import { type ColumnPlan, planColumns } from './column-plan.js';
import type { Duck } from './duck.js';
import { labelRows } from './label-rows.js';
import { checkSchema, withSource } from './open-source.js';
import type { ConnectionUrl } from './opened-source.js';
import { snapshotColumns } from './snapshot-file.js';
import { writeColumnFile } from './to-columns.js';

type ObservedWindow = Awaited<ReturnType<Dataset['observe']>>;

interface ObserveOptions {
  readonly spec: PipelineSpec;
  readonly window: Window;
  readonly from: Instant;
  readonly asOf: Instant;
  readonly maxRows: number;
  readonly path: string;
  readonly connectionUrl: ConnectionUrl;
}

const { id, eventAt } = ROW_KEYS;

/** Rows from `from` on, oldest first, numbered by their values alone, an id that repeats too: what the sample is taken from. */
async function loadRows(duck: Duck, plan: ColumnPlan, options: ObserveOptions): Promise<void> {
  const { spec, window, from, asOf } = options;
  await withSource(duck, options, async (source) => {
    checkSchema(plan, source);
    const scope = { window: { start: from, end: window.end }, rowsAsOf: asOf, labelsAsOf: asOf, sample: spec.sample };
    await source.load({ rows: plan.rows, labels: plan.labels }, scope);
  });
  await labelRows(duck, plan, { labelsAsOf: asOf, positive: spec.target.positive });
  const whole = [...new Set(plan.rows.map(({ key }) => key))];
  await duck.run(
    `CREATE TABLE watched AS SELECT *, row_number() OVER (ORDER BY ${eventAt}, ${id}, hash(${whole.join(', ')})) - 1 AS place ` +
      `FROM labelled WHERE ${eventAt} IS NOT NULL`,
  );
}

async function countDays(duck: Duck): Promise<ObservedWindow['perDay']> {
  const found = await duck.rows(
    `SELECT strftime(${eventAt}, '%Y-%m-%d') AS day, count(*) AS n, count(label) AS labelled FROM watched GROUP BY day ORDER BY day`,
  );
  return found.map((row) => ({ day: String(row.day), rows: Number(row.n), labelled: Number(row.labelled) }));
}

const isMissing = (key: string, kind: string): string =>
  kind === 'numeric' ? `(${key} IS NULL OR NOT isfinite(${key}))` : `${key} IS NULL`;

async function countNulls(duck: Duck, plan: ColumnPlan, start: Instant): Promise<ObservedWindow['nulls']> {
  const features = plan.columns.filter(({ role, key }) => role === 'feature' && key !== eventAt);
  if (features.length === 0) return [];
  const select = features.map(({ key, kind }, at) => `count(*) FILTER (WHERE ${isMissing(key, kind)}) AS n${at}`);
  const [row = {}] = await duck.rows(
    `SELECT ${select.join(', ')} FROM watched WHERE ${eventAt} >= ${timestampLiteral(start)}`,
  );
  return features.map(({ name, source }, at) => ({ name, column: source, nulls: Number(row[`n${at}`]) }));
}

/** As a snapshot's file, so that one reader makes columns of both. */
async function writeSample(duck: Duck, plan: ColumnPlan, options: ObserveOptions): Promise<ColumnFile | null> {
  const [counted] = await duck.rows('SELECT count(*) AS n FROM watched');
  const all = Number(counted?.n);
  if (all === 0) return null;
  const step = Math.ceil(all / options.maxRows);
  const parquetPath = join(duck.dir, 'watched.parquet');
  const columns = plan.columns.filter(({ key }) => key !== eventAt);
  const select = [
    `${id} AS id`,
    `${eventAt} AS event_at`,
    `coalesce(label, ${UNKNOWN_LABEL})::UTINYINT AS label`,
    ...columns.map(({ key, kind, parquet }) => {
      const value = kind === 'numeric' ? `CASE WHEN isfinite(${key}) THEN ${key} END` : key;
      return `${value} AS ${quoteIdent(parquet)}`;
    }),
  ];
  await duck.run(
    `COPY (SELECT ${select.join(', ')} FROM watched WHERE place % ${step} = 0 ORDER BY place) ` +
      `TO ${quoteLiteral(parquetPath)} (FORMAT parquet)`,
  );
  const { spec, path } = options;
  const rows = Math.ceil(all / step);
  return writeColumnFile(duck, { spec, parquetPath, rows, schema: snapshotColumns(plan), path, boundaryAt: null });
}

/** @throws DATA_SCHEMA_VIOLATION, SOURCE_UNAVAILABLE */
export async function observeWindow(duck: Duck, options: ObserveOptions): Promise<ObservedWindow> {
  const plan = planColumns(options.spec);
  await loadRows(duck, plan, options);
  return {
    perDay: await countDays(duck),
    nulls: await countNulls(duck, plan, options.window.start),
    columns: await writeSample(duck, plan, options),
  };
}
