/**
 * From a period's points to the claim that it raises: nothing where nothing alerts. Made from the points alone, so that a second
 * attempt, or a second look at the same period, says the very same.
 */
import { canonicalDigest, canonicalJson } from '../canonical-json.js';
import type { Arrival } from '../signals/arrival.js';
import type { Finding } from '../signals/drift-claim.js';
import type { Instant, RunClock, Window } from '../types.js';
import type { MonitorPoint } from './monitor-point.js';

/** The source and the monitor's name; no other sender may take it. */
const MONITOR_SOURCE = 'perennial-monitor';

interface Look {
  readonly modelId: string;
  readonly periodEnd: Instant;
  readonly championVersion: number;
  readonly clock: RunClock;
  readonly receivedAt: Instant;
  readonly points: readonly MonitorPoint[];
}

/** By period and champion: after a promotion the same days may be asked about again. */
const eventIdOf = ({ modelId, periodEnd, championVersion }: Look): string =>
  `${modelId}/${periodEnd.slice(0, 10)}/v${championVersion}`;

function findingOf(point: MonitorPoint): Finding {
  const isTest = point.adjustedPValue !== null;
  const higherIsBetter = point.series === 'performance:auc' || point.series === 'rows';
  return {
    scope: point.scope,
    column: point.column,
    method: point.method,
    family: isTest && point.scope !== 'performance' ? 'distance' : 'statistic',
    lowerIsDrift: higherIsBetter,
    score: point.value,
    threshold: point.threshold,
    alert: point.alert,
    raw: canonicalJson({
      series: point.series,
      adjustedPValue: point.adjustedPValue,
      binError: point.binError,
      note: point.note,
    }),
  };
}

function spanOf(points: readonly MonitorPoint[]): Window {
  const starts = points.map(({ window }) => window.start).sort();
  const ends = points.map(({ window }) => window.end).sort();
  return { start: starts[0]!, end: ends.at(-1)! };
}

/** Only what a rule looked at: figures that are shown and never alert say nothing to a policy. */
export function periodClaim(look: Look): Arrival | null {
  const alerting = look.points.filter(({ alert }) => alert === true);
  if (alerting.length === 0) return null;
  const isPerformance = alerting.every(({ scope }) => scope === 'performance');
  const cause = isPerformance ? 'performance' : 'drift';
  const eventId = eventIdOf(look);
  const { modelId, receivedAt, clock } = look;
  const claim = {
    eventId,
    source: MONITOR_SOURCE,
    monitor: MONITOR_SOURCE,
    monitorVersion: null,
    format: 'generic',
    modelId,
    window: spanOf(alerting),
    nReference: null,
    nCurrent: Math.max(...alerting.map(({ rows }) => rows)),
    receivedAt,
    severity: 'warning',
    cause,
    findings: look.points.filter(({ alert }) => alert !== null).map(findingOf),
    absent: [],
    notes: alerting.map(({ series, note }) => `${series}: ${note}`).slice(0, 50),
  } as const;
  const { receivedAt: _receivedAt, notes: _notes, ...content } = claim;
  return {
    modelId,
    channel: 'coordinator',
    source: MONITOR_SOURCE,
    eventId,
    cause,
    requestedBy: MONITOR_SOURCE,
    clock,
    receivedAt,
    isUrgent: false,
    claim,
    body: {},
    bodyDigest: canonicalDigest({ ...content, clock }),
  };
}
