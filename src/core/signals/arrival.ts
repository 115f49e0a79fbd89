/**
 * A message on its way into the ledger: what gateway, command line, pollers and direct signals hand to `acceptArrivals`.
 * Accepted means committed to Postgres; the coordinator learns of it later, however often Temporal was away meanwhile.
 */
import type { PipelineError } from '../errors.js';
import type { Cause, Digest, Instant, RunClock } from '../types.js';
import type { DriftClaim } from './drift-claim.js';

type ArrivalChannel = 'http' | 'direct' | 'poller' | 'cli' | 'schedule' | 'coordinator';

export interface Arrival {
  readonly modelId: string;
  readonly channel: ArrivalChannel;
  /** With `eventId` the key by which a repeat is known, a model. */
  readonly source: string;
  readonly eventId: string;
  readonly cause: Cause;
  /** Who asks, in words that stay: the token's name, a person, the monitor. */
  readonly requestedBy: string;
  readonly clock: RunClock;
  readonly receivedAt: Instant;
  /** It does not wait for the debounce: a person, the calendar, a new version, a critical claim. */
  readonly isUrgent: boolean;
  /** Null for what is no monitor's claim. */
  readonly claim: DriftClaim | null;
  /** JSON-safe and small: `{reason}` of a request, `{through}` of labels, `{kind, from, to, commit, at}` of a version. */
  readonly body: unknown;
  /** sha256 of what is asked, of a claim with its clock, else of the bytes as they came: a repeat that differs is told apart. */
  readonly bodyDigest: Digest;
  /** Why it can start nothing (malformed): recorded as `refused` at once. */
  readonly refusal?: string;
}

export type LedgerState = 'pending' | 'started' | 'merged' | 'held' | 'suppressed' | 'escalated' | 'refused';

export interface Accepted {
  readonly modelId: string;
  readonly triggerId: string;
  /** Order of arrival in the ledger. */
  readonly seq: number;
  /** False: this (source, event id) was there before; the receipt is recorded all the same. */
  readonly isNew: boolean;
  /** A repeat whose bytes differ from the first arrival's. */
  readonly isDifferent: boolean;
  readonly state: LedgerState;
  readonly runNo: number | null;
}

/** One arrival that could not be taken, alone: MODEL_UNKNOWN, or SIGNAL_INVALID for what cannot be stored. */
export interface Refused {
  readonly modelId: string;
  readonly refused: PipelineError;
}
