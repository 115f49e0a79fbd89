/** Small words that the checks of daily counts share. */
import type { WindowInputs } from '../triage/input-measures.js';
import type { Instant } from '../types.js';
import type { QualityCheck } from './quality-check.js';

export interface ComparedWindows {
  readonly current: WindowInputs;
  readonly reference: WindowInputs;
}

export const sumOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0);

export const startOf = (day: string | undefined): Instant | null => (day === undefined ? null : `${day}T00:00:00.000Z`);

/** A failure that speaks for the feed. */
export const feedFailure = (
  check: Pick<QualityCheck, 'check' | 'column' | 'value' | 'threshold' | 'text'> & {
    readonly isExact: boolean;
    readonly onset: Instant | null;
  },
): QualityCheck => ({ ...check, severity: 'error', passed: false, fault: 'broken-feed' });

export const passed = (check: Pick<QualityCheck, 'check' | 'value' | 'threshold' | 'text'>): QualityCheck => ({
  ...check,
  column: null,
  severity: 'error',
  passed: true,
});

export const listed = (names: readonly string[], most: number): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
