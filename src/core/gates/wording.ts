/**
 * How numbers and the data's own texts read in the sentences of gates and reports: one place, so that a value looks the same
 * wherever it stands, and that no value of the data, however long or odd, makes a record that cannot be kept.
 */
import { canonicalDigest } from '../canonical-json.js';
import type { Interval } from '../types.js';

const DECIMALS = 4;
/** Code points of a value of the data, and of a sentence. */
const VALUE_LENGTH = 60;
const REASON_LENGTH = 400;

/** NUL and other control characters as their pictures, broken Unicode as the replacement character: Postgres stores neither. */
function storable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0)!;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd';
  });
}

function clip(text: string, length: number): string {
  // Two code units a code point at most: the rest need not be taken apart.
  const points = [...text.slice(0, 2 * length + 2)];
  return points.length <= length ? text : `${points.slice(0, length - 1).join('')}…`;
}

/** A value of the data inside a name: as it is, or shortened, with the beginning of its digest so that names stay unique. */
export function shownValue(value: string): string {
  const shown = clip(storable(value), VALUE_LENGTH);
  return shown === value ? value : `${shown}#${canonicalDigest(value).slice(0, 8)}`;
}

/** A sentence as it is recorded: storable, and no longer than a person reads. */
export function shownReason(reason: string): string {
  return clip(storable(reason), REASON_LENGTH);
}

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
