/**
 * Are there enough rows, as many as on the same weekdays before, up to the end of the window, each once?
 * Days that the window cuts are left out of the comparison by weekday.
 */

import { DAY_MS, durationMs } from '../spec/duration.js';
import type { WindowFacts } from './facts.js';
import { type Check, isAtLeast, isAtMost, numberOrNull, percent, shareOf } from './make-check.js';
import type { QualityCheck } from './quality-check.js';

export const checkRowCount: Check = ({ spec, facts }) => {
  const { minRows } = spec.quality;
  const passed = isAtLeast(facts.rows, minRows);
  const text = `${facts.rows} rows in the window; at least ${minRows} are required.`;
  const common = { check: 'row-count', column: null, severity: 'error' } as const;
  return [{ ...common, passed, value: facts.rows, threshold: minRows, text }];
};

type Day = WindowFacts['rowsPerDay'][number];

/** Days that lie in the window whole. */
function wholeDays(facts: WindowFacts): Day[] {
  const start = Date.parse(facts.window.start);
  const end = Date.parse(facts.window.end);
  return facts.rowsPerDay.filter(({ day }) => Date.parse(day) >= start && Date.parse(day) + DAY_MS <= end);
}

const mean = (days: readonly Day[]): number => days.reduce((sum, day) => sum + day.rows, 0) / days.length;
const weekday = (day: Day): number => new Date(day.day).getUTCDay();

/** Expected rows of a day: the mean of its weekday in the reference, or of all its days where that weekday is not there. */
function expectedRows(day: Day, reference: readonly Day[]): number {
  const same = reference.filter((candidate) => weekday(candidate) === weekday(day));
  return mean(same.length === 0 ? reference : same);
}

/** value: rows over the sum of the means of the same weekdays in the reference. */
export const checkRowShare: Check = ({ spec, facts, reference }) => {
  const threshold = spec.quality.minRowShare;
  const common = { check: 'row-share', column: null, threshold } as const;
  const days = wholeDays(facts);
  const past = reference === null ? [] : wholeDays(reference);
  if (days.length === 0 || past.length === 0 || mean(past) === 0) {
    const text = 'Rows a day were not compared: there are no whole days of earlier rows, or none in the window.';
    return [{ ...common, severity: 'warn', passed: false, value: null, text }];
  }
  const rows = days.reduce((sum, day) => sum + day.rows, 0);
  const expected = days.reduce((sum, day) => sum + expectedRows(day, past), 0);
  const share = rows / expected;
  const passed = isAtLeast(share, threshold);
  const text = `${rows} rows in ${days.length} whole days, ${percent(share)} of the same weekdays before; at least ${percent(threshold)} is required.`;
  const empty = days.filter((day) => day.rows === 0 && expectedRows(day, past) > 0);
  const checks: QualityCheck[] = [{ ...common, severity: 'error', passed, value: numberOrNull(share), text }];
  if (empty.length > 0) {
    const first = empty[0]?.day;
    checks.push({
      check: 'empty-days',
      column: null,
      severity: 'warn',
      passed: false,
      value: empty.length,
      threshold: 0,
      text: `${empty.length} of ${days.length} days have no rows, the first is ${first}.`,
    });
  }
  return checks;
};

/** value: hours from the newest row to the window's end, or to the as-of where that is earlier. */
export const checkFreshness: Check = ({ spec, facts }) => {
  const threshold = durationMs(spec.quality.maxStaleness) / 3_600_000;
  const common = { check: 'freshness', column: null, severity: 'error', threshold } as const;
  if (facts.newestEventAt === null) {
    return [{ ...common, passed: false, value: null, text: 'The window has no row: how fresh it is cannot be told.' }];
  }
  const until = Math.min(Date.parse(facts.window.end), Date.parse(facts.asOf));
  const hours = (until - Date.parse(facts.newestEventAt)) / 3_600_000;
  const passed = isAtMost(hours, threshold);
  const text = `The newest row is of ${facts.newestEventAt}, ${hours.toFixed(1)} h before the end; at most ${threshold} h is allowed.`;
  return [{ ...common, passed, value: numberOrNull(hours), text }];
};

/** A share up to this many times the reference's is usual. */
const USUAL_FACTOR = 2;

/** An error above the share of bad rows that the pipeline allows, unless the reference had about as many. */
export const checkDuplicates: Check = ({ spec, facts, reference }) => {
  const threshold = spec.quality.maxOutOfRangeShare;
  const share = shareOf(facts.duplicateIds, facts.rows);
  const before = reference === null ? 0 : shareOf(reference.duplicateIds, reference.rows);
  const isUnusual = !isAtMost(share, threshold) && !isAtMost(share, USUAL_FACTOR * before);
  const passed = facts.duplicateIds === 0;
  const text = passed
    ? 'Every id stands once.'
    : `${facts.duplicateIds} rows (${percent(share)}) repeat an id; they are quarantined.`;
  const severity = isUnusual ? 'error' : 'warn';
  return [{ check: 'duplicate-ids', column: null, severity, passed, value: numberOrNull(share), threshold, text }];
};
