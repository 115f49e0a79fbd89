// The seeded plan of faults: every stage with every target that applies to it, four of them inside the promotion, spread over
// two models with two retrains each (the first without a champion, the second against one).
import { createRng, permutation } from '../../../dist/core/rng.js';
import { STAGES } from './walk-run.mjs';

const SERVERS = ['worker', 'postgres', 'temporal'];
const RUNS = [
  { lane: 'a', runNo: 1 },
  { lane: 'b', runNo: 1 },
  { lane: 'a', runNo: 2 },
  { lane: 'b', runNo: 2 },
];
const OUTAGE_MS = 20_000;
const LONGEST_DELAY_MS = 300;
const SHORTEST_WORKER_OUTAGE_MS = 2_000;

const shuffled = (list, rng) => [...permutation(list.length, rng)].map((at) => list[at]);

/** Which target hits the fourth run: a trainer where there is one, a worker again in the promotion, else none. */
function fourthOf(stage) {
  if (stage === 'train' || stage === 'evaluate') return 'trainer';
  return stage === 'promote' ? 'worker' : null;
}

function fault(rng, { stage, target }) {
  const outages = { trainer: 0, worker: SHORTEST_WORKER_OUTAGE_MS + rng() * (OUTAGE_MS - SHORTEST_WORKER_OUTAGE_MS) };
  return {
    stage,
    target,
    delayMs: Math.round(rng() * LONGEST_DELAY_MS),
    outageMs: Math.round(outages[target] ?? OUTAGE_MS),
  };
}

export const targetsOf = (stage) =>
  stage === 'train' || stage === 'evaluate' ? ['trainer', ...SERVERS] : [...SERVERS];

/** @returns {{ lane: string, runNo: number, faults: object[] }[]} in each lane the runs follow each other */
export function makePlan({ seed, only }) {
  if (only !== null) {
    return [{ ...RUNS[0], faults: [fault(createRng(seed, 1), only)] }];
  }
  const rng = createRng(seed, 0);
  const runs = RUNS.map((run) => ({ ...run, faults: [] }));
  for (const stage of STAGES) {
    const targets = shuffled([...SERVERS, fourthOf(stage)], rng);
    for (const [at, target] of targets.entries()) {
      if (target !== null) runs[at].faults.push(fault(rng, { stage, target }));
    }
  }
  return runs;
}
