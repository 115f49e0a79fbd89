/**
 * Evidently 0.4: test suites `{version, tests, summary}`, reports `{version, metrics: [{metric, result}]}`, and suites as
 * `TestSuite.save` writes them. A suite judges with a share of 0.3, a report with 0.5, so that one can say FAIL and the
 * other no drift for one window: each stands as it came. A test that ended with an error has empty `parameters`, and its
 * column stands in its description alone.
 */
import type { Absence, Finding, FindingScope } from './drift-claim.js';
import type { Draft } from './make-claim.js';
import { methodFacts } from './methods.js';
import {
  asCount,
  asFields,
  asFlag,
  asList,
  asNumber,
  asText,
  member,
  memberAt,
  rawOf,
  scopeOfColumn,
} from './payload.js';

interface Legacy {
  readonly version: string | null;
  readonly tests: readonly unknown[];
  readonly metrics: readonly unknown[];
}

/** Null for what is no 0.4: its reports name each metric with `metric`, its tests have a `group`. */
export function legacyOf(value: unknown): Legacy | null {
  const version = asText(member(value, 'version'));
  const saved = asList(memberAt(value, 'suite', 'test_results'));
  if (saved !== null) return { version, tests: saved, metrics: [] };
  const tests = asList(member(value, 'tests')) ?? [];
  const metrics = asList(member(value, 'metrics')) ?? [];
  const isLegacy =
    metrics.some((metric) => asText(member(metric, 'metric')) !== null) ||
    tests.some((test) => asText(member(test, 'group')) !== null);
  return isLegacy ? { version, tests, metrics } : null;
}

const ALERTS: ReadonlyMap<unknown, boolean> = new Map([
  ['FAIL', true],
  ['WARNING', true],
  ['SUCCESS', false],
]);
const SCOPES: ReadonlyMap<string, FindingScope> = new Map([
  ['data_drift', 'dataset'],
  ['data_integrity', 'quality'],
  ['data_quality', 'quality'],
  ['classification', 'performance'],
  ['regression', 'performance'],
]);

/** Texts such as "the column **origin**" or "An empty column 'distance' was provided". */
function columnOf(test: unknown): string | null {
  const own = asText(memberAt(test, 'parameters', 'column_name'));
  const description = asText(member(test, 'description')) ?? '';
  return (
    own ?? /\*\*([^*]{1,200})\*\*/.exec(description)?.[1] ?? /column '([^']{1,200})'/.exec(description)?.[1] ?? null
  );
}

/** `{lt: 0.3}`, `{eq: {value: 5000, ...}}`; null for none or several bounds. */
function boundOf(condition: unknown): number | null {
  const bounds = Object.values(asFields(condition) ?? {});
  return bounds.length === 1 ? (asNumber(bounds[0]) ?? asNumber(member(bounds[0], 'value'))) : null;
}

/** The share of drifted columns stands nowhere but in the verdicts of its columns. */
function shareOf(features: unknown): number | null {
  const verdicts = Object.values(asFields(features) ?? {}).map((feature) => asFlag(member(feature, 'detected')));
  return verdicts.length === 0 ? null : verdicts.filter((verdict) => verdict === true).length / verdicts.length;
}

function findingOfTest(test: unknown): Finding {
  const parameters = member(test, 'parameters');
  const name = asText(member(test, 'name')) ?? 'unnamed test';
  const method = asText(member(parameters, 'stattest')) ?? name;
  const group = SCOPES.get(asText(member(test, 'group')) ?? '') ?? 'dataset';
  const isShare = name === 'Share of Drifted Columns';
  const column = isShare ? null : columnOf(test);
  const value = asNumber(member(parameters, 'score')) ?? asNumber(member(parameters, 'value'));
  return {
    scope: group === 'dataset' && column !== null ? scopeOfColumn(column) : group,
    column,
    method,
    ...methodFacts('evidently', method),
    score: value ?? asNumber(member(parameters, 'current_mean')) ?? shareOf(member(parameters, 'features')),
    threshold: asNumber(member(parameters, 'threshold')) ?? boundOf(member(parameters, 'condition')),
    alert: ALERTS.get(member(test, 'status')) ?? null,
    raw: rawOf(test),
  };
}

function absenceOfTest(test: unknown): Absence {
  const name = asText(member(test, 'name')) ?? 'unnamed test';
  const column = name === 'Share of Drifted Columns' ? null : columnOf(test);
  const why = asText(member(test, 'description')) ?? 'The test ended with an error.';
  return column === null ? { what: 'report', name, why } : { what: 'column', name: column, why };
}

function driftFinding(result: unknown, column: string): Finding {
  const method = asText(member(result, 'stattest_name')) ?? 'unnamed';
  return {
    scope: scopeOfColumn(column),
    column,
    method,
    ...methodFacts('evidently', method),
    score: asNumber(member(result, 'drift_score')),
    threshold: asNumber(member(result, 'stattest_threshold')),
    alert: asFlag(member(result, 'drift_detected')),
    raw: rawOf(withoutDrawings(result)),
  };
}

/** The distributions are for drawing, and would fill the raw part. */
function withoutDrawings(result: unknown): unknown {
  const kept = Object.entries(asFields(result) ?? {}).filter(([key]) => key !== 'current' && key !== 'reference');
  return Object.fromEntries(kept);
}

function findingsOfMetric(metric: unknown): Finding[] {
  const result = member(metric, 'result');
  switch (member(metric, 'metric')) {
    case 'DatasetDriftMetric':
      return [
        {
          scope: 'dataset',
          column: null,
          method: 'Share of Drifted Columns',
          ...methodFacts('evidently', 'Share of Drifted Columns'),
          score: asNumber(member(result, 'share_of_drifted_columns')),
          threshold: asNumber(member(result, 'drift_share')),
          alert: asFlag(member(result, 'dataset_drift')),
          raw: rawOf(metric),
        },
      ];
    case 'DataDriftTable':
      return Object.entries(asFields(member(result, 'drift_by_columns')) ?? {}).map(([column, drift]) =>
        driftFinding(drift, column),
      );
    case 'ColumnDriftMetric':
      return [driftFinding(result, asText(member(result, 'column_name')) ?? 'unnamed')];
    case 'ClassificationQualityMetric':
    case 'RegressionQualityMetric':
      return qualityFindings(member(result, 'current'));
    default:
      return [];
  }
}

function qualityFindings(current: unknown): Finding[] {
  return Object.entries(asFields(current) ?? {}).flatMap(([method, value]) => {
    const score = asNumber(value);
    if (score === null) return [];
    const facts = methodFacts('evidently', method);
    const own = { score, threshold: null, alert: null, raw: rawOf({ [method]: value }) };
    return [{ scope: 'performance' as const, column: null, method, ...facts, ...own }];
  });
}

export function draftLegacy({ version, tests, metrics }: Legacy): Draft {
  const byMetric = metrics.map(findingsOfMetric);
  const unread = metrics.filter((_, i) => byMetric[i]!.length === 0).map((metric) => asText(member(metric, 'metric')));
  const errors = tests.filter((test) => member(test, 'status') === 'ERROR');
  const rows = tests.find((test) => member(test, 'name') === 'Number of Rows');
  return {
    monitor: 'evidently',
    monitorVersion: version,
    findings: [...tests.map(findingOfTest), ...byMetric.flat()],
    absent: errors.map(absenceOfTest),
    notes: unread.length === 0 ? [] : [`Metrics without a drift result were left out: ${unread.join(', ')}.`],
    nCurrent: asCount(memberAt(rows, 'parameters', 'value')),
  };
}
