// Each real week of flights against the one before: by rows (certain: whatever the size of the effect), and by days, which is the
// null that holds when rows depend on their day.
import { createRng } from '../../dist/core/rng.js';
import { countLevels } from '../../dist/core/stats/align-counts.js';
import { ascendingValues } from '../../dist/core/stats/ascending-values.js';
import { countIntoBins } from '../../dist/core/stats/bin-counts.js';
import { dayShift } from '../../dist/core/stats/day-shift.js';
import { numericHistogram } from '../../dist/core/stats/numeric-summary.js';
import { testCategories, testNumbers } from '../../dist/core/triage/column-tests.js';
import { retest } from '../../dist/core/triage/retest.js';
import { readFlights } from './january.mjs';
import { printTable } from './table.mjs';

const WEEK = 7;
const PERMUTATIONS = 999;

export async function adjacentWeeks({ rule, seed }) {
  const withoutFloor = { ...rule, floors: { ks: 0, 'chi-square': 0 } };
  const { columns, day, rows } = await readFlights('2001-07-01');
  const weeks = Math.floor((day.reduce((last, one) => Math.max(last, one), 0) + 1) / WEEK);
  const starts = Uint32Array.from({ length: weeks * WEEK + 1 }, (_, at) => firstRowOf(day, at));
  const level = rule.alpha / columns.length;
  const counts = columns.map(() => ({ certain: 0, rows: 0, days: 0, effects: [] }));
  let [certain, byRows, byDays] = [0, 0, 0];
  for (let week = 1; week < weeks; week += 1) {
    const bounds = [week - 1, week, week + 1].map((at) => starts[at * WEEK] ?? rows);
    const tests = columns.map((column) => testWeek(column, { bounds, level }));
    const dayTests = columns.map((column, at) => {
      const days = Array.from({ length: 2 * WEEK }, (_, one) => (week - 1) * WEEK + one);
      const spans = days.map((one) => [starts[one], starts[one + 1]]);
      const counted = countDays(column, { spans, bounds });
      const { pValue } = dayShift({
        reference: counted.slice(0, WEEK),
        current: counted.slice(WEEK),
        statistic: column.kind === 'numeric' ? 'ks' : 'jensen-shannon',
        permutations: PERMUTATIONS,
        rng: createRng(seed, week, at),
      });
      return { ...tests[at], pValue };
    });
    const [rowVerdict, dayVerdict] = [retest(tests, rule), retest(dayTests, rule)];
    const certainVerdict = retest(tests, withoutFloor);
    if (certainVerdict.hasMoved) certain += 1;
    if (rowVerdict.hasMoved) byRows += 1;
    if (dayVerdict.hasMoved) byDays += 1;
    for (const [at, count] of counts.entries()) {
      if (certainVerdict.columns[at].hasMoved) count.certain += 1;
      if (rowVerdict.columns[at].hasMoved) count.rows += 1;
      if (dayVerdict.columns[at].hasMoved) count.days += 1;
      count.effects.push(tests[at].effect);
    }
  }
  const pairs = weeks - 1;
  printTable(
    ['', 'certain by rows', 'moved by rows', 'moved by days', 'median effect'],
    [
      ...columns.map(({ name, kind }, at) => [
        name,
        `${counts[at].certain}/${pairs}`,
        `${counts[at].rows}/${pairs}`,
        `${counts[at].days}/${pairs}`,
        `${kind === 'numeric' ? 'D' : 'JS'} ${counts[at].effects.sort((a, b) => a - b)[pairs >> 1].toFixed(3)}`,
      ]),
      ['any column', `${certain}/${pairs}`, `${byRows}/${pairs}`, `${byDays}/${pairs}`, ''],
    ],
  );
}

/** Rows are in order of time. */
function firstRowOf(days, wanted) {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (days[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

const part = (column, from, to) =>
  column.kind === 'numeric'
    ? column.values.subarray(from, to)
    : { codes: column.codes.subarray(from, to), levels: column.levels };

function testWeek(column, { bounds: [first, second, end], level }) {
  const [before, after] = [part(column, first, second), part(column, second, end)];
  if (column.kind === 'numeric') {
    return testNumbers({
      column: column.name,
      level,
      reference: ascendingValues(before),
      current: ascendingValues(after),
    });
  }
  return testCategories({ column: column.name, level, reference: countLevels(before), current: countLevels(after) });
}

/** Counts by day: into bins of the first week's histogram, or by category. */
function countDays(column, { spans, bounds: [first, second] }) {
  if (column.kind === 'numeric') {
    const edges = Float64Array.from(
      numericHistogram(ascendingValues(part(column, first, second)), { steps: 64 }).edges,
    );
    return spans.map(([from, to]) => countIntoBins(part(column, from, to), edges).counts);
  }
  return spans.map(([from, to]) => {
    const counts = new Float64Array(column.levels.length);
    for (const code of column.codes.subarray(from, to)) counts[code] += 1;
    return counts;
  });
}
