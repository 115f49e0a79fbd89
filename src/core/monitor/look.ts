/** One look of the built-in monitor: what is asked for, and what became of it. */
import type { Instant, RunClock } from '../types.js';

export interface MonitorRequest {
  readonly modelId: string;
  /** The period ends at the midnight before; null: the instant for which a Schedule started it. */
  readonly at: Instant | null;
  /** Replay: the knowledge of that instant is used, and a run that follows looks from it too. */
  readonly clock: RunClock;
}

/** Of the figures of one period. */
export interface MonitorKey {
  readonly modelId: string;
  readonly periodEnd: Instant;
  readonly championVersion: number;
}

/** What became of one look. */
export interface MonitorLook {
  readonly modelId: string;
  readonly periodEnd: Instant;
  readonly championVersion: number | null;
  /** `nothing-new`: the champion was trained through the period. */
  readonly outcome: 'measured' | 'no-champion' | 'nothing-new';
  /** One sentence for a person. */
  readonly reason: string;
  /** Names of the series that alert. */
  readonly alerts: readonly string[];
  /** The claim that was raised; null: none was. */
  readonly triggerId: string | null;
}
