/**
 * One window's labels: by the age at which they became known, who decided that there be one, which contradict each other. Reads table
 * `label_rows` of measure-labels.ts.
 */
import type { LabelAges, LabelCounts, WindowLabels } from '../core/triage/label-measures.js';
import type { Instant, Window } from '../core/types.js';
import { ROW_KEYS } from '../sources/source.js';
import { timestampLiteral } from '../sources/sql.js';
import type { ColumnPlan } from './column-plan.js';
import type { Duck } from './duck.js';

const DAY_MS = 86_400_000;
const MOST_VERSIONS = 50;
/** Columns of versions, in the relation of rows. */
export const VERSION_KEYS = { decidedBy: 'k_label_decided_by', scoredBy: 'k_model_version' } as const;

export interface LabelRequest {
  readonly window: Window;
  /** An earlier window that was fine; rows that lie in both count in `window`. */
  readonly reference: Window | null;
  readonly inputsAsOf: Instant;
  readonly labelsAsOf: Instant;
  /** Left out of both. */
  readonly excluding: readonly Window[];
}

const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** Ages in whole hours: known by then, or waiting since at least then. */
function ageSql(labelsAsOf: Instant): string {
  const { eventAt } = ROW_KEYS;
  const hours = (until: string): string => `epoch_us(${until} - ${eventAt}) / 3600e6`;
  return (
    `CAST(greatest(0, CASE WHEN label IS NULL THEN floor(${hours(timestampLiteral(labelsAsOf))}) ` +
    `ELSE ceil(${hours('label_known_at')}) END) AS INTEGER)`
  );
}

async function labelAges(duck: Duck, side: number, labelsAsOf: Instant): Promise<LabelAges> {
  const found = await duck.rows(
    `SELECT age, count(*) FILTER (WHERE label = 1) AS positives, count(*) FILTER (WHERE label = 0) AS negatives, ` +
      `count(*) FILTER (WHERE label IS NULL) AS waiting FROM (SELECT label, ${ageSql(labelsAsOf)} AS age FROM label_rows ` +
      `WHERE side = ${side}) GROUP BY age ORDER BY age`,
  );
  const column = (name: string): number[] => found.map((row) => Number(row[name]));
  return {
    hours: column('age'),
    positives: column('positives'),
    negatives: column('negatives'),
    waiting: column('waiting'),
  };
}

async function countConflicts(
  duck: Duck,
  plan: ColumnPlan,
  options: { side: number; hasConflicts: boolean },
): Promise<WindowLabels['conflicts']> {
  const { side, hasConflicts } = options;
  const { id, eventAt } = ROW_KEYS;
  const conflicting = hasConflicts
    ? await duck.rows(
        `SELECT count(DISTINCT ${id}) AS n FROM label_rows WHERE side = ${side} AND ${id} IN (SELECT id FROM label_conflicts)`,
      )
    : [];
  const keys = [...new Set(plan.columns.map((column) => column.key))].filter((key) => key !== eventAt);
  const alike = [`date_trunc('minute', ${eventAt})`, ...keys];
  const [groups] = await duck.rows(
    `SELECT count(*) AS n, count(*) FILTER (WHERE low <> high) AS mixed, coalesce(sum(n) FILTER (WHERE low <> high), 0) AS in_mixed FROM (` +
      `SELECT count(*) AS n, min(label) AS low, max(label) AS high FROM (SELECT label, hash(${alike.join(', ')}) AS alike ` +
      `FROM label_rows WHERE side = ${side} AND label IS NOT NULL) GROUP BY alike HAVING count(*) > 1)`,
  );
  return {
    ids: Number(conflicting[0]?.n ?? 0),
    alikeGroups: Number(groups?.n ?? 0),
    alikeConflicts: Number(groups?.mixed ?? 0),
    alikeConflictRows: Number(groups?.in_mixed ?? 0),
  };
}

async function countVersions(
  duck: Duck,
  key: string,
  side: number,
): Promise<{ version: string | null; rows: number; labelled: number }[]> {
  const found = await duck.rows(
    `SELECT ${key} AS version, count(*) AS n, count(label) AS labelled FROM label_rows WHERE side = ${side} ` +
      `GROUP BY version ORDER BY n DESC, version LIMIT ${MOST_VERSIONS}`,
  );
  return found.map((row) => ({
    version: row.version === null || row.version === undefined ? null : String(row.version),
    rows: Number(row.n),
    labelled: Number(row.labelled),
  }));
}

interface Counted {
  readonly plan: ColumnPlan;
  readonly request: LabelRequest;
  readonly window: Window;
  readonly side: number;
  readonly days: readonly number[];
  readonly all: LabelCounts;
  readonly matureDays: LabelCounts;
  readonly hasConflicts: boolean;
}

export async function countWindow(duck: Duck, counted: Counted): Promise<WindowLabels> {
  const { plan, request, window, side, days } = counted;
  const has = (key: string): boolean => plan.rows.some((wanted) => wanted.key === key);
  const afterLabel = has(ROW_KEYS.rowKnownAt) ? `${ROW_KEYS.rowKnownAt} > label_known_at` : 'false';
  const [row] = await duck.rows(
    `SELECT count(*) FILTER (WHERE is_mature) AS n, count(label) FILTER (WHERE is_mature) AS labelled, ` +
      `coalesce(sum(label) FILTER (WHERE is_mature), 0) AS positives, ` +
      `count(label) FILTER (WHERE label_known_at < ${ROW_KEYS.eventAt}) AS early, count(label) FILTER (WHERE ${afterLabel}) AS late ` +
      `FROM label_rows WHERE side = ${side}`,
  );
  const scored = has(VERSION_KEYS.scoredBy) ? await countVersions(duck, VERSION_KEYS.scoredBy, side) : null;
  const decided = has(VERSION_KEYS.decidedBy) ? await countVersions(duck, VERSION_KEYS.decidedBy, side) : null;
  const isWhole = (day: number): boolean =>
    day * DAY_MS >= Date.parse(window.start) && (day + 1) * DAY_MS <= Date.parse(window.end);
  return {
    window,
    days: days.map(dayText),
    isWhole: days.map(isWhole),
    all: counted.all,
    ages: plan.hasLabelKnownAt ? await labelAges(duck, side, request.labelsAsOf) : null,
    mature: {
      rows: Number(row?.n ?? 0),
      labelled: Number(row?.labelled ?? 0),
      positives: Number(row?.positives ?? 0),
    },
    matureDays: counted.matureDays,
    conflicts: await countConflicts(duck, plan, counted),
    knownBeforeEvent: Number(row?.early ?? 0),
    knownAfterLabel: Number(row?.late ?? 0),
    decidedBy: decided?.map(({ version, labelled }) => ({ version, labels: labelled })) ?? null,
    scoredBy: scored,
  };
}
