/**
 * Are the values of each column there, finite, in range, and more than one? Each check lists the columns that fail it, or says
 * in one line that none does, with the worst one's value.
 */

import type { ColumnFacts } from './facts.js';
import { type Check, isAtMost, numberOrNull, percent, shareOf } from './make-check.js';
import type { QualityCheck, QualitySeverity } from './quality-check.js';

interface ShareCheck {
  readonly check: string;
  readonly threshold: number;
  readonly count: (column: ColumnFacts) => number;
  readonly severity: (share: number) => QualitySeverity;
  /** e.g. `nulls`. */
  readonly what: string;
}

/** Fails where the share of rows exceeds the threshold, NaN included. */
function checkShares(columns: readonly ColumnFacts[], rows: number, rule: ShareCheck): QualityCheck[] {
  const shares = columns.map((column) => ({ column, share: shareOf(rule.count(column), rows) }));
  const common = { check: rule.check, threshold: rule.threshold };
  const failed = shares
    .filter(({ share }) => !isAtMost(share, rule.threshold))
    .map(({ column, share }) => ({
      ...common,
      column: column.name,
      severity: rule.severity(share),
      passed: false,
      value: numberOrNull(share),
      text: `${percent(share)} of the rows have ${rule.what} in column "${column.name}"; at most ${percent(rule.threshold)} is allowed.`,
    }));
  if (failed.length > 0) return failed;
  const worst = shares.reduce((most, { share }) => Math.max(most, share), 0);
  const text = `No column has ${rule.what} in more than ${percent(rule.threshold)} of the rows; the most is ${percent(worst)}.`;
  return [{ ...common, column: null, severity: 'error', passed: true, value: worst, text }];
}

/** Columns whose values were read: there, of a type that fits, and no label (those come later). */
const readColumns = (columns: readonly ColumnFacts[]): ColumnFacts[] =>
  columns.filter((column) => column.type !== null && column.isCompatible && column.role !== 'label');

export const checkNulls: Check = ({ spec, facts }) =>
  checkShares(readColumns(facts.columns), facts.rows, {
    check: 'null-share',
    threshold: spec.quality.maxNullShare,
    count: (column) => column.nulls,
    severity: () => 'error',
    what: 'no value',
  });

export const checkRanges: Check = ({ spec, facts }) =>
  checkShares(readColumns(facts.columns), facts.rows, {
    check: 'range',
    threshold: spec.quality.maxOutOfRangeShare,
    count: (column) => column.outOfRange,
    severity: () => 'error',
    what: 'a value outside the declared range',
  });

/** A few such rows are quarantined and reported; beyond the allowed share of bad rows the feed is at fault. */
export const checkNonFinite: Check = ({ spec, facts }) =>
  checkShares(readColumns(facts.columns), facts.rows, {
    check: 'non-finite',
    threshold: 0,
    count: (column) => column.nonFinite,
    severity: (share) => (isAtMost(share, spec.quality.maxOutOfRangeShare) ? 'warn' : 'error'),
    what: 'NaN, infinity or no number',
  });

export const checkConstant: Check = ({ facts }) => {
  const common = { check: 'constant', threshold: 2, severity: 'warn' } as const;
  const features = readColumns(facts.columns).filter((column) => column.role === 'feature');
  const failed = features
    .filter((column) => column.distinct !== null && column.distinct <= 1)
    .map((column) => {
      const text =
        column.distinct === 0
          ? `Column "${column.name}" has no value in the window.`
          : `Column "${column.name}" has the same value in every row.`;
      return { ...common, column: column.name, passed: false, value: column.distinct, text };
    });
  const text = 'Every feature has at least two values.';
  return failed.length > 0 ? failed : [{ ...common, column: null, passed: true, value: null, text }];
};
