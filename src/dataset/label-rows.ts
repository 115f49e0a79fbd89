/**
 * Labels as of an instant: view `labelled` = `source_rows` with `label` (1, 0 or null: not known yet) and
 * `label_known_at`. Of several facts the latest that was known wins; facts of the same instant are settled by their text, so that
 * the answer never hangs on the order of rows, and are told of by label-conflicts.ts. A fact without a known-at, where the source has that column, is not known yet.
 */
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Instant } from '../core/types.js';
import { LABEL_KEYS, ROW_KEYS } from '../sources/source.js';
import { quoteLiteral, timestampLiteral } from '../sources/sql.js';
import type { ColumnPlan } from './column-plan.js';
import type { Duck } from './duck.js';

/** 1 where the text is the positive value, 0 for any other, null without a label (NaN is how some writers spell that). */
export function labelExpression(text: string, positive: PipelineSpec['target']['positive']): string {
  let isPositive: string;
  if (typeof positive === 'string') isPositive = `${text} = ${quoteLiteral(positive)}`;
  else if (typeof positive === 'boolean') isPositive = `coalesce(TRY_CAST(${text} AS BOOLEAN) = ${positive}, false)`;
  else {
    const word = positive === 1 ? 'true' : positive === 0 ? 'false' : null;
    const orWord = word === null ? '' : ` OR lower(${text}) = '${word}'`;
    isPositive = `(coalesce(TRY_CAST(${text} AS DOUBLE) = ${quoteLiteral(String(positive))}::DOUBLE, false)${orWord})`;
  }
  return `CASE WHEN ${text} IS NULL OR ${text} = 'NaN' THEN NULL WHEN ${isPositive} THEN 1 ELSE 0 END::UTINYINT`;
}

async function latestFacts(duck: Duck, hasKnownAt: boolean): Promise<void> {
  const { id, label, knownAt } = LABEL_KEYS;
  // The greatest (known-at, label) pair; a null label of the latest fact takes an earlier label back.
  const latest = hasKnownAt
    ? `SELECT ${id}, fact.known_at AS known_at, fact.label AS label FROM (SELECT ${id}, max({'known_at': ${knownAt}, 'label': ${label}}) AS fact FROM label_facts GROUP BY ${id})`
    : `SELECT ${id}, NULL::TIMESTAMP AS known_at, max(${label}) AS label FROM label_facts GROUP BY ${id}`;
  await duck.run(`CREATE TABLE latest_labels AS ${latest}`);
}

export async function labelRows(
  duck: Duck,
  plan: ColumnPlan,
  options: { readonly labelsAsOf: Instant; readonly positive: PipelineSpec['target']['positive'] },
): Promise<void> {
  const { knownAt } = LABEL_KEYS;
  if (plan.labels !== null) {
    await latestFacts(duck, plan.hasLabelKnownAt);
    const label = labelExpression('facts.label', options.positive);
    await duck.run(
      `CREATE VIEW labelled AS SELECT own.*, own.rowid AS row_no, ${label} AS label, facts.known_at AS label_known_at ` +
        `FROM source_rows own LEFT JOIN latest_labels facts ON facts.${LABEL_KEYS.id} = own.${ROW_KEYS.id}`,
    );
    return;
  }
  const isKnown = plan.hasLabelKnownAt ? `${knownAt} <= ${timestampLiteral(options.labelsAsOf)}` : 'true';
  const label = labelExpression(LABEL_KEYS.label, options.positive);
  const known = plan.hasLabelKnownAt ? `CASE WHEN ${isKnown} THEN ${knownAt} END` : 'NULL::TIMESTAMP';
  await duck.run(
    `CREATE VIEW labelled AS SELECT *, rowid AS row_no, CASE WHEN ${isKnown} THEN ${label} END AS label, ${known} AS label_known_at FROM source_rows`,
  );
}
