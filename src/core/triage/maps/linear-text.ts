/** A linear map for a person: `distance × 1.609344 (miles to kilometres)`. */
import type { Candidate } from './linear-candidates.js';
import { unitText } from './unit-factors.js';

export const shown = (value: number): string => String(Number(value.toPrecision(7)));
const signed = (value: number): string => (value < 0 ? `−${shown(-value)}` : shown(value));

export function linearText(column: string, { kind, unit, factor, added }: Candidate): string {
  const isShrunk = factor > 0 && factor < 1 && kind !== 'affine';
  const times = factor === 1 ? '' : isShrunk ? ` ÷ ${shown(1 / factor)}` : ` × ${signed(factor)}`;
  const plus = added === 0 ? '' : added > 0 ? ` + ${shown(added)}` : ` − ${shown(-added)}`;
  return `${column}${times}${plus}${kind === 'unit' && unit !== null ? ` (${unitText(unit)})` : ''}`;
}
