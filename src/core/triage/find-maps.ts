/**
 * Columns that are, nearly row for row, a known function of what they were: units, scales, shifts, curves, rotations of the clock,
 * other spellings, exchanged categories; and functions that lose something: clipped, rounded, merged. One map a column at most: the one
 * that explains it, and one that can be undone before one that cannot.
 */
import { isCalendar } from './align-days.js';
import type { ColumnMap } from './facts.js';
import type { ColumnInputs, NumericInputs, WindowInputs } from './input-measures.js';
import { categoryDays } from './maps/category-days.js';
import { clipMap } from './maps/clip-map.js';
import { compareNumbers } from './maps/compared-numbers.js';
import { curveMap } from './maps/curve-map.js';
import { mergeMap } from './maps/merge-map.js';
import { numericMap } from './maps/numeric-maps.js';
import { partialMap } from './maps/partial-map.js';
import { permutationMap } from './maps/permutation-map.js';
import { renameMap } from './maps/rename-map.js';
import { rotationMap } from './maps/rotation-map.js';
import { roundMap } from './maps/round-map.js';

function mapOfNumbers(reference: NumericInputs, current: NumericInputs, days: readonly string[]): ColumnMap | null {
  const compared = compareNumbers(reference, current);
  if (compared === null) return null;
  const { column } = current;
  return (
    numericMap(compared, column, days) ??
    curveMap(compared, column, days) ??
    partialMap(compared, column, days) ??
    clipMap({ before: reference, after: current, compared }, days) ??
    roundMap(compared, column, days)
  );
}

function mapOf(reference: ColumnInputs, current: ColumnInputs, days: readonly string[]): ColumnMap | null {
  if (!reference.isMeasured || !current.isMeasured || isCalendar(current)) return null;
  const rotation = rotationMap(reference, current, days);
  if (rotation !== null) return rotation;
  if (reference.kind === 'numeric' && current.kind === 'numeric') return mapOfNumbers(reference, current, days);
  if (reference.kind !== 'categorical' || current.kind !== 'categorical') return null;
  const both = categoryDays(reference, current);
  const { column } = current;
  return renameMap(both, column, days) ?? permutationMap(both, column, days) ?? mergeMap(both, column, days);
}

export function findMaps({
  reference,
  current,
}: {
  readonly reference: WindowInputs;
  readonly current: WindowInputs;
}): ColumnMap[] {
  const found = current.columns.flatMap((column, at): ColumnMap[] => {
    const before = reference.columns[at];
    const map = before === undefined ? null : mapOf(before, column, current.days);
    return map === null ? [] : [map];
  });
  // Two features may read one column.
  return found.filter(
    (map, at) => found.findIndex(({ column, text }) => column === map.column && text === map.text) === at,
  );
}
