/**
 * whylogs: `calculate_drift_scores(target, reference, with_thresholds=True)` as JSON, a column each. A column that had no
 * values is null there: absent. `POSSIBLE_DRIFT` is neither yes nor no. A profile's CSV holds no scores and is refused.
 */
import type { Absence, Finding, ParsedSignal } from './drift-claim.js';
import { readJson } from './lenient-json.js';
import { makeClaim } from './make-claim.js';
import { methodFacts } from './methods.js';
import {
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

const ALERTS: ReadonlyMap<unknown, boolean> = new Map([
  ['DRIFT', true],
  ['NO_DRIFT', false],
]);

/** The edge of the DRIFT range that faces the others. */
function thresholdOf(score: unknown, lowerIsDrift: boolean | null): number | null {
  const range = asList(memberAt(score, 'thresholds', 'DRIFT')) ?? [];
  return lowerIsDrift === null ? null : asNumber(range[lowerIsDrift ? 1 : 0]);
}

function findingOf(column: string, score: unknown): Finding {
  const method = asText(member(score, 'algorithm')) ?? 'unnamed';
  const facts = methodFacts('whylogs', method);
  return {
    scope: scopeOfColumn(column),
    column,
    method,
    ...facts,
    score:
      asNumber(member(score, 'pvalue')) ?? (facts.family === 'p-value' ? null : asNumber(member(score, 'statistic'))),
    threshold: thresholdOf(score, facts.lowerIsDrift),
    alert: ALERTS.get(member(score, 'drift_category')) ?? null,
    raw: rawOf(score),
  };
}

export function parseWhylogs(body: SignalBody): ParsedSignal {
  if (/^column,/.test(body.text)) {
    refuse(
      body.format,
      "is a profile's summary, which holds no drift score: compare it with a reference by calculate_drift_scores(..., " +
        'with_thresholds=True) and send the result as JSON.',
    );
  }
  const { value, notes } = readJson(body);
  const columns = Object.entries(asFields(value) ?? {});
  const wrong = columns.find(([, score]) => score !== null && asText(member(score, 'algorithm')) === null);
  if (columns.length === 0 || wrong !== undefined) {
    const where = wrong === undefined ? 'no column' : `no algorithm for ${JSON.stringify(wrong[0].slice(0, 80))}`;
    refuse(body.format, `names ${where}: send the dictionary of calculate_drift_scores as JSON.`);
  }
  const findings = columns.filter(([, score]) => score !== null).map(([column, score]) => findingOf(column, score));
  const absent: Absence[] = columns
    .filter(([, score]) => score === null)
    .map(([name]) => ({ what: 'column', name, why: `whylogs gave no score for ${name}: the column holds no values.` }));
  const possible = columns.filter(([, score]) => member(score, 'drift_category') === 'POSSIBLE_DRIFT');
  const draft = {
    monitor: 'whylogs',
    monitorVersion: null,
    findings,
    absent,
    notes: [...notes, ...possible.map(([column]) => `whylogs calls drift of ${column} possible, which is no verdict.`)],
  };
  return { claims: [makeClaim(body, draft)], ignored: [] };
}
