/**
 * Ids that have both labels, known at the same instant and by then the latest: which one is right cannot be told, so that no rule of
 * ours may choose. Table `label_conflicts` holds them; made once `labelled` is there.
 */
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Instant } from '../core/types.js';
import { LABEL_KEYS, ROW_KEYS } from '../sources/source.js';
import { timestampLiteral } from '../sources/sql.js';
import type { ColumnPlan } from './column-plan.js';
import type { Duck } from './duck.js';
import { labelExpression } from './label-rows.js';

/** One fact an id can conflict with nothing: told without looking at labels. */
async function isOneEach(duck: Duck, plan: ColumnPlan): Promise<boolean> {
  const { id } = ROW_KEYS;
  const question =
    plan.labels === null
      ? `SELECT count(${id}) = count(DISTINCT ${id}) AS is_unique FROM source_rows`
      : 'SELECT (SELECT count(*) FROM label_facts) = (SELECT count(*) FROM latest_labels) AS is_unique';
  const [row] = await duck.rows(question);
  return row?.is_unique === true;
}

/** @returns whether there is any */
export async function findLabelConflicts(
  duck: Duck,
  plan: ColumnPlan,
  options: { readonly labelsAsOf: Instant; readonly positive: PipelineSpec['target']['positive'] },
): Promise<boolean> {
  const { id, label, knownAt } = LABEL_KEYS;
  const table = plan.labels === null ? 'source_rows' : 'label_facts';
  await duck.run('CREATE TABLE label_conflicts (id VARCHAR)');
  if (!plan.hasLabel || (await isOneEach(duck, plan))) return false;
  const known = plan.hasLabelKnownAt ? knownAt : 'NULL::TIMESTAMP';
  const isKnown = plan.hasLabelKnownAt ? `${knownAt} <= ${timestampLiteral(options.labelsAsOf)}` : 'true';
  const facts =
    `SELECT ${id} AS id, ${known} AS known_at, ${labelExpression(label, options.positive)} AS label ` +
    `FROM ${table} WHERE ${id} IS NOT NULL AND ${isKnown}`;
  // The latest instant of each id, with what was said then; a fact without a label says nothing.
  await duck.run(
    `INSERT INTO label_conflicts SELECT id FROM (SELECT id, known_at, min(label) AS low, max(label) AS high ` +
      `FROM (${facts}) GROUP BY id, known_at) GROUP BY id HAVING arg_max(low <> high, coalesce(known_at, '-infinity'::TIMESTAMP))`,
  );
  const [row] = await duck.rows('SELECT count(*) AS n FROM label_conflicts');
  return Number(row?.n) > 0;
}
