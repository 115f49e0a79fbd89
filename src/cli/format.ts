/** Numbers, intervals and times as the command line shows them. NaN and null are a dash, never a number. */
import type { Instant, Interval, Window } from '../core/types.js';

export const NOTHING = '–';

/** Metrics to four digits; a minus sign that lines up with the plus sign. */
export function number(value: number | null, options: { digits?: number; isSigned?: boolean } = {}): string {
  if (value === null || !Number.isFinite(value)) return NOTHING;
  const text = Math.abs(value).toFixed(options.digits ?? 4);
  const isZero = Number(text) === 0;
  if (value < 0 && !isZero) return `-${text}`;
  return options.isSigned === true && !isZero ? `+${text}` : text;
}

/** Rounded down, so that 99.96 % does not read as all of it. */
export function share(fraction: number | null): string {
  if (fraction === null || !Number.isFinite(fraction)) return NOTHING;
  return `${(Math.floor(fraction * 1000 + 1e-9) / 10).toFixed(1)} %`;
}

/** e.g. `[-0.0120, +0.0031] at 97.5 %` */
export function interval(value: Interval | null, isSigned = true): string {
  if (value === null) return NOTHING;
  const confidence = `${Number((value.confidence * 100).toFixed(3))} %`;
  return `[${number(value.lower, { isSigned })}, ${number(value.upper, { isSigned })}] at ${confidence}`;
}

/** `2001-03-01 06:00:00Z`; midnight is the day alone. */
export function instant(at: Instant | null): string {
  if (at === null) return NOTHING;
  const [day, time] = [at.slice(0, 10), at.slice(11, 19)];
  return time === '00:00:00' ? day : `${day} ${time}Z`;
}

export const windowText = (window: Window | null): string =>
  window === null ? NOTHING : `[${instant(window.start)}, ${instant(window.end)})`;

/** The digits of a digest that are shown and may be typed. */
export const shortDigest = (digest: string | null): string => (digest === null ? NOTHING : digest.slice(0, 16));
