/**
 * Every row of a window belongs to exactly one class: excluded, quarantined, unlabelled or used. View `classified` =
 * `labelled` with `class` and `reason` (0 or the number of the row-level check that failed first).
 */

import type { Release } from '../core/quality/release.js';
import type { PipelineSpec } from '../core/spec/schema.js';
import type { Instant, RowCounts, Window } from '../core/types.js';
import { unparsedKey } from '../sources/file-source.js';
import { ROW_KEYS } from '../sources/source.js';
import type { ColumnPlan } from './column-plan.js';
import type { Duck } from './duck.js';
import { within } from './excluded-windows.js';
import { HELD, type HeldNumbers } from './held-numbers.js';
import { findLabelConflicts } from './label-conflicts.js';
import { numberChecks } from './number-checks.js';

interface RowCheck {
  /** e.g. `duplicate-id`, `out-of-range:delay`. */
  readonly reason: string;
  /** True where the row fails; null counts as fine. */
  readonly fails: string;
}

export interface Classified {
  readonly counts: RowCounts;
  /** Quarantined rows by the first check that failed, reasons without rows left out. */
  readonly quarantined: Readonly<Record<string, number>>;
  /** Ids of some of them by reason, in order. */
  readonly examples: Readonly<Record<string, readonly string[]>>;
  /** The used rows lie in snapshot order as they are; never said of rows whose numbers are held, which are sorted without them. */
  readonly isReadInOrder: boolean;
}

function rowChecks(
  spec: PipelineSpec,
  plan: ColumnPlan,
  found: { hasDuplicates: boolean; hasConflicts: boolean; isHeld: boolean },
): RowCheck[] {
  const { id, eventAt, rowKnownAt } = ROW_KEYS;
  const checks: RowCheck[] = [
    { reason: 'event-time', fails: `${eventAt} IS NULL` },
    { reason: 'id-missing', fails: `${id} IS NULL` },
  ];
  if (plan.hasRowKnownAt) checks.push({ reason: 'row-known-at', fails: `${rowKnownAt} IS NULL` });
  // All rows of such an id: which of its labels is right, nobody can tell.
  if (found.hasConflicts) checks.push({ reason: 'label-conflict', fails: `${id} IN (SELECT id FROM label_conflicts)` });
  if (found.hasDuplicates) {
    checks.push({ reason: 'duplicate-id', fails: 'row_no IN (SELECT row_no FROM duplicate_rows)' });
  }
  const numbers = plan.rows.filter((column) => column.use === 'number');
  for (const [at, { reason, fails }] of numberChecks(plan).entries()) {
    // The first ones are of all numbers in order.
    const column = spec.source.kind === 'csv' ? numbers[at] : undefined;
    if (column !== undefined) checks.push({ reason: `not-a-number:${column.source}`, fails: unparsedKey(column.key) });
    checks.push({ reason, fails: found.isHeld ? `${HELD.failed} = ${at + 1}` : fails });
  }
  return checks;
}

/** Rows that people vouch for pass the check that their release names. */
const withReleases = (checks: readonly RowCheck[], released: readonly Release[]): RowCheck[] =>
  checks.map(({ reason, fails }) => {
    const windows = released.filter((release) => release.reason === reason).map(({ window }) => window);
    return { reason, fails: windows.length === 0 ? fails : `((${fails}) AND NOT ${within(windows)})` };
  });

/** Rows whose id an earlier row has; which one is first hangs on values alone, never on the order they were read in. */
async function markDuplicates(duck: Duck, plan: ColumnPlan, held: HeldNumbers | null): Promise<boolean> {
  const { id, eventAt } = ROW_KEYS;
  const order = [...new Set([eventAt, ...plan.rows.map((column) => column.key)])].map((key) => `${key} NULLS LAST`);
  const [ids] = await duck.rows(`SELECT count(${id}) = count(DISTINCT ${id}) AS is_unique FROM source_rows`);
  if (ids?.is_unique === true) return false;
  const isRepeated = `${id} IN (SELECT ${id} FROM source_rows WHERE ${id} IS NOT NULL GROUP BY ${id} HAVING count(*) > 1)`;
  await duck.run(`CREATE TABLE repeated_rows AS SELECT *, rowid AS row_no FROM source_rows WHERE ${isRepeated}`);
  const repeated = held === null ? 'repeated_rows' : await held.beside(duck, 'repeated_rows');
  await duck.run(
    `CREATE TABLE duplicate_rows AS SELECT row_no FROM (SELECT row_no, row_number() OVER (PARTITION BY ${id} ORDER BY ${order.join(', ')}) AS place ` +
      `FROM ${repeated}) WHERE place > 1`,
  );
  return true;
}

const CLASSES = ['used', 'unlabelled', 'excluded', 'quarantined'] as const;

