/** What a promotion verdict is decided from: the mode and its numbers, intervals, and the results of gates. */
import type { GateResult, Interval, Mode } from '../types.js';
import type { DeclaredGate } from './declare-gates.js';

/** Gain of the candidate over one other version; null parts: could not be computed. */
export interface MeasuredGain {
  readonly version: number | null;
  readonly difference: number | null;
  readonly interval: Interval | null;
}

export interface PromotionFacts {
  readonly metric: string;
  readonly mode: Mode;
  readonly margin: number;
  readonly tolerance: number;
  readonly equivalence: number;
  readonly look: number;
  readonly blocks: number;
  /** Over the champion; null: there is no champion. */
  readonly gain: MeasuredGain | null;
  /** Over the earlier champion with the best estimate on this holdout; null: there is none. Read in mode `refresh`. */
  readonly anchor: MeasuredGain | null;
  /** What the spec asks for, and what became of it. */
  readonly declared: readonly DeclaredGate[];
  readonly gates: readonly GateResult[];
  /** Sentences about what no gate waits for and still could not be checked. */
  readonly remarks: readonly string[];
}
