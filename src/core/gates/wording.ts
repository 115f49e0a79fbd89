/** How numbers read in the sentences of gates and reports: one place, so that a value looks the same wherever it stands. */
import type { Interval } from '../types.js';

const DECIMALS = 4;

/** Four decimals, `–` for a missing number. */
export function plain(value: number | null): string {
  return value === null || !Number.isFinite(value) ? '–' : value.toFixed(DECIMALS);
}

/** The same with its sign, for differences. A number that rounds to zero carries none. */
export function signed(value: number | null): string {
  const text = plain(value);
  return text.startsWith('-') || text === '–' || Number(text) === 0 ? text.replace(/^-(0\.0+)$/, '$1') : `+${text}`;
}

/** `[lower, upper]`, `–` where there is none. */
export function bounds(interval: Interval | null, write: (value: number) => string = plain): string {
  return interval === null ? '–' : `[${write(interval.lower)}, ${write(interval.upper)}]`;
}

/** A confidence as per cent with at most two decimals, e.g. `99.17 %`. */
export function percent(fraction: number): string {
  return `${Number((100 * fraction).toFixed(2))} %`;
}
