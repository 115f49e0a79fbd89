// How often mode `superior` promotes a candidate that is no better than the champion, by look, through the real evaluation.
import { evaluate } from '../../dist/core/evaluation/evaluate.js';
import { gatingConfidence } from '../../dist/core/evaluation/looks.js';
import { atLeast } from './binomial.mjs';
import { drawDays, gaussian, uniform } from './synthetic-days.mjs';
import { printTable } from './table.mjs';

const DAYS = 28;
const ROWS_PER_DAY = 60;
const LOOKS = [1, 2, 3, 4, 5];
/** Candidates and champion alike. */
const SEPARATION = 1.0;
/** A share above its nominal level counts only when chance explains it this seldom. */
const CHANCE = 0.001;
const SEED = 20_010_401;

const SPEC = {
  metric: 'auc',
  mode: 'superior',
  margin: 0,
  tolerance: 0.01,
  equivalence: 0.005,
  slices: [],
  gates: [{ metric: 'auc', on: 'all', min: 0.5, required: true, minRows: 200, minDays: 14 }],
};

export const about = 'share of promotions when candidate and champion are alike, at looks 1 to 5 (default 4000 trials)';
export const defaultTrials = 4000;

/** @returns whether no share is above its nominal level beyond chance */
export function run(trials) {
  const rng = uniform(SEED);
  const normal = gaussian(rng);
  const promoted = LOOKS.map(() => 0);
  let any = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const before = promoted.reduce((sum, one) => sum + one, 0);
    // One holdout, looked at five times: a new candidate each time, all against one champion.
    const separations = [SEPARATION, ...LOOKS.map(() => SEPARATION)];
    const { label, day, scores } = drawDays({ separations, days: DAYS, rowsPerDay: ROWS_PER_DAY, normal, rng });
    const table = { rows: label.length, features: [], sliceColumns: [], label, day };
    for (const [at, look] of LOOKS.entries()) {
      const models = { candidate: scores[at + 1], champion: scores[0], anchors: [] };
      const { verdict } = evaluate({ label, day, ...models, table, spec: SPEC, look });
      if (verdict === 'promote') promoted[at] += 1;
    }
    if (promoted.reduce((sum, one) => sum + one, 0) > before) any += 1;
  }
  const rows = LOOKS.map((look, at) => ({
    name: `look ${look}`,
    count: promoted[at],
    nominal: (1 - gatingConfidence(look)) / 2,
  }));
  rows.push({ name: 'any of five', count: any, nominal: rows.reduce((sum, one) => sum + one.nominal, 0) });
  return report(rows, trials);
}

function report(rows, trials) {
  console.log(`${DAYS} days of ${ROWS_PER_DAY} rows; ${trials} trials; seed ${SEED}.`);
  printTable(
    ['', 'promotions', 'share', 'nominal', 'chance of so many'],
    rows.map(({ name, count, nominal }) => [
      name,
      String(count),
      percent(count / trials),
      percent(nominal),
      atLeast(count, trials, nominal).toFixed(3),
    ]),
  );
  const above = rows.filter(({ count, nominal }) => atLeast(count, trials, nominal) < CHANCE);
  if (above.length === 0) console.log('holds: no more false promotions than nominal at any look, up to chance');
  else console.log(`falls short: more false promotions than nominal at ${above.map(({ name }) => name).join(', ')}`);
  return above.length === 0;
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;
