/**
 * Columns that are, nearly row for row, a known function of what they were: units, scales, shifts, rotations of the clock, other
 * spellings, exchanged categories. One map a column at most: the one that explains it.
 */
import { isCalendar } from './align-days.js';
import type { ColumnMap } from './facts.js';
import type { ColumnInputs, WindowInputs } from './input-measures.js';
import { categoryDays } from './maps/category-days.js';
import { numericMap } from './maps/numeric-maps.js';
import { permutationMap } from './maps/permutation-map.js';
import { renameMap } from './maps/rename-map.js';
import { rotationMap } from './maps/rotation-map.js';

function mapOf(reference: ColumnInputs, current: ColumnInputs, days: readonly string[]): ColumnMap | null {
  if (!reference.isMeasured || !current.isMeasured || isCalendar(current)) return null;
  const rotation = rotationMap(reference, current, days);
  if (rotation !== null) return rotation;
  if (reference.kind === 'numeric' && current.kind === 'numeric') return numericMap(reference, current, days);
  if (reference.kind !== 'categorical' || current.kind !== 'categorical') return null;
  const both = categoryDays(reference, current);
  return renameMap(both, current.column, days) ?? permutationMap(both, current.column, days);
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
