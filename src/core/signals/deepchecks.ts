/**
 * Deepchecks: `CheckResult` and `SuiteResult` as `.to_json()`. Verdicts are a condition's Status; of the drift checks the
 * value also holds a score a column, judged by the number in the condition's text when the condition failed. A check that
 * could not run is absent, apart from one that asks for an index, a date or a label that the dataset never had.
 */
import type { Absence, Finding, FindingScope, ParsedSignal } from './drift-claim.js';
import { readJson } from './lenient-json.js';
import { makeClaim } from './make-claim.js';
import { methodFacts } from './methods.js';
import {
  asCount,
  asFields,
  asList,
  asNumber,
  asText,
  member,
  memberAt,
  rawOf,
  refuse,
  type SignalBody,
  scopeOfColumn,
} from './payload.js';

const SCOPES: ReadonlyMap<string, FindingScope> = new Map([
  ['Feature Drift', 'dataset'],
  ['Multivariate Drift', 'dataset'],
  ['Label Drift', 'target'],
  ['Prediction Drift', 'prediction'],
  ['Train Test Performance', 'performance'],
  ['Single Dataset Performance', 'performance'],
  ['Simple Model Comparison', 'performance'],
  ['Weak Segments Performance', 'performance'],
  ['Performance Bias', 'performance'],
]);
const ALERTS: ReadonlyMap<unknown, boolean> = new Map([
  ['FAIL', true],
  ['WARN', true],
  ['PASS', false],
]);
const CATEGORICAL = new Set(["Cramer's V", 'PSI']);
const NOT_APPLICABLE = /^Dataset does not contain an? /;

/** `{dtype, value}` of numpy, or the number itself. */
const numberOf = (value: unknown): number | null => asNumber(value) ?? asNumber(member(value, 'value'));

const nameOf = (result: unknown): string =>
  asText(memberAt(result, 'check', 'name')) ?? asText(member(result, 'header')) ?? 'unnamed check';

const conditionsOf = (result: unknown): readonly unknown[] => asList(member(result, 'conditions_results')) ?? [];

/** "categorical drift score < 0.2 and numerical drift score < 0.15", "Label drift score < 0.15", "less than 0.25". */
function boundOf(condition: unknown, kind: 'categorical' | 'numerical' | null): number | null {
  const text = asText(member(condition, 'Condition')) ?? '';
  const own = kind === null ? null : new RegExp(`${kind} drift score < (\\d{1,9}(?:\\.\\d{1,9})?)`).exec(text);
  const found = own ?? /(?:drift score <|less than) (\d{1,9}(?:\.\d{1,9})?)/.exec(text);
  return found === null ? null : Number(found[1]);
}

function wholeScore(result: unknown): number | null {
  const value = member(result, 'value');
  return numberOf(member(value, 'Drift score')) ?? numberOf(member(value, 'domain_classifier_drift_score'));
}

function conditionFindings(result: unknown): Finding[] {
  const name = nameOf(result);
  const method = asText(memberAt(result, 'value', 'Method'));
  return conditionsOf(result).map((condition) => ({
    scope: SCOPES.get(name) ?? 'quality',
    column: null,
    method: method === null ? name : `${name} (${method})`,
    ...methodFacts('deepchecks', method ?? name),
    score: wholeScore(result),
    threshold: boundOf(condition, null),
    alert: ALERTS.get(member(condition, 'Status')) ?? null,
    raw: rawOf({ check: name, ...asFields(condition) }),
  }));
}

/** Column by column for Feature Drift; a passed condition passes each of its columns. */
function columnFindings(result: unknown): Finding[] {
  if (nameOf(result) !== 'Feature Drift') return [];
  const [condition] = conditionsOf(result);
  const verdict = ALERTS.get(member(condition, 'Status')) ?? null;
  return Object.entries(asFields(member(result, 'value')) ?? {}).flatMap(([column, drift]) => {
    const [method, score] = [asText(member(drift, 'Method')), numberOf(member(drift, 'Drift score'))];
    if (method === null && score === null) return [];
    const threshold = boundOf(condition, CATEGORICAL.has(method ?? '') ? 'categorical' : 'numerical');
    const isAbove = score === null || threshold === null ? null : score >= threshold;
    const facts = methodFacts('deepchecks', method);
    const alert = verdict === true ? isAbove : verdict;
    const own = { score, threshold, alert, raw: rawOf({ [column]: drift }) };
    return [{ scope: scopeOfColumn(column), column, method: method ?? 'unnamed', ...facts, ...own }];
  });
}

function columnAbsences(result: unknown): Absence[] {
  if (nameOf(result) !== 'Feature Drift') return [];
  return Object.entries(asFields(member(result, 'value')) ?? {})
    .filter(([, drift]) => member(drift, 'Method') === null && member(drift, 'Drift score') === null)
    .map(([name]) => ({ what: 'column', name, why: `Deepchecks gave no drift score for ${name}.` }));
}

const failureOf = (result: unknown): string | null =>
  member(result, 'type') === 'CheckFailure' ? (asText(member(result, 'exception')) ?? 'The check failed.') : null;

function failures(results: readonly unknown[]): { absent: Absence[]; notes: string[] } {
  const failed = results.flatMap((result) => {
    const why = failureOf(result);
    const name = asText(member(result, 'header')) ?? nameOf(result);
    return why === null ? [] : [{ name, why }];
  });
  const errors = results.flatMap((result) =>
    conditionsOf(result)
      .filter((condition) => member(condition, 'Status') === 'ERROR')
      .map((condition) => ({ name: nameOf(result), why: asText(member(condition, 'More Info')) ?? 'It failed.' })),
  );
  return {
    absent: [...failed.filter(({ why }) => !NOT_APPLICABLE.test(why)), ...errors].map((one) => ({
      what: 'report',
      ...one,
    })),
    notes: failed
      .filter(({ why }) => NOT_APPLICABLE.test(why))
      .map(({ name, why }) => `Check ${name} does not apply: ${why}.`),
  };
}

export function parseDeepchecks(body: SignalBody): ParsedSignal {
  const { value, notes } = readJson(body);
  const kind = member(value, 'type');
  if (kind !== 'SuiteResult' && kind !== 'CheckResult' && kind !== 'CheckFailure') {
    refuse(
      body.format,
      'is no result of Deepchecks: `type` is neither SuiteResult nor CheckResult. Send result.to_json().',
      {
        missing: ['type'],
      },
    );
  }
  const results = kind === 'SuiteResult' ? (asList(member(value, 'results')) ?? []) : [value];
  const failed = failures(results);
  const findings = results.flatMap((result) => [...conditionFindings(result), ...columnFindings(result)]);
  const absent = [...results.flatMap(columnAbsences), ...failed.absent];
  if (findings.length === 0 && absent.length === 0) {
    refuse(
      body.format,
      'holds no condition: add one to the checks, e.g. FeatureDrift().add_condition_drift_score_less_than().',
    );
  }
  const sizes = results.find((result) => nameOf(result) === 'Datasets Size Comparison');
  const draft = {
    monitor: 'deepchecks',
    monitorVersion: null,
    findings,
    absent,
    notes: [...notes, ...failed.notes],
    nReference: asCount(memberAt(sizes, 'value', 'Train')),
    nCurrent: asCount(memberAt(sizes, 'value', 'Test')),
  };
  return { claims: [makeClaim(body, draft)], ignored: [] };
}
