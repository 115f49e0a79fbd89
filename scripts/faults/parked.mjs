// `parked`: many runs asleep through a restart of everything all wake, by signal or by their own poll.
import { parkRuns } from './harness/park-runs.mjs';
import { conclude, table } from './harness/table.mjs';
import { openWorld } from './harness/world.mjs';

const POLL = 'PT1M';
const OUTAGE_MS = 20_000;

const quantile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? Number.NaN;

/** @param context {signal, say, cleanUps} */
export async function runParked(context, { runs }) {
  console.log(`parked: ${runs} runs through a kill of worker, Temporal and Postgres, dead for ${OUTAGE_MS / 1000} s`);
  const startedAtMs = Date.now();
  const world = await openWorld(context);
  const { rows, sleeperStage, verification } = await parkRuns(world, { runs, poll: POLL, outageMs: OUTAGE_MS });
  const groups = [
    ['told by signal', rows.filter((row) => row.isTold)],
    [`signal lost, polls every ${POLL}`, rows.filter((row) => !row.isTold)],
  ];
  console.log(
    `\n${table(
      ['runs', 'how many', 'woke', 'median s after the restart', 'last s', 'outcomes'],
      groups.map(([name, group]) => {
        const woke = group.map((row) => row.wokeAfterSec).filter((seconds) => seconds > 0);
        const outcomes = [...new Set(group.map((row) => row.outcome))].join(', ');
        return [
          name,
          group.length,
          woke.length,
          quantile(woke, 0.5).toFixed(1),
          quantile(woke, 1).toFixed(1),
          outcomes,
        ];
      }),
    )}\n`,
  );
  const woke = rows.filter((row) => row.wokeAfterSec > 0).length;
  const broken = verification.filter(({ reason }) => reason !== null);
  const minutes = ((Date.now() - startedAtMs) / 60_000).toFixed(1);
  return conclude(
    [
      { text: `${woke} of ${runs} parked runs woke after the restart and went on to freeze`, passed: woke === runs },
      {
        text: 'each of them ended by itself, without a failure',
        passed: rows.every((row) => row.outcome === 'blocked-by-data'),
      },
      { text: `the run that was told nothing sleeps on in ${sleeperStage}`, passed: sleeperStage === 'labels' },
      {
        text: `verify is clean: ${verification.length} models`,
        passed: broken.length === 0 && verification.length === runs + 1,
      },
      {
        text: `no worker ended by itself ${world.worker.crashes.join('; ')}`,
        passed: world.worker.crashes.length === 0,
      },
    ],
    `all ${runs} woke, in ${minutes} min`,
  );
}
