/**
 * Rows of NannyML's metric tables (its DatabaseWriter) as claims: the rows of one run, metric and chunk that were written
 * together are one claim, a column each. Univariate rows have no thresholds; a missing-values row is called `count` and
 * holds a share.
 */
import type { DriftClaim, Envelope, Finding, FindingScope } from './drift-claim.js';
import { toInstant } from './instants.js';
import { makeClaim } from './make-claim.js';
import { methodFacts } from './methods.js';
import { judgedBy } from './nannyml-bounds.js';
import { asFlag, asNumber, asText, member, rawOf } from './payload.js';

/** One row; `fields` are its columns as JSON. Times in milliseconds since 1970. */
export interface NannyRow {
  readonly table: string;
  readonly id: number;
  readonly runId: number;
  /** Of the transaction that wrote it: its rows became visible together. */
  readonly writtenBy: string;
  readonly startMs: number;
  /** The last instant of the chunk, which belongs to it. */
  readonly endMs: number;
  readonly fields: unknown;
}

interface TableFacts {
  readonly scope: FindingScope;
  /** Instead of the row's metric_name, where that says something else. */
  readonly method: string | null;
}

const TABLES: Readonly<Record<string, TableFacts>> = {
  univariate_drift_metrics: { scope: 'column', method: null },
  data_reconstruction_feature_drift_metrics: { scope: 'dataset', method: null },
  cbpe_performance_metrics: { scope: 'performance', method: null },
  dle_performance_metrics: { scope: 'performance', method: null },
  realized_performance_metrics: { scope: 'performance', method: null },
  missing_values_metrics: { scope: 'quality', method: 'missing_values' },
  unseen_values_metrics: { scope: 'quality', method: 'unseen_values' },
};

/** What DatabaseWriter fills. */
export const NANNYML_TABLES: readonly string[] = Object.keys(TABLES);

const metricOf = ({ fields }: NannyRow): string => asText(member(fields, 'metric_name')) ?? 'unnamed';

function findingOf(row: NannyRow): Finding {
  const { fields, table } = row;
  const facts = TABLES[table] ?? { scope: 'dataset', method: null };
  const method = facts.method ?? metricOf(row);
  const score = asNumber(member(fields, 'value'));
  const [upper, lower] = [asNumber(member(fields, 'upper_threshold')), asNumber(member(fields, 'lower_threshold'))];
  const { family, lowerIsDrift } = methodFacts('nannyml', method);
  return {
    scope: facts.scope,
    column: asText(member(fields, 'column_name')),
    method,
    family,
    lowerIsDrift,
    score,
    ...judgedBy({ score, upper, lower, lowerIsDrift, alert: asFlag(member(fields, 'alert')) }),
    raw: rawOf(fields),
  };
}

function groupsOf(rows: readonly NannyRow[]): NannyRow[][] {
  const groups = new Map<string, NannyRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.table, row.runId, metricOf(row), row.startMs, row.endMs, row.writtenBy]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

/** Metric, chunk, run and the first row's id: reading the same rows again gives the same claims. */
function claimOf(group: readonly NannyRow[], envelope: Envelope): DriftClaim {
  const [first] = group as [NannyRow];
  const id = group.reduce((least, row) => Math.min(least, row.id), first.id);
  const window = { start: toInstant(first.startMs), end: toInstant(first.endMs + 1) };
  const findings = group.map(findingOf);
  const empty = findings.filter(({ score }) => score === null);
  return makeClaim(
    { format: 'nannyml', text: '', envelope },
    {
      monitor: 'nannyml',
      monitorVersion: null,
      findings,
      absent: empty.map(({ column, method }) => ({
        what: column === null ? 'report' : 'column',
        name: column ?? method,
        why: `NannyML wrote no number for ${column ?? method} (${first.table}, run ${first.runId}).`,
      })),
      notes: [`Of NannyML's run ${first.runId}, table ${first.table}.`],
      window,
      eventId: `${first.table}/${first.runId}/${metricOf(first)}/${window.start}/${id}`,
    },
  );
}

/** In the order of the rows. @throws SIGNAL_INVALID for a metric name that is too long for an id */
export function claimsOfRows(rows: readonly NannyRow[], envelope: Envelope): DriftClaim[] {
  return groupsOf(rows).map((group) => claimOf(group, envelope));
}
