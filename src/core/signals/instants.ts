/** Instants as monitors and people write them: ISO 8601, a space instead of T, nanoseconds, often without a zone. */
import type { Instant } from '../types.js';

const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(?: ?(Z|[+-]\d{2}(?::?\d{2})?))?$/i;
const FIRST_YEAR = 1900;
const LAST_YEAR = 2199;

export interface ReadInstant {
  /** Milliseconds since 1970; finer parts are cut off. */
  readonly ms: number;
  /** A date alone counts as one: days are UTC days. */
  readonly hasZone: boolean;
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const ms = (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000;
  return zone.startsWith('-') ? -ms : ms;
}

/** Null for what is no instant of the years 1900 to 2199; without a zone it is read as UTC. */
export function readInstant(text: string): ReadInstant | null {
  const match = FORM.exec(text.trim());
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  const midnight = new Date(Date.UTC(year!, month! - 1, day));
  const isDay = midnight.getUTCMonth() === month! - 1 && midnight.getUTCDate() === day;
  if (!isDay || hour! > 23 || minute! > 59 || second! > 59 || year! < FIRST_YEAR || year! > LAST_YEAR) return null;
  const fraction = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const ms = midnight.getTime() + ((hour! * 60 + minute!) * 60 + second!) * 1000 + fraction - zoneMs(match[8]);
  return { ms, hasZone: match[8] !== undefined || match[4] === undefined };
}

export function toInstant(ms: number): Instant {
  return new Date(ms).toISOString();
}
