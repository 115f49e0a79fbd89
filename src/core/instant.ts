/** Instants: from epoch milliseconds, in which they are calculated with, to the text in which they are kept and the one that is read. */
import type { Instant } from './types.js';

/** @throws RangeError outside the range of dates */
export const iso = (ms: number): Instant => new Date(ms).toISOString();

const FORM = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;
export const INSTANT_EXAMPLES = '2001-04-01 or 2001-04-01T06:00:00Z';

/** What a person or a program writes: a day, which is its midnight in UTC, or an instant with its zone; null for anything else. */
export function readInstant(text: string): Instant | null {
  const ms = FORM.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) return null;
  // Date.parse takes February 30 for March 2.
  const day = text.slice(0, 10);
  return iso(Date.parse(day)).startsWith(day) ? iso(ms) : null;
}

/** For sentences, e.g. `2001-03-01 06:00Z`; a midnight is the day alone, and what is no instant stays as it is. */
export function shortInstant(at: string): string {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return at;
  const text = iso(ms);
  const time = text.slice(11, 19);
  if (time === '00:00:00') return text.slice(0, 10);
  return `${text.slice(0, 10)} ${time.endsWith(':00') ? time.slice(0, 5) : time}Z`;
}

/** e.g. `[2001-03-01, 2001-04-01)` */
export const shortWindow = ({ start, end }: { readonly start: string; readonly end: string }): string =>
  `[${shortInstant(start)}, ${shortInstant(end)})`;
