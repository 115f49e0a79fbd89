/**
 * What one feature alone says about the label: a feature that nearly is the label leaks. Rows are halved by a hash of their id; each
 * half is ranked by the label shares of values (bins of numbers, a missing value is one too) that the other half has, so that an
 * identifier, whose values never come back, says nothing. Reads table `label_rows` of measure-labels.ts.
 */
import type { PipelineSpec } from '../core/spec/schema.js';
import type { FeatureSignal } from '../core/triage/label-measures.js';
import { ROW_KEYS } from '../sources/source.js';
import type { PlannedColumn } from './column-plan.js';
import type { Duck } from './duck.js';
import { binCode, partOf, quantileEdges, thinned } from './label-slices.js';

const BINS = 64;
/** Rows that a feature is judged on. */
const MOST_ROWS = 200_000;
/** Rows at the overall share that each value is mixed with. */
const PRIOR_ROWS = 5;

async function codeOf(duck: Duck, spec: PipelineSpec, column: PlannedColumn): Promise<string> {
  const { kind, key, name } = column;
  if (kind === 'numeric') return binCode(key, await quantileEdges(duck, key, BINS), (at) => String(at));
  if (kind === 'categorical') return key;
  const feature = spec.features.find((one) => one.name === name);
  const part = feature?.kind === 'time' ? feature.part : 'hour';
  if (part === 'hour' || part === 'weekday') return partOf(part, key);
  return `CAST(${part === 'month' ? 'month' : 'dayofyear'}(${key}) AS VARCHAR)`;
}

/** Mean over the halves of Mann–Whitney's AUC, ties one half, higher of the two directions left to the shares themselves. */
const aucSql = (code: string, some: string): string => `
  WITH counted AS (
    SELECT value, half, count(*) AS n, sum(label)::DOUBLE AS p
    FROM (SELECT ${code} AS value, label, CAST(hash(${ROW_KEYS.id}) % 2 AS INTEGER) AS half FROM label_rows WHERE ${some} AND label IS NOT NULL)
    GROUP BY value, half),
  overall AS (SELECT sum(p) / sum(n) AS share FROM counted),
  scored AS (
    SELECT own.half, own.n, own.p,
      (coalesce(other.p, 0) + ${PRIOR_ROWS} * share) / (coalesce(other.n, 0) + ${PRIOR_ROWS}) AS score
    FROM counted own CROSS JOIN overall
    LEFT JOIN counted other ON other.value IS NOT DISTINCT FROM own.value AND other.half <> own.half),
  ranked AS (SELECT half, score, sum(p) AS p, sum(n - p) AS q FROM scored GROUP BY half, score),
  placed AS (
    SELECT half, p, q, coalesce(sum(q) OVER (PARTITION BY half ORDER BY score ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS below
    FROM ranked),
  halves AS (SELECT sum(p * (below + q / 2)) / (sum(p) * sum(q)) AS auc FROM placed GROUP BY half HAVING sum(p) > 0 AND sum(q) > 0)
  SELECT avg(auc) AS auc FROM halves`;

/** Rows up to which distinct values are counted exactly; beyond, only where every second row or more has one of its own. */
const EXACT_ROWS = 100_000;

async function countDistinct(duck: Duck, key: string, found: { rows: number; approximate: number }): Promise<number> {
  if (found.rows > EXACT_ROWS && found.approximate < found.rows / 2) return found.approximate;
  const [row] = await duck.rows(`SELECT count(DISTINCT ${key}) AS n FROM label_rows`);
  return Number(row?.n ?? 0);
}

async function signalOf(duck: Duck, spec: PipelineSpec, column: PlannedColumn): Promise<FeatureSignal> {
  const { key, kind, name, source } = column;
  const isWhole = kind === 'numeric' ? `coalesce(bool_and(${key} = trunc(${key})), false)` : 'false';
  const there = kind === 'numeric' ? `isfinite(${key})` : `${key} IS NOT NULL`;
  const [row] = await duck.rows(
    `SELECT count(*) AS n, approx_count_distinct(${key}) AS distinct_values, ${isWhole} AS is_whole FROM label_rows WHERE ${there}`,
  );
  const [judged] = await duck.rows(aucSql(await codeOf(duck, spec, column), await thinned(duck, MOST_ROWS)));
  const rows = Number(row?.n ?? 0);
  const auc = judged?.auc === null || judged?.auc === undefined ? null : Number(judged.auc);
  return {
    feature: name,
    column: source,
    kind,
    rows,
    distinct: await countDistinct(duck, key, { rows, approximate: Number(row?.distinct_values ?? 0) }),
    isWhole: row?.is_whole === true,
    auc: auc !== null && Number.isFinite(auc) ? auc : null,
  };
}

export async function featureSignals(
  duck: Duck,
  spec: PipelineSpec,
  columns: readonly PlannedColumn[],
): Promise<FeatureSignal[]> {
  const signals: FeatureSignal[] = [];
  for (const column of columns) {
    if (column.role === 'feature') signals.push(await signalOf(duck, spec, column));
  }
  return signals;
}
