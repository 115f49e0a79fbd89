/**
 * What every monitor's payload becomes. A claim is a question (did something change?), never an answer: scores stay as the
 * monitor gave them, and what cannot be known from the payload is null instead of guessed.
 */
import type { Instant, Window } from '../types.js';

export const SIGNAL_FORMATS = [
  'cloudevents',
  'evidently',
  'nannyml',
  'alibi-detect',
  'alertmanager',
  'whylogs',
  'deepchecks',
  'generic',
] as const;
export type SignalFormat = (typeof SIGNAL_FORMATS)[number];

export type Severity = 'info' | 'warning' | 'critical';

export type FindingScope = 'dataset' | 'column' | 'prediction' | 'target' | 'performance' | 'quality';
export type MethodFamily = 'p-value' | 'distance' | 'statistic' | 'auc' | 'count';

export interface Finding {
  readonly scope: FindingScope;
  /** Null for a finding on the whole window. */
  readonly column: string | null;
  /** As the monitor names it, e.g. `K-S p_value`. */
  readonly method: string;
  /** Null when the method is not known. */
  readonly family: MethodFamily | null;
  /** Null when the direction is unknown: a person is asked, nobody guesses. */
  readonly lowerIsDrift: boolean | null;
  /** Null when the monitor gave none, or NaN or infinity. */
  readonly score: number | null;
  readonly threshold: number | null;
  /** The monitor's own verdict; null when it gave none. */
  readonly alert: boolean | null;
  /** The part of the payload that it came from, as JSON text, cut at 2,000 characters. */
  readonly raw: string;
}

/** Something that should have been there and was not: a column without a result, a report that did not come. */
export interface Absence {
  readonly what: 'column' | 'report' | 'alerts';
  readonly name: string;
  /** One sentence for a person. */
  readonly why: string;
}

export interface DriftClaim {
  /** With `source` the key by which a repeat is known. */
  readonly eventId: string;
  readonly source: string;
  /** Library or service that computed it, e.g. `evidently`. */
  readonly monitor: string;
  readonly monitorVersion: string | null;
  readonly format: SignalFormat;
  readonly modelId: string;
  readonly window: Window;
  /** Rows; null when the payload does not tell, and then a score can only be tested again, not judged. */
  readonly nReference: number | null;
  readonly nCurrent: number | null;
  readonly receivedAt: Instant;
  readonly severity: Severity;
  /** `performance` when everything that alerts is about performance. */
  readonly cause: 'drift' | 'performance';
  readonly findings: readonly Finding[];
  readonly absent: readonly Absence[];
  /** What was odd about the payload and was survived, one sentence each. */
  readonly notes: readonly string[];
}

/** What a bare body cannot tell, from the query, the headers or the command line. */
export interface Envelope {
  readonly modelId: string;
  readonly receivedAt: Instant;
  readonly source?: string;
  readonly eventId?: string;
  readonly start?: string;
  readonly end?: string;
  readonly nReference?: number;
  readonly nCurrent?: number;
  readonly severity?: Severity;
  readonly monitorVersion?: string;
  /** The instant of the past that a run is asked to look from: part of an id that is made here. */
  readonly asOf?: Instant;
  /** Names of features by position, for monitors that number them. */
  readonly columns?: readonly string[];
  /** Lower-case names: `ce-id`, `content-type`, ... */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of Alertmanager's claims: `[startsAt - this, startsAt)`, in milliseconds; from the spec. */
  readonly alertWindowMs: number;
}

/**
 * A body may hold several claims (a CloudEvents batch, a group of alerts), and parts that make no claim: `ignored` says why
 * in a sentence each (`resolved` notices, for one). Nothing is dropped without a word.
 */
export interface ParsedSignal {
  readonly claims: readonly DriftClaim[];
  readonly ignored: readonly string[];
}
