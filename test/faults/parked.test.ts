// Runs asleep through a kill of worker, Temporal and Postgres. Their servers are their own, since they die.
// `npm run faults -- parked` does this with 200 runs and an outage of 20 s.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parkRuns } from '../../scripts/faults/harness/park-runs.mjs';
import { openWorld, type World } from '../../scripts/faults/harness/world.mjs';

const RUNS = 20;
const cleanUps: (() => Promise<unknown>)[] = [];
let world: World;
let parked: Awaited<ReturnType<typeof parkRuns>>;

beforeAll(async () => {
  world = await openWorld({ signal: new AbortController().signal, say: () => undefined, cleanUps });
  parked = await parkRuns(world, { runs: RUNS, poll: 'PT20S', outageMs: 2_000 });
}, 400_000);

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

it('runs that wait for labels through a restart of everything go on when they are told by signal', () => {
  const told = parked.rows.filter((row) => row.isTold);
  expect(told.filter((row) => row.wokeAfterSec > 0)).toHaveLength(RUNS / 2);
});

it('runs whose signal is lost go on by their own poll', () => {
  const untold = parked.rows.filter((row) => !row.isTold);
  expect(untold.filter((row) => row.wokeAfterSec > 0)).toHaveLength(RUNS / 2);
});

it('a run that is told nothing and polls rarely sleeps on', () => {
  expect(parked.sleeperStage).toBe('labels');
});

it('all of them end by themselves and the audit is whole', () => {
  expect([...new Set(parked.rows.map((row) => row.outcome))]).toEqual(['blocked-by-data']);
  expect(parked.verification).toHaveLength(RUNS + 1);
  expect(parked.verification.filter(({ reason }) => reason !== null)).toEqual([]);
  expect(world.worker.crashes).toEqual([]);
});
