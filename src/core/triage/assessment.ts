/** What stage assess concludes about a window; stored as it is. */
import type { QualityCheck } from '../quality/quality-check.js';
import type { Digest, Instant, Window } from '../types.js';
import type { TriageFacts } from './facts.js';
import type { Certainty, TriageAction, TriageResult, TriageVerdict } from './verdict.js';

export interface Assessment {
  /** `clear`: the window is sound, and there was nothing to question (no champion, no claim). */
  readonly verdict: 'clear' | TriageVerdict;
  readonly inputsAsOf: Instant;
  readonly window: Window;
  readonly checks: readonly QualityCheck[];
  readonly reasons: readonly string[];
  /** Absent in assessments of earlier builds. */
  readonly triage?: TriageResult;
  /** What it was concluded from. */
  readonly facts?: TriageFacts;
}

/** The little of it that stage assess steers the run by. An early build's reply has the first three alone: `clear` goes on, all else stops. */
export interface AssessReply extends Pick<Assessment, 'verdict' | 'reasons' | 'window'> {
  readonly certainty?: Certainty | null;
  readonly action?: TriageAction;
  /** What to do now, one sentence for a person. */
  readonly next?: string;
  /** Of the incident that the verdict opened, or that its fault belongs to already. */
  readonly incidentId?: number | null;
  /** Of what is found or asked: equal for the same verdicts about the same columns. Absent in replies of earlier builds. */
  readonly findingKey?: Digest;
  /** Markdown for the run's page (core/report/triage-details.ts). */
  readonly details?: string;
}
