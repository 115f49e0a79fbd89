/**
 * ISO 8601 durations as the pipeline spec writes them: days, hours, minutes, seconds. Months and years are left out on
 * purpose, since their length depends on the calendar; a day is 24 hours, as every instant is UTC.
 */
import { PipelineError } from '../errors.js';

const DURATION =
  /^P(?=.)(?:(\d+(?:\.\d+)?)D)?(?:T(?=.)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

export const DAY_MS = 86_400_000;
/** A hundred years: longer ones are typing errors, and would leave the range of dates. */
const MAX_MS = 36_525 * DAY_MS;

function parts(text: string): number | null {
  const match = DURATION.exec(text);
  if (match === null) return null;
  const [days, hours, minutes, seconds] = match.slice(1).map((digits) => Number(digits ?? 0));
  const ms = days! * DAY_MS + hours! * 3_600_000 + minutes! * 60_000 + seconds! * 1000;
  return ms <= MAX_MS ? Math.round(ms) : null;
}

export function isDuration(text: string): boolean {
  return parts(text) !== null;
}

/**
 * Length in whole milliseconds, e.g. `P1DT12H` -> 129600000.
 * @throws SPEC_INVALID when the text is no such duration or is longer than a hundred years
 */
export function durationMs(text: string): number {
  const ms = parts(text);
  if (ms === null) {
    throw new PipelineError('SPEC_INVALID', `"${text}" is no duration: write ISO 8601 such as PT1H, P3D or P1DT12H.`, {
      details: { text },
    });
  }
  return ms;
}