function classView(options: { excluding: readonly Window[]; checks: readonly RowCheck[]; isOld: string }): string {
  const cases = options.checks.map(({ fails }, at) => `WHEN ${fails} THEN ${at + 1}`).join(' ');
  return (
    `CREATE OR REPLACE VIEW classified AS SELECT *, CASE WHEN is_excluded THEN 'excluded' WHEN reason > 0 THEN 'quarantined' ` +
    `WHEN label IS NULL THEN 'unlabelled' WHEN ${options.isOld} THEN 'excluded' ELSE 'used' END AS class FROM ` +
    `(SELECT *, ${within(options.excluding)} AS is_excluded, CASE ${cases} ELSE 0 END AS reason FROM labelled)`
  );
}

/** @param options.last keep at most the newest N usable rows (by event time, then id) */
export async function classifyRows(
  duck: Duck,
  plan: ColumnPlan,
  options: {
    readonly spec: PipelineSpec;
    readonly labelsAsOf: Instant;
    readonly excluding: readonly Window[];
    readonly last: number | null;
    readonly held: HeldNumbers | null;
    readonly released: readonly Release[];
  },
): Promise<Classified> {
  const { id, eventAt } = ROW_KEYS;
  const hasDuplicates = await markDuplicates(duck, plan, options.held);
  const { labelsAsOf } = options;
  const { positive } = options.spec.target;
  const mayConflict = plan.labels !== null || hasDuplicates;
  const hasConflicts = mayConflict && (await findLabelConflicts(duck, plan, { labelsAsOf, positive }));
  const isHeld = options.held !== null;
  const checks = withReleases(rowChecks(options.spec, plan, { hasDuplicates, hasConflicts, isHeld }), options.released);
  const view = { excluding: options.excluding, checks };
  await duck.run(classView({ ...view, isOld: 'false' }));
  if (options.last !== null) {
    await duck.run(
      `CREATE TABLE oldest_kept AS SELECT ${eventAt} AS event_at, ${id} AS id FROM classified WHERE class = 'used' ` +
        `ORDER BY event_at DESC, id DESC LIMIT 1 OFFSET ${options.last - 1}`,
    );
    // Empty when fewer rows than that are there: the comparison is null, and nothing is old.
    const at = '(SELECT event_at FROM oldest_kept)';
    const isOld = `coalesce(${eventAt} < ${at} OR (${eventAt} = ${at} AND ${id} < (SELECT id FROM oldest_kept)), false)`;
    await duck.run(classView({ ...view, isOld }));
  }
  const counted = await countClasses(duck, checks);
  return { ...counted, isReadInOrder: !isHeld && plan.labels === null && !hasDuplicates && (await isInOrder(duck)) };
}

/**
 * Whether the used rows lie in snapshot order as they were read: a sort of all columns is then saved. Asked only where no join
 * stands between the rows and the file, since DuckDB keeps the order of rows through filters and projections.
 */
async function isInOrder(duck: Duck): Promise<boolean> {
  const { id, eventAt } = ROW_KEYS;
  const [row] = await duck.rows(
    `SELECT count(*) AS n FROM (SELECT ${eventAt} AS at_this, lag(${eventAt}) OVER () AS at_last, ${id} AS id_this, lag(${id}) OVER () AS id_last ` +
      `FROM classified WHERE class = 'used') WHERE at_this < at_last OR (at_this = at_last AND id_this < id_last)`,
  );
  return Number(row?.n) === 0;
}

/** Ids shown of each reason, and characters of each. */
const EXAMPLES = 10;
const EXAMPLE_LENGTH = 200;

async function countClasses(duck: Duck, checks: readonly RowCheck[]): Promise<Omit<Classified, 'isReadInOrder'>> {
  const groups = await duck.rows('SELECT class, reason, count(*) AS n FROM classified GROUP BY ALL ORDER BY ALL');
  const total = { used: 0, unlabelled: 0, excluded: 0, quarantined: 0 };
  const quarantined: Record<string, number> = {};
  const examples: Record<string, readonly string[]> = {};
  for (const group of groups) {
    const rows = Number(group.n);
    const name = CLASSES.find((candidate) => candidate === group.class);
    if (name !== undefined) total[name] += rows;
    const check = checks[Number(group.reason) - 1];
    if (name !== 'quarantined' || check === undefined) continue;
    quarantined[check.reason] = rows;
    examples[check.reason] = await exampleIds(duck, Number(group.reason));
  }
  const [all] = await duck.rows('SELECT count(*) AS n FROM source_rows');
  return { counts: { in: Number(all?.n), ...total }, quarantined, examples };
}

async function exampleIds(duck: Duck, reason: number): Promise<string[]> {
  const { id } = ROW_KEYS;
  const rows = await duck.rows(
    `SELECT DISTINCT ${id} AS id FROM classified WHERE class = 'quarantined' AND reason = ${reason} AND ${id} IS NOT NULL ORDER BY id LIMIT ${EXAMPLES}`,
  );
  return rows.map((row) => String(row.id).slice(0, EXAMPLE_LENGTH));
}
