/** What the past sent: claims with the instant at which each came, oldest first. */
import type { DriftClaim } from '../../signals/drift-claim.js';
import type { ClaimFacts, OpenIncident } from '../triggers/facts.js';

export interface RecordedClaim {
  readonly id: string;
  readonly cause: 'drift' | 'performance';
  readonly arrivedMs: number;
  readonly claim: ClaimFacts;
}

/** What was known to be broken then: in a replay as in earnest claims on data since its onset wait until it is closed. */
export interface RecordedIncident {
  readonly incident: OpenIncident;
  readonly openedMs: number;
  /** Null: it is open to this day. */
  readonly closedMs: number | null;
}

/** Without the raw parts, as the judgement takes it. */
export function factsOf(claim: DriftClaim): ClaimFacts {
  const { source, monitor, severity, window, nReference, nCurrent, absent } = claim;
  const findings = claim.findings.map(({ raw: _, ...finding }) => finding);
  return { source, monitor, severity, window, nReference, nCurrent, findings, absent };
}

/**
 * @param arrived `received`: when it came; `window-end`: the moment its window was over, for reports that were made
 * long after the time they speak of
 */
export function recordedClaims(claims: readonly DriftClaim[], arrived: 'received' | 'window-end'): RecordedClaim[] {
  const keyOf = ({ source, eventId }: DriftClaim): string => JSON.stringify([source, eventId]);
  return claims.map((claim) => ({
    id: keyOf(claim),
    cause: claim.cause,
    arrivedMs: Date.parse(arrived === 'received' ? claim.receivedAt : claim.window.end),
    claim: factsOf(claim),
  }));
}

/** Oldest first, each once, as it first came: what is sent again is no second claim. */
export function onceEach(claims: readonly RecordedClaim[]): RecordedClaim[] {
  const once = new Map<string, RecordedClaim>();
  const oldestFirst = [...claims].sort((a, b) => a.arrivedMs - b.arrivedMs || (a.id < b.id ? -1 : 1));
  for (const claim of oldestFirst) if (!once.has(claim.id)) once.set(claim.id, claim);
  return [...once.values()];
}
