/** What stage assess concludes about a window; stored as it is. */
import type { QualityCheck } from '../quality/quality-check.js';
import type { Instant, Window } from '../types.js';
import type { TriageFacts } from './facts.js';
import type { TriageResult, TriageVerdict } from './verdict.js';

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
