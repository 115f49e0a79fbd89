// Flights with a known fault, or a known change, through the whole of triage: measured and judged by the code that a run's stage
// assess calls, with the real trainer, against a champion that January's flights taught. What it says is compared with what is true.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { injectFlights } from '../../examples/flights/inject.mjs';
import { CASES } from '../../examples/flights/inject-cases.mjs';
import { printTable } from './table.mjs';
import { assessCase } from './triage/assess-case.mjs';
import { buildCase, DAYS, SEASON_ONSET } from './triage/build-case.mjs';
import { isEnough, labelOf } from './triage/grade.mjs';
import { openWorld, specOver, trainChampion } from './triage/world.mjs';

/** Rows a week. */
const SIZES = [2000, 10_000, 50_000];
const AT_A_TIME = 2;
const TOLD_EVERY = 20;
const BAR = 0.95;
/** A champion needs no more rows than these of its two years to have seen last year's season. */
const SEASON_ROWS = 150_000;
const SEASON_WEEKS = 96;
const JANUARY = { start: '2001-01-01T00:00:00.000Z', end: '2001-02-01T00:00:00.000Z' };
const HEADS = [
  'broken-feed',
  'logging-change',
  'code-or-feature-bug',
  'label-fault',
  'seasonal',
  'concept-shift',
  'genuine-shift',
  'no-shift',
  'pending-labels',
  'unclear',
];
const SHORT = ['feed', 'logging', 'code', 'label', 'season', 'concept', 'genuine', 'none', 'labels?', 'unclear'];

export const about =
  'verdicts of triage on injected faults and changes against the truth, by rows a week (default 10 seeds)';
export const defaultTrials = 10;

async function championOfJanuary(world, rowsAWeek) {
  const path = join(world.dir, `january-${rowsAWeek}.parquet`);
  await injectFlights({
    caseName: 'unchanged',
    from: '2001-02-01',
    to: '2001-02-03',
    seed: 0,
    rowsAWeek,
    target: path,
  });
  const spec = specOver(world, { path });
  const name = `champion-${rowsAWeek}`;
  return trainChampion(world, { spec, window: JANUARY, labelsAsOf: '2001-02-03T00:00:00.000Z', name });
}

/** Taught by all but the last weeks of the two years, last year's season among them. */
async function championOfSeason(world, rowsAWeek) {
  const path = join(world.dir, `season-${rowsAWeek}.parquet`);
  await injectFlights({ caseName: 'season', from: SEASON_ONSET, seed: 0, rowsAWeek, target: path });
  const fraction = Math.min(1, SEASON_ROWS / (rowsAWeek * SEASON_WEEKS));
  const spec = specOver(world, { path, sample: { fraction, seed: 0 } });
  const window = { start: '1999-04-01T00:00:00.000Z', end: '2001-02-01T00:00:00.000Z' };
  const champion = await trainChampion(world, {
    spec,
    window,
    labelsAsOf: '2001-02-03T00:00:00.000Z',
    name: `champion-season-${rowsAWeek}`,
  });
  await rm(path);
  return champion;
}

async function runCase(world, { caseName, seed, rowsAWeek, champions }) {
  const built = await buildCase(world, { caseName, seed, rowsAWeek });
  const champion = caseName === 'season' ? champions.season : champions.january;
  try {
    return { seed, ...(await assessCase(world, { built, champion })) };
  } finally {
    await rm(built.path, { force: true });
  }
}

