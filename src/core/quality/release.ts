/** A person vouches for rows of a window that fail a row-level check: later snapshots use them. */
import { PipelineError } from '../errors.js';
import type { Window } from '../types.js';

export interface Release {
  /** The check, as the quarantine names it, e.g. `out-of-range:delay`. */
  readonly reason: string;
  readonly window: Window;
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

/** @throws SIGNAL_INVALID for a reason whose rows cannot be used */
export function checkReleasable(reason: string): void {
  if (isReleasable(reason)) return;
  const why = WHY_NOT.find(([pattern]) => pattern.test(reason))?.[1];
  throw new PipelineError(
    'SIGNAL_INVALID',
    why === undefined
      ? `"${reason}" is no reason of a quarantine that can be released: \`out-of-range:COLUMN\` is.`
      : `Rows quarantined for ${reason} cannot be released: ${why}. Correct them in the source instead.`,
    { details: { reason } },
  );
}
