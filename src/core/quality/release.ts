/** A person vouches for rows of a window that fail a row-level check: later snapshots use them. */
import { PipelineError } from '../errors.js';
import type { PipelineSpec } from '../spec/schema.js';
import type { Window } from '../types.js';

export interface Release {
  /** The check, as the quarantine names it, e.g. `out-of-range:delay`. */
  readonly reason: string;
  readonly window: Window;
}

export interface ReleaseAnswer {
  /** False: these rows were released before, and nothing was added. */
  readonly isNew: boolean;
  /** What the person may not expect: that nothing is left out there so far. */
  readonly note: string | null;
}

/** A value outside its declared range can be learned from; a row without time, id or number cannot, whoever vouches for it. */
const RELEASABLE = /^out-of-range:/;

const WHY_NOT: readonly (readonly [RegExp, string])[] = [
  [/^(event-time|id-missing|row-known-at)$/, 'a row without it cannot be placed'],
  [/^duplicate-id$/, 'only one of the rows of an id can be meant'],
  [/^label-conflict$/, 'which of the two labels is right cannot be told'],
  [/^(non-finite|not-a-number):/, 'nothing can be learned from a value that is no number'],
];

const isReleasable = (reason: string): boolean => RELEASABLE.test(reason);

const releasableChecks = ({ ranges }: PipelineSpec['quality']): string[] =>
  Object.entries(ranges)
    .filter(([, { min, max }]) => min !== undefined || max !== undefined)
    .map(([column]) => `out-of-range:${column}`);

/** @throws SIGNAL_INVALID for a reason whose rows cannot be used, and for one that the pipeline leaves no row out for */
export function checkReleasable(reason: string, quality: PipelineSpec['quality']): void {
  if (isReleasable(reason)) {
    const checks = releasableChecks(quality);
    if (checks.includes(reason)) return;
    const there = checks.length === 0 ? 'it declares no range' : `there are: ${checks.join(', ')}`;
    throw new PipelineError(
      'SIGNAL_INVALID',
      `The pipeline has no check "${reason}" (quality.ranges) that leaves rows out; ${there}.`,
      { details: { reason, checks } },
    );
  }
  const why = WHY_NOT.find(([pattern]) => pattern.test(reason))?.[1];
  throw new PipelineError(
    'SIGNAL_INVALID',
    why === undefined
      ? `"${reason}" is no reason of a quarantine that can be released: \`out-of-range:COLUMN\` is.`
      : `Rows quarantined for ${reason} cannot be released: ${why}. Correct them in the source instead.`,
    { details: { reason } },
  );
}
