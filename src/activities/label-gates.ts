/**
 * What assess found about labels that only a person can weigh at promotion: labelled rows unlike the others, or labels that exist
 * because the champion decided so. Not required: what would be promoted asks first.
 */
import type { QualityCheck } from '../core/quality/quality-check.js';
import type { GateResult } from '../core/types.js';

const ASKS: ReadonlySet<string> = new Set(['selection', 'decided-by-champion']);

/** @param checks of the run's newest assessment */
export const labelGates = (checks: readonly QualityCheck[]): GateResult[] =>
  checks
    .filter(({ check, passed }) => ASKS.has(check) && !passed)
    .map(({ check, column, value, threshold, text }) => ({
      gate: `labels:${check}${column === null ? '' : `@${column}`}`,
      metric: 'none',
      slice: 'all',
      required: false,
      value,
      interval: null,
      threshold,
      passed: false,
      reason: text,
    }));
