/**
 * Is a window fit to train on? Every check is evaluated and reported; the verdict follows from the failed ones:
 * an error means a broken feed, unless all that failed is a column's type: then its logging changed. Warnings are reported only.
 */

import type { Assessment } from '../triage/assessment.js';
import type { Check, CheckInput } from './make-check.js';
import type { QualityCheck } from './quality-check.js';
import { checkReviewedSchema } from './reviewed-schema-check.js';
import { checkDuplicates, checkFreshness, checkRowCount, checkRowShare } from './row-checks.js';
import { checkSchema, isTypeChange } from './schema-check.js';
import { checkConstant, checkNonFinite, checkNulls, checkRanges } from './value-checks.js';

/** In the order in which a person reads them. */
const CHECKS: readonly Check[] = [checkSchema, checkRowCount, checkRowShare, checkFreshness, checkDuplicates];
/** Shares of rows: meaningless without any. */
const VALUE_CHECKS: readonly Check[] = [checkNulls, checkNonFinite, checkRanges, checkConstant, checkReviewedSchema];

export function assessWindow(input: CheckInput): Assessment {
  const { facts, lenient } = input;
  const run = facts.rows === 0 ? CHECKS : [...CHECKS, ...VALUE_CHECKS];
  const checks = run
    .flatMap((check) => check(input))
    .map(
      (check): QualityCheck =>
        check.column !== null && lenient?.has(check.column) ? { ...check, severity: 'warn' } : check,
    );
  const failed = checks.filter((check) => !check.passed);
  const errors = failed.filter((check) => check.severity === 'error');
  const warnings = failed.filter((check) => check.severity === 'warn');
  const isLoggingChange = errors.length > 0 && errors.every(isTypeChange);
  return {
    verdict: errors.length === 0 ? 'clear' : isLoggingChange ? 'logging-change' : 'broken-feed',
    inputsAsOf: facts.asOf,
    window: facts.window,
    checks,
    reasons: [...errors, ...warnings].map((check) => check.text),
  };
}
