// How often the re-test of an alarm says "moved" when nothing changed, on real flights: disjoint pairs of random January samples,
// from 60 rows up to 200,000 a side, and against a stored profile; beside it what three monitors do on the same columns. Then how
// often a shift of a tenth of a standard deviation is found. Adjacent real weeks are reported, not judged.
import { readFileSync } from 'node:fs';
import { createRng } from '../../dist/core/rng.js';
import { countLevels } from '../../dist/core/stats/align-counts.js';
import { ascendingValues } from '../../dist/core/stats/ascending-values.js';
import { countIntoBins } from '../../dist/core/stats/bin-counts.js';
import { numericHistogram } from '../../dist/core/stats/numeric-summary.js';
import {
  testCategories,
  testNumbers,
  testStoredCategories,
  testStoredNumbers,
} from '../../dist/core/triage/column-tests.js';
import { DEFAULT_RETEST_RULE, retest } from '../../dist/core/triage/retest.js';
import { adjacentWeeks } from './adjacent-weeks.mjs';
import { atLeast } from './binomial.mjs';
import { readFlights } from './january.mjs';
import { printTable } from './table.mjs';

const SEED = 20_010_131;
const { alpha } = DEFAULT_RETEST_RULE;
const WITHOUT_FLOOR = { ...DEFAULT_RETEST_RULE, floors: { ks: 0, 'chi-square': 0 } };
/** A share above nominal counts only when chance explains it this seldom. */
const CHANCE = 0.001;
/** Rows of reference and current. Up to 2,000 the pairs of one shuffle are disjoint from each other too. */
const SMALL = [
  [60, 60],
  [300, 300],
  [1000, 1000],
  [2000, 2000],
  [5000, 300],
  [5000, 2000],
];
/** Two halves of one shuffle each; fewer of them, since each costs a hundred times as much. */
const LARGE = [
  [50_000, 50_000],
  [200_000, 200_000],
];
const STORED = [
  [200_000, 2000],
  [200_000, 50_000],
];
const LARGE_SHARE = 4;
/** Rows of the reference of which a profile keeps quantiles: as many as a snapshot's. */
const PROFILE_SAMPLE = 20_000;
const SHIFT = { rows: 20_000, deviations: 0.1, bar: 0.95 };
/** Reading half a year is for the whole simulation, not for its reduced form. */
const WEEKS_FROM = 100;
const MONITORS = JSON.parse(readFileSync(new URL('monitor-false-alarms.json', import.meta.url), 'utf8'));

export const about =
  'share of re-tests that say "moved" when nothing changed, and of small shifts found (default 1000 trials)';
export const defaultTrials = 1000;

/** @returns whether no share is above nominal beyond chance, and the shift is found often enough */
export async function run(trials) {
  const january = await readFlights('2001-02-01');
  const large = Math.max(2, Math.ceil(trials / LARGE_SHARE));
  console.log(
    `${january.rows.toLocaleString('en-US')} flights of January; ${trials} pairs a size, ${large} from 50,000 rows on; seed ${SEED}.`,
  );
  const results = [
    ...SMALL.map((sizes) => falseAlarms(january, { sizes, trials, compare: compareRows })),
    ...LARGE.map((sizes) => falseAlarms(january, { sizes, trials: large, compare: compareRows })),
    ...STORED.map((sizes) => falseAlarms(january, { sizes, trials: large, compare: compareStored })),
  ];
  printFalseAlarms(results);
  const found = findShifts(january, large);
  if (trials >= WEEKS_FROM) {
    console.log('\nAdjacent real weeks, January to June (what changed there is not known: for reading, not judged):');
    await adjacentWeeks({ rule: DEFAULT_RETEST_RULE, seed: SEED });
  }
  return report(results, found);
}

/** Rows of pairs, shuffled anew when a shuffle is used up. */
function* pairs(rows, { sizes, seed }) {
  const rng = createRng(seed, ...sizes);
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  const both = sizes[0] + sizes[1];
  for (;;) {
    for (let at = rows - 1; at > 0; at -= 1) {
      const other = Math.floor(rng() * (at + 1));
      const row = order[at];
      order[at] = order[other];
      order[other] = row;
    }
    for (let start = 0; start + both <= rows; start += both) {
      yield [order.subarray(start, start + sizes[0]), order.subarray(start + sizes[0], start + both)];
    }
  }
}

/** Loops, since `from` with a function takes ten times as long on some hundred million numbers. */
function pick(source, rows) {
  const picked = new source.constructor(rows.length);
  for (let at = 0; at < rows.length; at += 1) picked[at] = source[rows[at]];
  return picked;
}

const numbersAt = ({ values }, rows) => pick(values, rows);
const countsAt = ({ codes, levels }, rows) => countLevels({ codes: pick(codes, rows), levels });

