/** Evidently's four shapes, told apart by their own members: the report of 0.7, its dump, and suite and report of 0.4. */
import type { ParsedSignal } from './drift-claim.js';
import { draftLegacy, legacyOf } from './evidently-04.js';
import { draftReport } from './evidently-07.js';
import { reportOfDump } from './evidently-dumps.js';
import { readJson } from './lenient-json.js';
import { type Draft, makeClaim } from './make-claim.js';
import { asFields, asList, member, refuse, type SignalBody } from './payload.js';

function draft(value: unknown, body: SignalBody): Draft {
  if (asFields(member(value, 'metric_results')) !== null) return draftReport(reportOfDump(value));
  const legacy = legacyOf(value);
  if (legacy !== null) return draftLegacy(legacy);
  const [metrics, tests] = [asList(member(value, 'metrics')), asList(member(value, 'tests'))];
  if (metrics === null && tests === null) {
    refuse(
      body.format,
      'is none of Evidently: it has neither `metrics` nor `tests`. Send what report.run(...).json() gives (0.7: the ' +
        'snapshot; 0.4: the report or the test suite).',
      { missing: ['metrics', 'tests'] },
    );
  }
  return draftReport({ metrics: metrics ?? [], tests: tests ?? [], notes: [] });
}

export function parseEvidently(body: SignalBody): ParsedSignal {
  const { value, notes } = readJson(body);
  const made = draft(value, body);
  if (made.findings.length === 0 && made.absent.length === 0) {
    refuse(body.format, 'holds no result: neither a metric with a number nor a test. Add DataDriftPreset or a test.');
  }
  return { claims: [makeClaim(body, { ...made, notes: [...notes, ...made.notes] })], ignored: [] };
}
