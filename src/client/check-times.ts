/** Refuses instants that have not come yet before anything is asked of a workflow. */
import { aheadFault, futureFault } from '../core/ahead.js';
import { PipelineError } from '../core/errors.js';
import type { Instant } from '../core/types.js';

const check = (fault: string | null): void => {
  if (fault !== null) throw new PipelineError('SIGNAL_INVALID', fault);
};

/** Of what is looked from. @throws SIGNAL_INVALID */
export const requirePast = (at: Instant): void => check(futureFault(at, Date.now()));

/** Of news. @throws SIGNAL_INVALID */
export const requireSoon = (name: string, at: Instant): void => check(aheadFault(name, at, Date.now()));
