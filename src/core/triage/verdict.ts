/**
 * What triage concludes about a window: one verdict, every cause that was looked at, and what happens next. Plain values: they
 * stand in the history of a run, in the registry, and on the pages that people read.
 */
import type { Instant } from '../types.js';

/** Stop a run and open an incident; in the order in which they win when several hold. */
export const FAULT_VERDICTS = ['broken-feed', 'logging-change', 'code-or-feature-bug', 'label-fault'] as const;
export type FaultVerdict = (typeof FAULT_VERDICTS)[number];

/** Every cause that is evaluated, faults first: of several that hold the first one is the verdict. */
export const CAUSES = [...FAULT_VERDICTS, 'seasonal', 'concept-shift', 'genuine-shift', 'no-shift'] as const;
export type TriageCause = (typeof CAUSES)[number];

/** `pending-labels`: only missing labels keep it open; the run goes on to the label wait and is assessed once more. */
export type TriageVerdict = TriageCause | 'unclear' | 'pending-labels';

/** Of a fault: `confirmed` by a version record or an exact fact; a suspected one asks a person. */
export type Certainty = 'confirmed' | 'suspected';

/** What the run does next. */
export type TriageAction = 'go-on' | 'stop' | 'ask' | 'await-labels';

export interface CauseFinding {
  readonly cause: TriageCause;
  /** `excluded`: looked at, and the facts speak against it. `not-checked`: what it needs was not there. */
  readonly state: Certainty | 'excluded' | 'not-checked';
  /** Source columns that it names. */
  readonly columns: readonly string[];
  /** Since when; null where the facts do not tell. */
  readonly onset: Instant | null;
  /** Facts for it, against it, and what could not be checked: one sentence each, most important first. */
  readonly supports: readonly string[];
  readonly against: readonly string[];
  readonly unchecked: readonly string[];
}

export interface TriageResult {
  readonly verdict: TriageVerdict;
  /** Of a fault verdict; null for the others. */
  readonly certainty: Certainty | null;
  readonly action: TriageAction;
  /** One of each cause, in the order of `CAUSES`. */
  readonly causes: readonly CauseFinding[];
  /** Of the verdict. */
  readonly columns: readonly string[];
  readonly onset: Instant | null;
  /** Sentences for a person, most important first. */
  readonly reasons: readonly string[];
  /** What to do now, one sentence for a person. */
  readonly next: string;
}
