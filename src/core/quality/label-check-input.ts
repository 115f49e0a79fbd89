/** What the checks on labels read. */
import type { PipelineSpec } from '../spec/schema.js';
import type { LabelFacts } from '../triage/facts.js';
import type { LabelChecksOptions, LabelMeasures } from '../triage/label-measures.js';

export interface LabelCheckInput {
  readonly spec: PipelineSpec;
  readonly measures: LabelMeasures;
  /** Of the same measures. */
  readonly facts: LabelFacts;
  readonly options: LabelChecksOptions;
}
