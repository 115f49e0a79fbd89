/**
 * How fast drift is measured, on one thread: the exact KS distance of 32 columns of 1,000,000 against 1,000,000 values (sorting
 * included), and the whole re-test of 32 columns (28 numeric, 4 of categories) of 1,000,000 new rows against a stored profile.
 * Runs in a process of its own, so that the peak memory is this work's alone; the best of three is the figure, judged by the
 * wall clock. The processor's seconds and the load stand beside it: on a shared machine they tell whose fault a slow run is. Where
 * Python has scipy (`PYTHON`, else python3), its KS test runs on the same columns in the same run and has to find the same distances.
 */
import { execFileSync, fork } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRng } from '../../dist/core/rng.js';
import { countLevels } from '../../dist/core/stats/align-counts.js';
import { ascendingValues } from '../../dist/core/stats/ascending-values.js';
import { countIntoBins } from '../../dist/core/stats/bin-counts.js';
import { ksTwoSample } from '../../dist/core/stats/ks-two-sample.js';
import { numericHistogram } from '../../dist/core/stats/numeric-summary.js';
import { testStoredCategories, testStoredNumbers } from '../../dist/core/triage/column-tests.js';
import { DEFAULT_RETEST_RULE, retest } from '../../dist/core/triage/retest.js';

const ROWS = 1_000_000;
const COLUMNS = 32;
const CATEGORICAL = 4;
const LEVELS = 300;
const RUNS = 3;
/** Rows of which a profile keeps its histogram: as many as a snapshot's. */
const PROFILE_SAMPLE = 20_000;
const GOALS = { exactSec: 6, storedSec: 1, peakMb: 1024 };
const SEED = 20_010_601;
const SCIPY = fileURLToPath(new URL('drift_scipy.py', import.meta.url));

/** Shapes that real columns have, in turn: bell, uniform, skewed over many decades, few values, mostly one value. */
const SHAPES = [
  (normal) => normal(),
  (_, rng) => rng(),
  (normal) => Math.exp(2.5 * normal()),
  (_, rng) => Math.floor(24 * rng()),
  (normal, rng) => (rng() < 0.7 ? 0 : Math.round(100 * Math.abs(normal())) / 100),
];

/** Some columns of the current rows are shifted a little, so that there is drift to find. */
function makeColumn(at, isCurrent) {
  const rng = createRng(SEED, at, isCurrent ? 1 : 0);
  const normal = () => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());
  const shape = SHAPES[at % SHAPES.length];
  const shift = isCurrent && at % 8 === 0 ? 0.1 : 0;
  const values = new Float64Array(ROWS);
  for (let row = 0; row < ROWS; row += 1) values[row] = shape(normal, rng) + shift;
  return values;
}

function makeCategories(at, isCurrent) {
  const rng = createRng(SEED, 1000 + at, isCurrent ? 1 : 0);
  const codes = Int32Array.from({ length: ROWS }, () => Math.floor(LEVELS * rng() ** 2));
  return { codes, levels: Array.from({ length: LEVELS }, (_, level) => `level ${level}`) };
}

/** The best of some runs by the wall clock; the processor's seconds of that run, the collector's threads included, beside it. */
function best(work) {
  let fastest = { sec: Infinity, cpuSec: Infinity, result: null };
  for (let run = 0; run < RUNS; run += 1) {
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    const result = work();
    const sec = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const cpuSec = (user + system) / 1e6;
    if (sec < fastest.sec) fastest = { sec, cpuSec, result };
  }
  return fastest;
}

function storedProfiles(numeric, categorical) {
  const step = Math.ceil(ROWS / PROFILE_SAMPLE);
  return {
    histograms: numeric.map((values) => numericHistogram(ascendingValues(values.filter((_, row) => row % step === 0)))),
    tops: categorical.map((column) => {
      const top = [...countLevels(column)].sort((a, b) => b[1] - a[1]);
      return { count: ROWS, distinct: top.length, top };
    }),
  };
}

function retestStored({ histograms, tops }, numeric, categorical) {
  const level = DEFAULT_RETEST_RULE.alpha / COLUMNS;
  const numbers = histograms.map((reference, at) => {
    const current = countIntoBins(numeric[at], Float64Array.from(reference.edges));
    return testStoredNumbers({ column: `number ${at}`, level, reference, current });
  });
  const categories = tops.map((reference, at) =>
    testStoredCategories({ column: `category ${at}`, level, reference, current: countLevels(categorical[at]) }),
  );
  return retest([...numbers, ...categories], DEFAULT_RETEST_RULE);
}

