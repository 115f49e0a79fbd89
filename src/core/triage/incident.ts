/**
 * Incidents as plain values: which fault of a window belongs to which incident, what a closed one answers, and when a fault
 * is over. Pure; the registry holds the rows and asks here under the model's lock.
 */
import { shortInstant } from '../instant.js';
import type { Instant, RunClock, Window } from '../types.js';
import type { Assessment } from './assessment.js';
import { type Certainty, FAULT_VERDICTS, type FaultVerdict } from './verdict.js';

/** What is broken: one kind a fault verdict. */
export type FaultKind = 'feed' | 'logging' | 'code' | 'label';
export type IncidentKind = 'rollback' | FaultKind;

const KINDS: Readonly<Record<FaultVerdict, FaultKind>> = {
  'broken-feed': 'feed',
  'logging-change': 'logging',
  'code-or-feature-bug': 'code',
  'label-fault': 'label',
};

/** For sentences. */
const NAMES: Readonly<Record<IncidentKind, string>> = {
  rollback: 'rollback',
  feed: 'broken feed',
  logging: 'logging change',
  code: 'code or feature bug',
  label: 'label fault',
};

/** A fault as one assessment found it. */
export interface Fault {
  readonly cause: FaultVerdict;
  readonly kind: FaultKind;
  readonly certainty: Certainty;
  /** Empty: it is no matter of single columns, as missing rows are. */
  readonly columns: readonly string[];
  readonly onset: Instant | null;
  readonly window: Window;
  readonly inputsAsOf: Instant;
  /** A replayed past and the present never share an incident: they know different things. */
  readonly mode: RunClock['mode'];
  readonly reasons: readonly string[];
}

const MOST_REASONS = 5;
const REASON_LENGTH = 500;

const isFault = (verdict: string): verdict is FaultVerdict => (FAULT_VERDICTS as readonly string[]).includes(verdict);

/** Of an assessment that names none itself: those of its failed checks; none when one of them is no matter of a column. */
function failedColumns(checks: Assessment['checks']): string[] {
  const failed = checks.filter(({ passed, severity }) => !passed && severity === 'error').map(({ column }) => column);
  return failed.includes(null) ? [] : failed.filter((column) => column !== null);
}

/** Null: its verdict is no fault. */
export function faultOf(assessment: Assessment, mode: RunClock['mode']): Fault | null {
  const { verdict, triage, window, inputsAsOf } = assessment;
  if (!isFault(verdict)) return null;
  const reasons = assessment.reasons.slice(0, MOST_REASONS).map((reason) => reason.slice(0, REASON_LENGTH));
  return {
    cause: verdict,
    kind: KINDS[verdict],
    certainty: triage?.certainty ?? 'confirmed',
    columns: [...new Set(triage?.columns ?? failedColumns(assessment.checks))].sort(),
    onset: triage?.onset ?? null,
    window,
    inputsAsOf,
    mode,
    reasons,
  };
}

/** What an incident has become by all its sightings. */
export interface IncidentScope {
  readonly kind: IncidentKind;
  readonly mode: RunClock['mode'];
  readonly columns: readonly string[];
  readonly onset: Instant | null;
  /** From the earliest start to the latest end of the windows in which the fault was seen. */
  readonly seen: Window;
}

export interface ClosedIncident extends IncidentScope {
  readonly isRepaired: boolean;
  readonly how: ClosingWay;
  /** What this incident answers for: the end of `seen` when it was closed; by recovery the start of the sound window, if later. */
  readonly seenThrough: Instant;
}

/** `overruled`: the one run that suspected the fault went on in spite of it. */
export type ClosingWay = 'person' | 'recovery' | 'overruled';

const overlap = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === 0 || b.length === 0 || a.some((column) => b.includes(column));

/** The key by which incidents are told apart: kind, clock, and columns that overlap; one without columns concerns all of them. */
export const isSameFault = (incident: IncidentScope, fault: Fault): boolean =>
  incident.kind === fault.kind && incident.mode === fault.mode && overlap(incident.columns, fault.columns);

/**
 * Whether a closed incident answers a fault that is found again: it was found in a window that the incident has seen, or, after
 * a recovery, it began before the data were sound again. Else every claim that is judged late would open it anew. Not once a
 * person has said that the rows were repaired: then the fault is a new one.
 */
export function isAnsweredBy(incident: ClosedIncident, fault: Fault): boolean {
  if (incident.isRepaired || !isSameFault(incident, fault)) return false;
  const beganMs = Date.parse(incident.onset ?? incident.seen.start);
  const endMs = Date.parse(fault.window.end);
  if (endMs <= beganMs) return false;
  const throughMs = Date.parse(incident.seenThrough);
  if (endMs <= throughMs) return true;
  return incident.how === 'recovery' && fault.onset !== null && Date.parse(fault.onset) < throughMs;
}

/**
 * Whether an assessment shows that the fault is over: a newer window in which its cause was looked at and excluded. A cause
 * that could not be checked, or that holds for other columns, shows nothing.
 */
export function isRecovery(incident: IncidentScope, assessment: Assessment, mode: RunClock['mode']): boolean {
  if (incident.kind === 'rollback' || incident.mode !== mode) return false;
  if (Date.parse(assessment.window.end) <= Date.parse(incident.seen.end)) return false;
  const finding = assessment.triage?.causes.find(({ cause }) => isFault(cause) && KINDS[cause] === incident.kind);
  return finding?.state === 'excluded';
}

/** e.g. `Incident 12 (broken feed, distance, since 2001-03-01)`. */
export function incidentName(incident: {
  readonly incidentId: number;
  readonly kind: IncidentKind;
  readonly columns: readonly string[];
  readonly onset: Instant | null;
}): string {
  const { incidentId, kind, columns, onset } = incident;
  const some = columns.length > 3 ? [...columns.slice(0, 3), `${columns.length - 3} more`] : columns;
  const parts = [NAMES[kind], ...some, ...(onset === null ? [] : [`since ${shortInstant(onset)}`])];
  return `Incident ${incidentId} (${parts.join(', ')})`;
}
