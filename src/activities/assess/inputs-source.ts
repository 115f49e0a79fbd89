/** What the assess stage needs of the dataset about a window's inputs; `dataset/` counts it. */
import type { PipelineSpec } from '../../core/spec/schema.js';
import type { InputMeasures } from '../../core/triage/input-measures.js';
import type { Instant, Window } from '../../core/types.js';

interface MeasureInputsRequest {
  readonly window: Window;
  /** The recent stable window that it is compared with. */
  readonly reference: Window | null;
  /** The same calendar window of an earlier period. */
  readonly season: Window | null;
  readonly inputsAsOf: Instant;
  readonly labelsAsOf: Instant;
  readonly excluding: readonly Window[];
  /** By feature: further edges of its bins, such as a stored profile's, so that counts can be compared with it exactly. */
  readonly alsoAt?: Readonly<Record<string, readonly number[]>>;
}

export interface InputsSource {
  /** What triage counts about a window's inputs, beside earlier windows; a column that is missing or unfit is a fact. */
  measureInputs(
    spec: PipelineSpec,
    request: MeasureInputsRequest,
    options?: { signal: AbortSignal },
  ): Promise<InputMeasures>;
}
