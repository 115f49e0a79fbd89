// How often the 95 % day-jackknife interval of a difference in AUC holds the true difference, by number of days.
import { auc } from '../../dist/core/stats/auc.js';
import { jackknife, jackknifeInterval } from '../../dist/core/stats/jackknife.js';
import { combineLeaveOneOut } from '../../dist/core/stats/leave-one-out.js';
import { blocksOfDays, rankSample } from '../../dist/core/stats/ranked-sample.js';
import { atMost } from './binomial.mjs';
import { drawDays, gaussian, trueAuc, uniform } from './synthetic-days.mjs';
import { printTable } from './table.mjs';

const DAYS = [5, 7, 14, 28, 60, 90];
const ROWS_PER_DAY = 200;
const SEPARATIONS = [1.0, 0.9];
const CONFIDENCE = 0.95;
/** The interval is meant to hold at least this often, at every number of days. */
const BAR = 0.93;
/** A share below the bar counts only when chance explains it this seldom. */
const CHANCE = 0.001;
const SEED = 19_980_401;

export const about =
  'share of 95 % day-jackknife intervals of a difference in AUC that hold the truth (default 2000 trials)';
export const defaultTrials = 2000;

/** @returns whether the bar holds */
export function run(trials) {
  const truth = trueAuc(SEPARATIONS[0]) - trueAuc(SEPARATIONS[1]);
  console.log(
    `True difference ${truth.toFixed(5)}; ${ROWS_PER_DAY} rows a day; ${trials} trials for each number of days; seed ${SEED}.`,
  );
  const results = DAYS.map((days) => ({ days, ...measure({ days, trials, truth }) }));
  printTable(
    ['days', 'coverage', '± 2 s.e.', 'mean half-width'],
    results.map(({ days, covered, halfWidth }) => {
      const share = covered / trials;
      const error = 2 * Math.sqrt((share * (1 - share)) / trials);
      return [String(days), percent(share), percent(error), halfWidth.toFixed(5)];
    }),
  );
  const below = results.filter(({ covered }) => atMost(covered, trials, BAR) < CHANCE);
  if (below.length === 0) console.log(`holds: at least ${percent(BAR)} at every number of days, up to chance`);
  else console.log(`falls short of ${percent(BAR)} at ${below.map(({ days }) => days).join(', ')} days`);
  return below.length === 0;
}

function measure({ days, trials, truth }) {
  const rng = uniform(SEED + days);
  const normal = gaussian(rng);
  let covered = 0;
  let width = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const { label, day, scores } = drawDays({ separations: SEPARATIONS, days, rowsPerDay: ROWS_PER_DAY, normal, rng });
    const blocks = blocksOfDays(day);
    const [first, second] = scores.map((one) => auc(rankSample(one, label, blocks)));
    const estimate = jackknife(combineLeaveOneOut(first, second, (a, b) => a - b));
    const { lower, upper } = jackknifeInterval(estimate, CONFIDENCE);
    if (lower <= truth && truth <= upper) covered += 1;
    width += (upper - lower) / 2;
  }
  return { covered, halfWidth: width / trials };
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
