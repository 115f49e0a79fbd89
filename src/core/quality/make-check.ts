/** Small words that the quality checks share. */

import type { PipelineSpec } from '../spec/schema.js';
import type { WindowFacts } from './facts.js';
import type { QualityCheck } from './quality-check.js';
import type { SourceSchema } from './source-schema.js';

export interface CheckInput {
  readonly spec: PipelineSpec;
  readonly facts: WindowFacts;
  /** The same facts of an earlier window that was fine; null when there is none. */
  readonly reference: WindowFacts | null;
  /** Source columns that the pipeline itself does not read (only its champion does): their errors are warnings. */
  readonly lenient?: ReadonlySet<string>;
  /** The schema that a person accepted, with its version; null: none was. */
  readonly schema?: { readonly version: number; readonly schema: SourceSchema } | null;
}

/** Facts in, checks out; pure. */
export type Check = (input: CheckInput) => readonly QualityCheck[];

/** False for NaN on either side: what was not measured is never a pass. */
export const isAtMost = (value: number, limit: number): boolean => value <= limit;
export const isAtLeast = (value: number, limit: number): boolean => value >= limit;

/** Share of rows; NaN for a window without rows. */
export const shareOf = (count: number, rows: number): number => count / rows;

export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;

export const numberOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
