/**
 * Evidently 0.7: `{metrics: [{id, config, value}], tests: [{metric_config, status, ...}]}`. A test's verdict is the verdict;
 * the score is its metric's value. `metric_name` is never parsed (a column may be called `origin,with comma`): column and
 * method come from `config`. A report made without `include_tests` has no tests: then its own thresholds judge, the way
 * Evidently does itself, for methods whose direction is known, and a share of drifted columns at or above `drift_share`.
 */
import type { Absence, Finding, FindingScope } from './drift-claim.js';
import type { Draft } from './make-claim.js';
import { methodFacts } from './methods.js';
import { asCount, asNumber, asText, member, memberAt, rawOf, scopeOfColumn } from './payload.js';

export interface EvidentlyReport {
  readonly metrics: readonly unknown[];
  readonly tests: readonly unknown[];
  readonly notes: readonly string[];
}

const PERFORMANCE = new Set([
  ...['Accuracy', 'Precision', 'Recall', 'F1Score', 'RocAuc', 'LogLoss', 'TPR', 'TNR', 'FPR', 'FNR'],
  ...['F1ByLabel', 'PrecisionByLabel', 'RecallByLabel', 'RocAucByLabel'],
  ...['MAE', 'RMSE', 'MAPE', 'R2Score', 'MeanError', 'AbsMaxError'],
]);
const DRIFT = new Set(['ValueDrift', 'DriftedColumnsCount', 'EmbeddingsDrift']);

/** `evidently:metric_v2:ValueDrift` -> `ValueDrift`. */
const kindOf = (config: unknown): string =>
  (asText(member(config, 'type')) ?? 'unknown').split(':').at(-1) ?? 'unknown';

function methodOf(config: unknown): string {
  const kind = kindOf(config);
  if (kind === 'ValueDrift') return asText(member(config, 'method')) ?? kind;
  const quantile = asNumber(member(config, 'quantile'));
  const columnType = asText(member(config, 'column_type'));
  return quantile !== null ? `${kind}(${quantile})` : columnType !== null ? `${kind}(${columnType})` : kind;
}

function scopeOf(config: unknown): FindingScope {
  const kind = kindOf(config);
  const column = asText(member(config, 'column'));
  if (PERFORMANCE.has(kind)) return 'performance';
  if (!DRIFT.has(kind)) return 'quality';
  return column === null ? 'dataset' : scopeOfColumn(column);
}

function scoreOf(value: unknown, isCount: boolean): number | null {
  return asNumber(value) ?? asNumber(member(value, isCount ? 'count' : 'share'));
}

function thresholdOf(config: unknown): number | null {
  return asNumber(member(config, 'threshold')) ?? asNumber(member(config, 'drift_share'));
}

function findingOf(config: unknown, own: Pick<Finding, 'score' | 'threshold' | 'alert' | 'raw'>): Finding {
  const method = methodOf(config);
  return {
    scope: scopeOf(config),
    column: asText(member(config, 'column')),
    method,
    ...methodFacts('evidently', kindOf(config) === 'ValueDrift' ? method : kindOf(config)),
    ...own,
  };
}

const ALERTS: ReadonlyMap<unknown, boolean> = new Map([
  ['FAIL', true],
  ['WARNING', true],
  ['SUCCESS', false],
]);

function findingOfTest(test: unknown, metric: unknown): Finding {
  const config = memberAt(test, 'metric_config', 'params');
  const isCount = memberAt(test, 'bound_test', 'is_count') === true;
  return findingOf(config, {
    score: scoreOf(member(metric, 'value'), isCount),
    threshold: asNumber(memberAt(test, 'test_config', 'threshold')) ?? thresholdOf(config),
    alert: ALERTS.get(member(test, 'status')) ?? null,
    raw: rawOf(test),
  });
}

/** Evidently's own comparison with its own threshold; null where either is not known. */
function ownVerdict(finding: Omit<Finding, 'alert'>, kind: string): boolean | null {
  const { score, threshold, lowerIsDrift } = finding;
  if (!DRIFT.has(kind) || score === null || threshold === null || lowerIsDrift === null) return null;
  return lowerIsDrift ? score <= threshold : score >= threshold;
}

function findingOfMetric(metric: unknown, hasTests: boolean): Finding {
  const config = member(metric, 'config');
  const score = scoreOf(member(metric, 'value'), false);
  const finding = findingOf(config, { score, threshold: thresholdOf(config), alert: null, raw: rawOf(metric) });
  return hasTests ? finding : { ...finding, alert: ownVerdict(finding, kindOf(config)) };
}

function absenceOfTest(test: unknown): Absence {
  const column = asText(memberAt(test, 'metric_config', 'params', 'column'));
  const name = column ?? asText(member(test, 'name')) ?? 'a test';
  const why = asText(member(test, 'description')) ?? 'The test ended with an error.';
  return { what: column === null ? 'report' : 'column', name, why };
}

/** A drift or quality value that is NaN: the column was there and nothing of it could be measured. */
function absencesOf(findings: readonly Finding[], isNaNOf: (index: number) => boolean): Absence[] {
  const names = new Set(findings.flatMap(({ column }, i) => (column !== null && isNaNOf(i) ? [column] : [])));
  return [...names].map((name) => ({ what: 'column', name, why: `Evidently's value for column ${name} is NaN.` }));
}

export function draftReport(report: EvidentlyReport): Draft {
  const metricsById = new Map(report.metrics.map((metric) => [member(metric, 'id'), metric]));
  const hasTests = report.tests.length > 0;
  const tested = new Set(report.tests.map((test) => memberAt(test, 'metric_config', 'metric_id')));
  const testPairs = report.tests.map((test) => {
    const metric = metricsById.get(memberAt(test, 'metric_config', 'metric_id'));
    return { finding: findingOfTest(test, metric), metric };
  });
  const untested = report.metrics
    .filter((metric) => !tested.has(member(metric, 'id')))
    .map((metric) => ({ finding: findingOfMetric(metric, hasTests), metric }));
  const measured = untested.filter(
    ({ finding, metric }) => finding.score !== null || DRIFT.has(kindOf(member(metric, 'config'))),
  );
  const all = [...testPairs, ...measured];
  const findings = all.map(({ finding }) => finding);
  const left = untested.length - measured.length;
  const errors = report.tests.filter((test) => member(test, 'status') === 'ERROR').map(absenceOfTest);
  const nan = absencesOf(findings, (i) => member(all[i]!.metric, 'value') === 'NaN');
  const named = new Set(errors.map(({ name }) => name));
  return {
    monitor: 'evidently',
    monitorVersion: null,
    findings,
    absent: [...errors, ...nan.filter(({ name }) => !named.has(name))],
    notes: [
      ...report.notes,
      ...(hasTests ? [] : ["The report has no tests (include_tests was off): Evidently's own thresholds decide."]),
      ...(left > 0 ? [`${left} metrics without a single number and without a test were left out.`] : []),
    ],
    nCurrent: rowsOf(report.metrics),
  };
}

/** Rows of the current data, where the report counts them. */
function rowsOf(metrics: readonly unknown[]): number | null {
  const counts = metrics.filter((metric) => kindOf(member(metric, 'config')) === 'RowCount');
  return asCount(member(counts[0], 'value'));
}