async function runSize(world, { rowsAWeek, trials }) {
  const champions = {
    january: await championOfJanuary(world, rowsAWeek),
    season: await championOfSeason(world, rowsAWeek),
  };
  const jobs = Object.keys(CASES).flatMap((caseName) =>
    Array.from({ length: trials }, (_, at) => ({ caseName, seed: at + 1, rowsAWeek, champions })),
  );
  const all = jobs.length;
  const results = [];
  const work = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      results.push(await runCase(world, job));
      if (results.length % TOLD_EVERY === 0) console.error(`  ${results.length} of ${all} windows judged`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return results;
}

/** Confirmed or plain verdicts, and the suspected ones behind a plus. */
function cell(results, verdict) {
  const all = results.filter(({ triage }) => triage.verdict === verdict);
  const suspected = all.filter(({ triage }) => triage.certainty === 'suspected').length;
  if (all.length === 0) return '·';
  return suspected === 0 ? `${all.length}` : `${all.length - suspected}+${suspected}?`;
}

function printSize(results, rowsAWeek) {
  console.log(
    `\nAbout ${rowsAWeek.toLocaleString('en')} rows a week; n? = suspected only, * = too few rows to be judged by.`,
  );
  const rows = Object.entries(CASES).map(([caseName, truth]) => {
    const own = results.filter((result) => result.caseName === caseName);
    const mark = isEnough(truth, { rowsAWeek, days: DAYS }) ? '' : '*';
    const graded = ['right', 'cautious', 'wrong'].map((grade) => `${own.filter((one) => one.grade === grade).length}`);
    return [`${caseName}${mark}`, truth.truth, ...HEADS.map((verdict) => cell(own, verdict)), ...graded];
  });
  printTable(['case', 'truth', ...SHORT, 'right', 'cautious', 'wrong'], rows);
  for (const { caseName, seed, grade, triage } of results) {
    if (grade === 'wrong')
      console.log(`  wrong: ${caseName}, seed ${seed}: ${labelOf(triage)}: ${triage.reasons[0] ?? ''}`);
  }
  const named = results.filter(({ hasNamed }) => hasNamed !== null);
  const dated = results.filter(({ onsetOffDays }) => onsetOffDays !== null);
  console.log(
    `  column named in ${named.filter(({ hasNamed }) => hasNamed).length} of ${named.length}; ` +
      `onset within a day in ${dated.filter(({ onsetOffDays }) => onsetOffDays <= 1).length} of ${dated.length}.`,
  );
}

/** @returns whether no fault ends in training, nothing is wrong with confidence, and enough of the rest is right */
export async function run(trials, { sizes = SIZES } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-triage-'));
  const bySize = [];
  try {
    const world = await openWorld(dir);
    for (const rowsAWeek of sizes) {
      const startedAt = Date.now();
      const results = await runSize(world, { rowsAWeek, trials });
      printSize(results, rowsAWeek);
      console.log(`  ${results.length} windows in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
      bySize.push({ rowsAWeek, results });
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return conclude(bySize);
}

function conclude(bySize) {
  const all = bySize.flatMap(({ results }) => results);
  const enough = bySize.flatMap(({ rowsAWeek, results }) =>
    results.filter(({ caseName }) => isEnough(CASES[caseName], { rowsAWeek, days: DAYS })),
  );
  const count = (results, grade) => results.filter((result) => result.grade === grade).length;
  const harmful = all.filter(({ isHarmful }) => isHarmful);
  const scheduled = all.filter(({ isHarmfulScheduled }) => isHarmfulScheduled);
  const [right, wrong] = [count(enough, 'right'), count(all, 'wrong')];
  for (const { caseName, seed } of harmful) console.log(`harmful: ${caseName}, seed ${seed}`);
  const holds = harmful.length === 0 && wrong === 0 && right >= BAR * enough.length;
  const share = ((100 * right) / enough.length).toFixed(1);
  console.log(
    `\nOf ${scheduled.length === 0 ? 'no' : scheduled.length} faulty windows a scheduled run would have gone on (of ${all.filter(({ caseName }) => CASES[caseName].isFault).length}).`,
  );
  console.log(
    `${holds ? 'holds' : 'falls short'}: ${harmful.length} harmful retrains; right in ${right} of ${enough.length} (${share} %) with enough rows ` +
      `(at least ${100 * BAR} %); ${wrong} wrong of all ${all.length} (none allowed)`,
  );
  return holds;
}
