/** Everything that triage knows about the inputs of a window, from what was counted. */
import type { QualityCheck } from '../quality/quality-check.js';
import type { Rng } from '../rng.js';
import type { PipelineSpec } from '../spec/schema.js';
import type { StoredProfile } from './column-profile.js';
import type { ColumnMap, MovedColumn, RecomputedColumn, SeasonFacts } from './facts.js';
import type { InputMeasures } from './input-measures.js';

export interface InputFactsOptions {
  readonly spec: PipelineSpec;
  readonly measures: InputMeasures;
  /** Of the champion's training rows; null without one. */
  readonly profile: StoredProfile | null;
  /** Deals of days per column. */
  readonly permutations: number;
  readonly rng: Rng;
  /** Source columns that the pipeline itself does not read (only its champion does): their errors are warnings. */
  readonly lenient?: ReadonlySet<string>;
}

export interface InputFacts {
  /** All of them, those of `assessWindow` included. */
  readonly checks: readonly QualityCheck[];
  readonly maps: readonly ColumnMap[];
  readonly recomputed: readonly RecomputedColumn[];
  readonly columns: readonly MovedColumn[];
  /** `isPerformanceUsual` is null: it is not a matter of inputs. */
  readonly season: SeasonFacts | null;
  /** One sentence each. */
  readonly notMeasured: readonly string[];
}
