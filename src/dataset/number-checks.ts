/**
 * The checks on a row's numbers, in the order in which a failing row is counted. Each is said twice, side by side: as bounds, for
 * numbers that are held outside DuckDB, and as SQL.
 */
import { quoteLiteral } from '../sources/sql.js';
import type { ColumnPlan } from './column-plan.js';

export interface NumberCheck {
  /** e.g. `non-finite:delay`, `out-of-range:delay`. */
  readonly reason: string;
  readonly key: string;
  /** Passed by nulls, and by min ≤ value ≤ max: never by NaN. */
  readonly min: number;
  readonly max: number;
  /** SQL: true where the row fails; null counts as fine. */
  readonly fails: string;
}

const LARGEST = Number.MAX_VALUE;

const literal = (value: number): string => `${quoteLiteral(String(value))}::DOUBLE`;

/** Every number is finite first, so that ranges never meet NaN. */
export function numberChecks(plan: ColumnPlan): NumberCheck[] {
  const numbers = plan.rows.filter((column) => column.use === 'number');
  const finite = numbers.map(({ key, source }) => ({
    reason: `non-finite:${source}`,
    key,
    min: -LARGEST,
    max: LARGEST,
    fails: `NOT isfinite(${key})`,
  }));
  const ranges = plan.ranges.flatMap(({ key, source, min, max }) => {
    const bounds = [
      min === null ? [] : [`${key} < ${literal(min)}`],
      max === null ? [] : [`${key} > ${literal(max)}`],
    ].flat();
    if (bounds.length === 0) return [];
    const fails = `(${bounds.join(' OR ')})`;
    return [{ reason: `out-of-range:${source}`, key, min: min ?? -LARGEST, max: max ?? LARGEST, fails }];
  });
  return [...finite, ...ranges];
}
