/** Are the columns there, and of a type that can be read as the pipeline means them? */

import type { ColumnFacts } from './facts.js';
import type { Check } from './make-check.js';
import type { QualityCheck } from './quality-check.js';

const MEANT = { numeric: 'a number', categorical: 'a category', time: 'an instant', any: 'a value' } as const;

function problem(column: ColumnFacts): string | null {
  if (column.type === null) return `Column "${column.name}" is missing from the source.`;
  if (column.isCompatible) return null;
  return `Column "${column.name}" has type ${column.type}, which cannot be read as ${MEANT[column.expected]}.`;
}

/** A column that is there with another type: the way it is logged changed. */
export const isTypeChange = (check: QualityCheck): boolean => check.check === 'schema-type' && !check.passed;

export const checkSchema: Check = ({ facts }) => {
  const common = { severity: 'error', value: null, threshold: null } as const;
  const failed = facts.columns.flatMap((column): QualityCheck[] => {
    const text = problem(column);
    const check = column.type === null ? 'schema' : 'schema-type';
    return text === null ? [] : [{ ...common, check, column: column.name, passed: false, text }];
  });
  if (failed.length > 0) return failed;
  const text = `All ${facts.columns.length} columns are there with types that fit.`;
  return [{ ...common, check: 'schema', column: null, passed: true, text }];
};
