/**
 * Alertmanager's webhook, version 4. Each alert of the group is a claim of its own, known again by fingerprint, start and
 * status however often the group is sent; the group's common labels shrink as it grows, so only an alert's own are read.
 * The window is what came before the alert began. What the group left out is a claim of its own, an absence: it counts even
 * where all alerts shown are known. `resolved` alerts ask for nothing and are named in `ignored`. A broken
 * alert is left out by name too when others are sound: Alertmanager never sends a refused group again.
 */
import { canonicalDigest } from '../canonical-json.js';
import type { Window } from '../types.js';
import type { Absence, DriftClaim, Finding, FindingScope, ParsedSignal, Severity } from './drift-claim.js';
import { readInstant, toInstant } from './instants.js';
import { readJson } from './lenient-json.js';
import { makeClaim } from './make-claim.js';
import { methodFacts } from './methods.js';
import {
  asCount,
  asFields,
  asList,
  asNumber,
  asText,
  MAX_CLAIMS,
  member,
  memberAt,
  rawOf,
  refuse,
  type SignalBody,
  scopeOfColumn,
} from './payload.js';

/** With the claim of the group itself as many as a body may hold. */
const MAX_ALERTS = MAX_CLAIMS - 1;

const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'critical'],
  ['page', 'critical'],
  ['warning', 'warning'],
  ['warn', 'warning'],
  ['info', 'info'],
  ['none', 'info'],
]);
const SCOPES: ReadonlySet<string> = new Set(['dataset', 'column', 'prediction', 'target', 'performance', 'quality']);

const label = (alert: unknown, name: string): string | null => asText(memberAt(alert, 'labels', name));

/** Annotations are texts: "0.41". */
function annotated(alert: unknown, name: string): number | null {
  const text = asText(memberAt(alert, 'annotations', name));
  return text === null || !/^\s*[-+]?[\d.]+(e[-+]?\d+)?\s*$/i.test(text) ? null : asNumber(Number(text));
}

function scopeOf(alert: unknown, column: string | null): FindingScope {
  const named = label(alert, 'scope') ?? '';
  if (SCOPES.has(named)) return named as FindingScope;
  return column === null ? 'dataset' : scopeOfColumn(column);
}

function findingOf(alert: unknown): Finding {
  const column = label(alert, 'column') ?? label(alert, 'feature');
  const method = label(alert, 'method') ?? label(alert, 'monitor') ?? label(alert, 'alertname') ?? 'unnamed alert';
  return {
    scope: scopeOf(alert, column),
    column,
    method,
    ...methodFacts('generic', method),
    score: annotated(alert, 'value'),
    threshold: annotated(alert, 'threshold'),
    alert: true,
    raw: rawOf(alert),
  };
}

function severityOf(alert: unknown, body: SignalBody): { severity: Severity; notes: string[] } {
  const named = label(alert, 'severity');
  const otherwise = body.envelope.severity ?? 'warning';
  const known = named === null ? otherwise : SEVERITIES.get(named.toLowerCase());
  if (known !== undefined) return { severity: known, notes: [] };
  return { severity: otherwise, notes: [`Severity ${JSON.stringify(named)} is not known and counts as ${otherwise}.`] };
}

const windowBefore = (startMs: number, { envelope }: SignalBody): Window => ({
  start: toInstant(startMs - envelope.alertWindowMs),
  end: toInstant(startMs),
});

/** Null when the alert has no start. */
function claimOf(alert: unknown, body: SignalBody, around: readonly string[]): DriftClaim | null {
  const started = asText(member(alert, 'startsAt'));
  const startMs = started === null ? undefined : readInstant(started)?.ms;
  if (startMs === undefined) return null;
  const fingerprint =
    asText(member(alert, 'fingerprint')) ?? canonicalDigest(JSON.stringify(asFields(member(alert, 'labels')) ?? {}));
  const { severity, notes } = severityOf(alert, body);
  return makeClaim(body, {
    monitor: 'alertmanager',
    monitorVersion: null,
    findings: [findingOf(alert)],
    absent: [],
    notes: [...around, ...notes],
    window: windowBefore(startMs, body),
    eventId: `${fingerprint}/${started}/firing`,
    severity,
  });
}

const nameOf = (alert: unknown, i: number): string =>
  `${label(alert, 'alertname') ?? 'unnamed'} (${asText(member(alert, 'fingerprint')) ?? `alert ${i + 1}`})`;

/** Sentences on alerts that are not told one by one. */
function leftOutOf(value: unknown, beyond: number): string[] {
  const count = asCount(member(value, 'truncatedAlerts')) ?? 0;
  return [
    ...(count > 0 ? [`Alertmanager left ${count} alerts of the group out (max_alerts): nobody here knows which.`] : []),
    ...(beyond > 0
      ? [`${beyond} alerts beyond the first ${MAX_ALERTS} of the group were left out: split the group.`]
      : []),
  ];
}

const MAX_KEY = 300;

interface Group {
  readonly value: unknown;
  readonly body: SignalBody;
}

/** One claim, of the group: as often as its first alert is another. */
function groupClaim(first: DriftClaim, why: readonly string[], { value, body }: Group): DriftClaim {
  const name = asText(member(value, 'groupKey')) ?? 'the group';
  const key = name.length > MAX_KEY ? canonicalDigest(name) : name;
  return makeClaim(body, {
    monitor: 'alertmanager',
    monitorVersion: null,
    findings: [],
    absent: why.map((sentence): Absence => ({ what: 'alerts', name, why: sentence })),
    notes: why,
    window: first.window,
    eventId: `${key}/${first.window.end}/truncated`,
  });
}

export function parseAlertmanager(body: SignalBody): ParsedSignal {
  const { value, notes } = readJson(body);
  const alerts = asList(member(value, 'alerts'));
  if (alerts === null || alerts.length === 0) {
    refuse(body.format, 'has no `alerts`: point webhook_configs here and send its version 4.', { missing: ['alerts'] });
  }
  const [claims, ignored]: [DriftClaim[], string[]] = [[], []];
  let beyond = 0;
  alerts.forEach((alert, i) => {
    const status = asText(member(alert, 'status')) ?? asText(member(value, 'status'));
    if (status !== 'firing') {
      ignored.push(`${nameOf(alert, i)} is ${status ?? 'without a status'} and asks for nothing.`);
      return;
    }
    if (claims.length === MAX_ALERTS) {
      beyond += 1;
      return;
    }
    const claim = claimOf(alert, body, notes);
    if (claim === null) ignored.push(`${nameOf(alert, i)} has no startsAt that is an instant, and so no window.`);
    else claims.push(claim);
  });
  if (claims.length === 0 && ignored.some((text) => text.includes('no startsAt'))) {
    refuse(body.format, `has no alert with a startsAt that is an instant: ${ignored.join(' ')}`, {
      missing: ['startsAt'],
    });
  }
  const leftOut = leftOutOf(value, beyond);
  const [first] = claims;
  if (leftOut.length === 0) return { claims, ignored };
  if (first === undefined) return { claims, ignored: [...ignored, ...leftOut] };
  return { claims: [...claims, groupClaim(first, leftOut, { value, body })], ignored };
}
