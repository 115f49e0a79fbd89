/**
 * Evidently 0.7's full snapshot (`.dumps()`): the same metrics and tests as in `.json()`, below `metric_results` and in
 * another shape, with time, tags and metadata around them.
 */
import type { EvidentlyReport } from './evidently-07.js';
import { asFields, asList, asText, member, memberAt, rawOf } from './payload.js';

/** A single value, or count and share; other results (by label, histograms) hold no single number. */
function numberOf(result: unknown): unknown {
  const value = member(result, 'value');
  if (value !== null) return value;
  const [count, share] = [memberAt(result, 'count', 'value'), memberAt(result, 'share', 'value')];
  return count === null && share === null ? null : { count, share };
}

export function reportOfDump(dump: unknown): EvidentlyReport {
  const results = Object.entries(asFields(member(dump, 'metric_results')) ?? {});
  const metadata = asFields(member(dump, 'metadata')) ?? {};
  const timestamp = asText(member(dump, 'timestamp'));
  return {
    metrics: results.map(([id, result]) => ({
      id,
      config: memberAt(result, 'metric_value_location', 'metric', 'params'),
      value: numberOf(result),
    })),
    tests: results.flatMap(([, result]) => asList(member(result, 'tests')) ?? []),
    notes: [
      ...(timestamp === null ? [] : [`Evidently's snapshot was made at ${timestamp} (its own clock, no zone).`]),
      ...(Object.keys(metadata).length === 0 ? [] : [`Evidently's metadata: ${rawOf(metadata)}.`]),
    ],
  };
}