/** The child's part: everything that is measured. */
function measure(path) {
  const columns = Array.from({ length: COLUMNS }, (_, at) => [makeColumn(at, false), makeColumn(at, true)]);
  if (path !== undefined) {
    const file = openSync(path, 'w');
    for (const values of columns.flat()) writeSync(file, new Uint8Array(values.buffer));
    closeSync(file);
  }
  const exact = best(() =>
    columns.map(([first, second]) => ksTwoSample(ascendingValues(first), ascendingValues(second)).statistic),
  );
  const numeric = columns.slice(0, COLUMNS - CATEGORICAL);
  const categories = Array.from({ length: CATEGORICAL }, (_, at) => [
    makeCategories(at, false),
    makeCategories(at, true),
  ]);
  const side = (pairs, which) => pairs.map((pair) => pair[which]);
  const profiles = storedProfiles(side(numeric, 0), side(categories, 0));
  const stored = best(() => retestStored(profiles, side(numeric, 1), side(categories, 1)));
  const widest = Math.max(...stored.result.columns.map(({ effectError }) => effectError));
  process.send({
    exact: { sec: exact.sec, cpuSec: exact.cpuSec, distances: exact.result },
    stored: { sec: stored.sec, cpuSec: stored.cpuSec },
    moved: stored.result.columns.filter(({ hasMoved }) => hasMoved).length,
    widest,
    peakMb: process.resourceUsage().maxRSS / 1024,
  });
}

function inChild(path) {
  const child = fork(fileURLToPath(import.meta.url), ['measure', ...(path === undefined ? [] : [path])], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`The measuring process ended with code ${code}.`)));
  });
}

const python = () => process.env.PYTHON ?? 'python3';

function hasScipy() {
  try {
    execFileSync(python(), ['-c', 'import scipy.stats'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @returns scipy's seconds and distances on the columns in the file */
const runScipy = (path) =>
  JSON.parse(execFileSync(python(), [SCIPY, path, String(COLUMNS), String(ROWS)], { encoding: 'utf8' }));

/** @returns {Promise<{ name: string, figures: Record<string, number>, holds: boolean, text: string }>} */
export async function benchDrift() {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-bench-'));
  try {
    const path = hasScipy() ? join(dir, 'columns.f64') : undefined;
    const { exact, stored, moved, widest, peakMb } = await inChild(path);
    const scipy = path === undefined ? null : runScipy(path);
    const apart =
      scipy === null ? 0 : Math.max(...scipy.distances.map((one, at) => Math.abs(one - exact.distances[at])));
    const round = (value) => Number(value.toFixed(2));
    const figures = {
      rows: ROWS,
      columns: COLUMNS,
      exactKsSec: round(exact.sec),
      exactKsCpuSec: round(exact.cpuSec),
      storedSec: round(stored.sec),
      storedCpuSec: round(stored.cpuSec),
      peakMemoryMb: Math.round(peakMb),
      ...(scipy === null ? {} : { scipySec: round(scipy.seconds), scipyCpuSec: round(scipy.processor) }),
    };
    const holds =
      exact.sec <= GOALS.exactSec && stored.sec <= GOALS.storedSec && peakMb <= GOALS.peakMb && apart <= 1e-9;
    const beside =
      scipy === null
        ? 'no scipy here to compare with'
        : `scipy ${scipy.scipy} ${figures.scipySec} s, processor ${figures.scipyCpuSec} s; distances ${apart <= 1e-9 ? 'the same' : `differ by ${apart}`}`;
    const text =
      `Exact KS of ${COLUMNS} columns, 1M against 1M: ${figures.exactKsSec} s (goal ${GOALS.exactSec}; processor ${figures.exactKsCpuSec} s; ${beside}).\n` +
      `Re-test of ${COLUMNS} columns, 1M rows against a stored profile: ${figures.storedSec} s (goal ${GOALS.storedSec}; processor ${figures.storedCpuSec} s); ` +
      `${moved} columns moved, bin error at most ${widest.toFixed(4)}. ${figures.peakMemoryMb} MB at most (goal ${GOALS.peakMb}). Load ${loadavg()[0].toFixed(1)} on ${cpus().length} processors.`;
    return { name: 'drift', figures, holds, text };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === 'measure') measure(process.argv[3]);
