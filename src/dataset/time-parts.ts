/** The parts of an instant that a time feature takes, as codes into fixed levels: one wording for what is trained on and what is counted. */
import type { SpecFeature } from '../core/spec/schema.js';

type TimePart = Extract<SpecFeature, { kind: 'time' }>['part'];

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String(from + at));

/** Levels, and the code as SQL of a UTC timestamp. Weekdays are ISO: Monday is 1. */
export const TIME_PARTS: Record<TimePart, { levels: readonly string[]; code: (at: string) => string }> = {
  hour: { levels: numbers(0, 23), code: (at) => `hour(${at})` },
  weekday: { levels: numbers(1, 7), code: (at) => `isodow(${at}) - 1` },
  month: { levels: numbers(1, 12), code: (at) => `month(${at}) - 1` },
  'day-of-year': { levels: numbers(1, 366), code: (at) => `dayofyear(${at}) - 1` },
};