/** Row against row: exact or asymptotic KS, chi-square. */
function compareRows(column, { reference, current, level }) {
  const { name } = column;
  if (column.kind === 'categorical') {
    return testCategories({
      column: name,
      level,
      reference: countsAt(column, reference),
      current: countsAt(column, current),
    });
  }
  const [first, second] = [reference, current].map((rows) => ascendingValues(numbersAt(column, rows)));
  return testNumbers({ column: name, level, reference: first, current: second });
}

/** Against what a profile keeps: a histogram of every k-th row, the hundred most frequent categories. */
function compareStored(column, { reference, current, level }) {
  const { name } = column;
  if (column.kind === 'categorical') {
    const counts = [...countsAt(column, reference)].sort((a, b) => b[1] - a[1]);
    const stored = { count: reference.length, distinct: counts.length, top: counts.slice(0, 100) };
    return testStoredCategories({ column: name, level, reference: stored, current: countsAt(column, current) });
  }
  const step = Math.ceil(reference.length / PROFILE_SAMPLE);
  const sample = numbersAt(column, reference).filter((_, at) => at % step === 0);
  const histogram = numericHistogram(ascendingValues(sample));
  const counted = countIntoBins(numbersAt(column, current), Float64Array.from(histogram.edges));
  return testStoredNumbers({ column: name, level, reference: histogram, current: counted });
}

function falseAlarms({ rows, columns }, { sizes, trials, compare }) {
  let [certain, moved, shownUnchanged] = [0, 0, 0];
  const source = pairs(rows, { sizes, seed: SEED });
  for (let trial = 0; trial < trials; trial += 1) {
    const [reference, current] = source.next().value;
    const tests = columns.map((column) => compare(column, { reference, current, level: alpha / columns.length }));
    if (retest(tests, WITHOUT_FLOOR).hasMoved) certain += 1;
    const { hasMoved, undecided } = retest(tests, DEFAULT_RETEST_RULE);
    if (hasMoved) moved += 1;
    if (!hasMoved && undecided.length === 0) shownUnchanged += 1;
  }
  return {
    name: `${sizes.join('/')}${compare === compareStored ? ' stored' : ''}`,
    sizes,
    trials,
    certain,
    moved,
    shownUnchanged,
  };
}

function printFalseAlarms(results) {
  const nominal = percent(alpha);
  printTable(
    ['reference/current', 'pairs', 'moved', 'nominal', 'without floor', 'chance of so many', 'shown unchanged'],
    results.map(({ name, trials, certain, moved, shownUnchanged }) => [
      name,
      String(trials),
      percent(moved / trials),
      nominal,
      percent(certain / trials),
      atLeast(certain, trials, alpha).toFixed(3),
      percent(shownUnchanged / trials),
    ]),
  );
  console.log(`\nMonitors at their defaults, ${MONITORS.pairs} such pairs, measured beforehand:`);
  const sizes = Object.keys(MONITORS.monitors[0].alarms);
  const own = (size) => {
    const result = results.find(({ name }) => name === size);
    return percent(result.moved / result.trials);
  };
  printTable(
    ['', ...sizes],
    [
      ['this project', ...sizes.map(own)],
      ...MONITORS.monitors.map(({ name, alarms }) => [
        name,
        ...sizes.map((size) => percent(alarms[size] / MONITORS.pairs)),
      ]),
    ],
  );
}

/** `distance` of the second sample moved by a tenth of its standard deviation, the four other columns left alone. */
function findShifts({ rows, columns }, trials) {
  const { values } = columns.find(({ name }) => name === 'distance');
  const mean = values.reduce((sum, value) => sum + value, 0) / rows;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
  const by = SHIFT.deviations * deviation;
  const source = pairs(rows, { sizes: [SHIFT.rows, SHIFT.rows], seed: SEED + 1 });
  let found = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const [reference, current] = source.next().value;
    const level = alpha / columns.length;
    const tests = columns.map((column) => {
      if (column.name !== 'distance') return compareRows(column, { reference, current, level });
      const first = ascendingValues(numbersAt(column, reference));
      const second = ascendingValues(numbersAt(column, current).map((value) => value + by));
      return testNumbers({ column: 'distance', level, reference: first, current: second });
    });
    const { columns: judged } = retest(tests, DEFAULT_RETEST_RULE);
    if (judged.find(({ column }) => column === 'distance').hasMoved) found += 1;
  }
  console.log(
    `\nA shift of distance by ${SHIFT.deviations} standard deviations (${by.toFixed(1)} miles) at ${SHIFT.rows.toLocaleString('en-US')} rows a side is found in ${percent(found / trials)} of ${trials} pairs.`,
  );
  return found / trials;
}

function report(results, found) {
  const above = results.filter(({ certain, trials }) => atLeast(certain, trials, alpha) < CHANCE);
  const faults = above.map(({ name }) => `more false alarms than nominal at ${name}`);
  if (found < SHIFT.bar) faults.push(`the shift is found in less than ${percent(SHIFT.bar)}`);
  console.log(
    faults.length === 0
      ? 'holds: no more false alarms than nominal at any size, up to chance, and the small shift is found'
      : `falls short: ${faults.join('; ')}`,
  );
  return faults.length === 0;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
