/** Missing values and constant columns against what the reference's days had: an error where they are beyond it, with the day. */
import { dayOnset } from '../stats/day-onset.js';
import type { ColumnInputs, CountsPerDay } from '../triage/input-measures.js';
import { type ComparedWindows, feedFailure, passed, startOf, sumOf } from './input-check.js';
import { percent } from './make-check.js';
import type { QualityCheck } from './quality-check.js';

/** More missing values than usual, in the window or on one day, that are a spike. */
const MORE_IN_WINDOW = 0.05;
const MORE_ON_DAY = 0.2;
const DEVIATIONS = 4;
const FEWEST_ROWS_OF_DAY = 20;
const FEWEST_ROWS = 20;
/** A run of one value is no accident where chance makes it less often than this (log 10). */
const CHANCE = -9;

interface Pair {
  readonly before: ColumnInputs;
  readonly own: ColumnInputs;
}

const pairsOf = ({ current, reference }: ComparedWindows): Pair[] =>
  current.columns.flatMap((own, at) => {
    const before = reference.columns[at];
    return before === undefined || !before.isMeasured || !own.isMeasured ? [] : [{ before, own }];
  });

function spike({ before, own }: Pair, { current, reference }: ComparedWindows): QualityCheck | null {
  const daily = (nulls: readonly number[], rows: readonly number[]): number[] =>
    nulls.map((count, day) => (rows[day]! < FEWEST_ROWS_OF_DAY ? 0 : count / rows[day]!));
  const [past, now] = [daily(before.nulls, reference.rows), daily(own.nulls, current.rows)];
  const rows = sumOf(current.rows);
  const share = sumOf(own.nulls) / rows;
  const usual = sumOf(before.nulls) / Math.max(1, sumOf(reference.rows));
  const deviation = Math.sqrt(sumOf(past.map((one) => (one - usual) ** 2)) / Math.max(1, past.length - 1));
  const threshold = usual + Math.max(MORE_IN_WINDOW, DEVIATIONS * deviation);
  const onDay = Math.max(usual, ...past) + Math.max(MORE_ON_DAY, DEVIATIONS * deviation);
  const days = current.days.filter((_, day) => now[day]! > onDay);
  if (rows < FEWEST_ROWS || (!(share > threshold) && days.length === 0)) return null;
  const at = dayOnset({ days: reference.days, values: past }, { days: current.days, values: now });
  const onset = days[0] ?? (at === null ? undefined : current.days[at]);
  return feedFailure({
    check: 'null-spike',
    column: own.column,
    value: share,
    threshold,
    isExact: true,
    onset: startOf(onset),
    text: `${percent(share)} of the rows have no value in column "${own.column}"; ${percent(usual)} is usual.`,
  });
}

const countsOf = (column: ColumnInputs): CountsPerDay =>
  column.kind === 'numeric' ? column.numbers.counts : column.counts;

/** Share of the most frequent value (or bin, which holds more) of the reference. */
function largestShare(column: ColumnInputs): number {
  const counts = countsOf(column);
  const totals = (counts[0] ?? []).map((_, bin) => sumOf(counts.map((day) => day[bin]!)));
  return Math.max(0, ...totals) / Math.max(1, sumOf(totals));
}

interface Run {
  readonly from: number;
  readonly days: number;
  readonly rows: number;
  readonly bin: number;
}

/** Runs of days on which the column has one value, the same one throughout; days without a value do not break one. */
function constantRuns(column: ColumnInputs): Run[] {
  const runs: Run[] = [];
  let isOpen = false;
  for (const [day, counts] of countsOf(column).entries()) {
    const distinct = column.distinct[day]!;
    if (distinct === 0) continue;
    const bin = counts.findIndex((count) => count > 0);
    const own = { from: day, days: 1, rows: sumOf(counts), bin };
    const last = runs[runs.length - 1];
    if (distinct > 1) isOpen = false;
    else if (isOpen && last?.bin === bin) {
      runs[runs.length - 1] = { ...last, days: last.days + 1, rows: last.rows + own.rows };
    } else {
      isOpen = true;
      runs.push(own);
    }
  }
  return runs;
}

function constant({ before, own }: Pair, { current }: ComparedWindows): QualityCheck | null {
  const chance = Math.log10(largestShare(before));
  // A weekday lasts a day and a month thirty: what lasts no longer than it always did is no accident.
  const usual = Math.max(0, ...constantRuns(before).map(({ days }) => days));
  const runs = constantRuns(own).filter(({ days, rows }) => days > usual && rows * chance < CHANCE);
  const [run] = runs.sort((a, b) => b.rows - a.rows);
  if (run === undefined || sumOf(before.distinct) === 0) return null;
  const until = run.from + run.days >= current.days.length ? '' : ` on ${run.days} days`;
  return feedFailure({
    check: 'constant-column',
    column: own.column,
    value: 1,
    threshold: 2,
    isExact: true,
    onset: startOf(current.days[run.from]),
    text: `Column "${own.column}" has the same value in all ${run.rows} rows from ${current.days[run.from]} on${until}; it had several before.`,
  });
}

export function checkColumnHistory(windows: ComparedWindows): QualityCheck[] {
  const pairs = pairsOf(windows);
  const failed = pairs.flatMap((pair) => {
    const found = spike(pair, windows) ?? constant(pair, windows);
    return found === null ? [] : [found];
  });
  // Two features may read one column.
  const once = failed.filter((one, at) => failed.findIndex(({ column }) => column === one.column) === at);
  if (once.length > 0 || pairs.length === 0) return once;
  const text = 'No feature misses more values than usual, and none has become constant.';
  return [passed({ check: 'null-spike', value: null, threshold: null, text })];
}
