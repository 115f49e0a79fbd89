/**
 * Rows of the window and of each of its days against what the same weekdays had before, with the days' own unsteadiness allowed for.
 * Rows that are gone are a fact; a few less are an estimate.
 */
import { DAY_MS } from '../spec/duration.js';
import { dayOnset } from '../stats/day-onset.js';
import type { WindowInputs } from '../triage/input-measures.js';
import { type ComparedWindows, feedFailure, listed, passed, startOf, sumOf } from './input-check.js';
import { percent } from './make-check.js';
import type { QualityCheck } from './quality-check.js';

/** A window may have this much less than usual, a day this much; or so many deviations of the reference's days. */
const LESS_IN_WINDOW = 0.25;
const LESS_IN_DAY = 0.4;
const DEVIATIONS_OF_WINDOW = 4;
const DEVIATIONS_OF_DAY = 5;
/** Below this share rows are gone, whatever traffic does. */
const GONE = 0.65;
/** A day for which fewer rows are expected shows nothing by having none. */
const FEWEST_EXPECTED = 20;
const DAYS_SHOWN = 4;

interface Day {
  readonly day: string;
  readonly rows: number;
  /** Over the usual number of its weekday. */
  readonly ratio: number;
  readonly expected: number;
}

const weekdayOf = (day: string): number => new Date(day).getUTCDay();

/** Days that lie in the window, and in what was known, whole. */
function wholeDays({ days, rows, window, facts }: WindowInputs): { day: string; rows: number }[] {
  const start = Date.parse(window.start);
  const end = Math.min(Date.parse(window.end), Date.parse(facts.asOf));
  return days
    .map((day, at) => ({ day, rows: rows[at]! }))
    .filter(({ day }) => Date.parse(day) >= start && Date.parse(day) + DAY_MS <= end);
}

/** Without the last ones that have no row yet, where the newest row is as fresh as the pipeline asks: those are still to come. */
function dueDays(current: WindowInputs, maxStalenessMs: number): { day: string; rows: number }[] {
  const days = wholeDays(current);
  const { newestEventAt, window, asOf } = current.facts;
  const until = Math.min(Date.parse(window.end), Date.parse(asOf));
  const isFresh = newestEventAt !== null && until - Date.parse(newestEventAt) <= maxStalenessMs;
  const last = days.findLastIndex(({ rows }) => rows > 0);
  return isFresh ? days.slice(0, last + 1) : days;
}

/** Mean rows of the weekday; of all days where the reference has it less than twice. */
function usualRows(past: readonly { day: string; rows: number }[]): (day: string) => number {
  const all = sumOf(past.map(({ rows }) => rows)) / past.length;
  const means = Array.from({ length: 7 }, (_, weekday) => {
    const own = past.filter(({ day }) => weekdayOf(day) === weekday);
    return own.length < 2 ? all : sumOf(own.map(({ rows }) => rows)) / own.length;
  });
  return (day) => means[weekdayOf(day)]!;
}

function unsteadiness(past: readonly Day[]): number {
  const known = past.filter(({ expected }) => expected > 0);
  const weekdays = new Set(known.map(({ day }) => weekdayOf(day))).size;
  const freedom = Math.max(1, known.length - weekdays);
  return Math.sqrt(sumOf(known.map(({ ratio }) => (ratio - 1) ** 2)) / freedom);
}

function checkWindow(days: readonly Day[], past: readonly Day[], deviation: number): QualityCheck {
  const rows = sumOf(days.map((day) => day.rows));
  const share = rows / sumOf(days.map(({ expected }) => expected));
  // Days of a week rise and fall together: weeks are what averages out.
  const weeks = Math.max(1, days.length / 7);
  const threshold = 1 - Math.max(LESS_IN_WINDOW, (DEVIATIONS_OF_WINDOW * deviation) / Math.sqrt(weeks));
  const text = `${rows} rows in ${days.length} whole days, ${percent(share)} of what the same weekdays had before`;
  const common = { check: 'row-history', value: share, threshold };
  if (share >= threshold) return passed({ ...common, text: `${text}.` });
  const ratios = (of: readonly Day[]) => ({ days: of.map(({ day }) => day), values: of.map(({ ratio }) => ratio) });
  const at = dayOnset(ratios(past), ratios(days));
  const onset = startOf(at === null ? undefined : days[at]?.day);
  const limit = `at least ${percent(threshold)} is usual`;
  return feedFailure({ ...common, column: null, isExact: share <= GONE, onset, text: `${text}; ${limit}.` });
}

function checkDays(days: readonly Day[], past: readonly Day[], deviation: number): QualityCheck {
  const threshold = 1 - Math.max(LESS_IN_DAY, DEVIATIONS_OF_DAY * deviation);
  const hasEmpty = past.some(({ rows, expected }) => rows === 0 && expected >= FEWEST_EXPECTED);
  const failed = days.filter(
    ({ rows, ratio, expected }) =>
      expected >= FEWEST_EXPECTED && ((rows === 0 && !hasEmpty) || (rows > 0 && ratio < threshold)),
  );
  const common = { check: 'day-rows', value: failed.length, threshold: 0 };
  if (failed.length === 0) return passed({ ...common, text: 'No day has far fewer rows than its weekday had before.' });
  const names = failed.map(({ day, rows, expected }) => `${day} (${rows} of about ${Math.round(expected)})`);
  return feedFailure({
    ...common,
    column: null,
    isExact: failed.some(({ ratio }) => ratio <= GONE),
    onset: startOf(failed[0]?.day),
    text: `${failed.length} of ${days.length} days have far fewer rows than usual: ${listed(names, DAYS_SHOWN)}.`,
  });
}

/**
 * @param maxStalenessMs of the pipeline
 * @returns nothing where either window has no whole day
 */
export function checkRowHistory({ current, reference }: ComparedWindows, maxStalenessMs: number): QualityCheck[] {
  const past = wholeDays(reference);
  const days = dueDays(current, maxStalenessMs);
  if (past.length === 0 || days.length === 0 || sumOf(past.map(({ rows }) => rows)) === 0) return [];
  const usual = usualRows(past);
  const compare = ({ day, rows }: { day: string; rows: number }): Day => {
    const expected = usual(day);
    return { day, rows, expected, ratio: expected === 0 ? 1 : rows / expected };
  };
  const [own, before] = [days.map(compare), past.map(compare)];
  const deviation = unsteadiness(before);
  if (sumOf(own.map(({ expected }) => expected)) === 0) return [];
  return [checkWindow(own, before, deviation), checkDays(own, before, deviation)];
}
