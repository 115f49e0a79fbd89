/** Does the window look as the reviewed schema of its source says? Without one nothing is checked, and nothing is said. */
import type { ColumnFacts } from './facts.js';
import { type Check, isAtMost, numberOrNull, percent, shareOf } from './make-check.js';
import type { QualityCheck } from './quality-check.js';
import type { SchemaColumn } from './source-schema.js';

const isRead = ({ type, isCompatible, role }: ColumnFacts): boolean =>
  type !== null && isCompatible && role !== 'label';

interface Context {
  readonly version: number;
  readonly rows: number;
  readonly maxOutOfRangeShare: number;
}

function typeProblem(column: SchemaColumn, facts: ColumnFacts, { version }: Context): QualityCheck[] {
  if (facts.type === null || facts.type === column.type) return [];
  const text = `Column "${column.name}" has type ${facts.type}; schema version ${version} says ${column.type}.`;
  const common = { check: 'reviewed-type', column: column.name, severity: 'warn' } as const;
  return [{ ...common, passed: false, value: null, threshold: null, text, fault: 'logging-change', isExact: true }];
}

function shareProblem(of: {
  readonly check: string;
  readonly column: string;
  readonly share: number;
  readonly threshold: number;
  readonly text: string;
}): QualityCheck[] {
  const { check, column, share, threshold, text } = of;
  if (isAtMost(share, threshold)) return [];
  return [{ check, column, severity: 'warn', passed: false, value: numberOrNull(share), threshold, text }];
}

function nullProblem(column: SchemaColumn, facts: ColumnFacts, { version, rows }: Context): QualityCheck[] {
  if (column.maxNullShare === null) return [];
  const share = shareOf(facts.nulls, rows);
  const text = `${percent(share)} of "${column.name}" is empty; schema version ${version} allows ${percent(column.maxNullShare)}.`;
  return shareProblem({ check: 'reviewed-nulls', column: column.name, share, threshold: column.maxNullShare, text });
}

function rangeProblem({ name, range }: SchemaColumn, facts: ColumnFacts, { version }: Context): QualityCheck[] {
  if (range === null || facts.min === null || facts.max === null) return [];
  if (facts.min >= range.min && facts.max <= range.max) return [];
  const text = `"${name}" runs from ${facts.min} to ${facts.max}; schema version ${version} says ${range.min} to ${range.max}.`;
  const value = facts.max > range.max ? facts.max : facts.min;
  const threshold = facts.max > range.max ? range.max : range.min;
  return [{ check: 'reviewed-range', column: name, severity: 'warn', passed: false, value, threshold, text }];
}

function categoryProblem(column: SchemaColumn, facts: ColumnFacts, context: Context): QualityCheck[] {
  if (column.categories === null || facts.unlisted === undefined) return [];
  const share = shareOf(facts.unlisted, context.rows);
  const threshold = context.maxOutOfRangeShare;
  const text = `${percent(share)} of the rows have a "${column.name}" that schema version ${context.version} does not list.`;
  return shareProblem({ check: 'reviewed-categories', column: column.name, share, threshold, text });
}

const PROBLEMS = [typeProblem, nullProblem, rangeProblem, categoryProblem] as const;

export const checkReviewedSchema: Check = ({ spec, facts, schema = null }) => {
  if (schema === null) return [];
  const context = { version: schema.version, rows: facts.rows, maxOutOfRangeShare: spec.quality.maxOutOfRangeShare };
  const failed = schema.schema.columns.flatMap((column) => {
    const found = facts.columns.find((one) => one.name === column.name && one.role === column.role);
    if (found === undefined || !isRead(found)) return [];
    return PROBLEMS.flatMap((problem) => problem(column, found, context));
  });
  if (failed.length > 0) return failed;
  const text = `The window looks as version ${schema.version} of the reviewed schema says.`;
  const common = { check: 'reviewed-schema', column: null, severity: 'warn' } as const;
  return [{ ...common, passed: true, value: null, threshold: null, text }];
};
