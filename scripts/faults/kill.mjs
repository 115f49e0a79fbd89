// `kill`: real retrains whose trainer, worker, Postgres and Temporal are killed at every stage. Each must end with the verdict
// and the artifact of an undisturbed run, with one version, no orphan, and a clean audit.

import { flightsFile, flightsSpec } from './harness/flights-spec.mjs';
import { verdictOf } from './harness/follow.mjs';
import { makePlan } from './harness/plan.mjs';
import { ORPHAN_LIMIT_MS } from './harness/strike.mjs';
import { conclude, table } from './harness/table.mjs';
import { Stopped } from './harness/wait.mjs';
import { walkRun } from './harness/walk-run.mjs';
import { openWorld } from './harness/world.mjs';

const HEAD = [
  'run',
  'stage',
  'target',
  'killed',
  'how it was confirmed',
  'attempts',
  'outage s',
  'recovery s',
  'result',
];
const UNDISTURBED = 'undisturbed';

/** @param context {signal, say, cleanUps} */
export async function runKill(context, { seed, only }) {
  const startedAtMs = Date.now();
  const plan = makePlan({ seed, only });
  const planned = plan.flatMap((run) => run.faults.map((fault) => ({ run, fault })));
  console.log(`kill: seed ${seed}, ${planned.length} fault(s) in ${plan.length} run(s)`);
  await flightsFile();
  const giveUp = new AbortController();
  const world = await openWorld({ ...context, signal: AbortSignal.any([context.signal, giveUp.signal]) });
  const records = new Map();
  const errors = [];
  const runsOf = (lane) => plan.filter((run) => run.lane === lane);
  const lastRunNo = Math.max(...plan.map((run) => run.runNo));
  await undisturbedRuns(world, lastRunNo);
  const lanes = [...new Set(plan.map((run) => run.lane))];
  const ends = await Promise.allSettled(
    lanes.map(async (lane) => {
      for (const run of runsOf(lane)) {
        const key = { modelId: `lane-${lane}`, runNo: run.runNo };
        const report = (fault, record) => records.set(fault, record);
        try {
          if (run.runNo === 1) await world.follow.apply(flightsSpec(key.modelId));
          await walkRun(world, key, { faults: run.faults, report });
          world.say(`${key.modelId}/${key.runNo} ended`);
        } catch (error) {
          if (error instanceof Stopped && context.signal.aborted) throw error;
          if (error.isFatal) giveUp.abort();
          errors.push(`${key.modelId}/${key.runNo}: ${error.message}`);
          world.say(`${key.modelId}/${key.runNo} FAILED: ${error.stack}`);
          return;
        }
      }
    }),
  );
  // Both lanes are at rest before anything is stopped.
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  printTable(planned, records);
  const checks = await check(world, { plan, planned, records, errors });
  const minutes = ((Date.now() - startedAtMs) / 60_000).toFixed(1);
  return conclude(checks, `${planned.length} faults hit, every run as undisturbed, in ${minutes} min (seed ${seed})`);
}

async function undisturbedRuns(world, lastRunNo) {
  await world.follow.apply(flightsSpec(UNDISTURBED));
  for (let runNo = 1; runNo <= lastRunNo; runNo += 1) {
    const startedAtMs = Date.now();
    await walkRun(world, { modelId: UNDISTURBED, runNo }, { faults: [], report: () => undefined });
    world.say(`${UNDISTURBED}/${runNo} ended after ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
  }
}

function printTable(planned, records) {
  const rows = planned.map(({ run, fault }) => {
    const name = [`lane-${run.lane}/${run.runNo}`, fault.stage, fault.target];
    const record = records.get(fault);
    if (record === undefined) return [...name, '-', 'not reached', '-', '-', '-', 'MISSED'];
    const { killed, confirmed, attempts, outageSec, recoverySec, isHit } = record;
    return [
      ...name,
      killed,
      confirmed,
      attempts,
      outageSec.toFixed(1),
      recoverySec.toFixed(1),
      isHit ? 'hit' : 'MISSED',
    ];
  });
  console.log(`\n${table(HEAD, rows)}\n`);
}

async function check(world, { plan, planned, records, errors }) {
  const { probe, worker, orphans } = world;
  const verdicts = [];
  for (const { lane, runNo } of plan) {
    const key = { modelId: `lane-${lane}`, runNo };
    const expected = await verdictOf(probe, { modelId: UNDISTURBED, runNo });
    const found = await verdictOf(probe, key).catch((error) => ({ outcome: error.message }));
    const differs = ['outcome', 'verdict', 'difference', 'artifact', 'trainEpochs'].filter(
      (name) => found[name] !== expected[name],
    );
    verdicts.push({ key, expected, found, differs });
  }
  console.log(
    `${table(
      ['run', 'outcome', 'verdict', 'artifact', 'train epochs', 'resumed from', 'versions', 'same as undisturbed'],
      verdicts.map(({ key, found, differs }) => [
        `${key.modelId}/${key.runNo}`,
        found.outcome,
        found.verdict,
        found.artifact?.slice(0, 16) ?? '-',
        found.trainEpochs,
        found.resumedFromTrainEpoch,
        found.versions,
        differs.length === 0 ? 'yes' : `no: ${differs.join(', ')}`,
      ]),
    )}\n`,
  );
  const hits = planned.filter(({ fault }) => records.get(fault)?.isHit);
  const inPromotion = hits.filter(({ fault }) => fault.stage === 'promote').length;
  const resumed = verdicts.filter(({ found }) => found.resumedFromTrainEpoch > 0).length;
  const killsTraining = planned.some(
    ({ fault }) => fault.stage === 'train' && (fault.target === 'trainer' || fault.target === 'worker'),
  );
  const withTrainer = orphans.filter(({ trainers }) => trainers.length > 0);
  const slowest = Math.max(0, ...withTrainer.map(({ goneMs }) => goneMs ?? Number.POSITIVE_INFINITY));
  const verification = await probe.client.verify({});
  const broken = verification.filter(({ reason }) => reason !== null);
  const wantedInPromotion = planned.filter(({ fault }) => fault.stage === 'promote').length;
  return [
    ...errors.map((text) => ({ text, passed: false })),
    { text: `${hits.length} of ${planned.length} faults hit something`, passed: hits.length === planned.length },
    {
      text: `${inPromotion} of ${wantedInPromotion} hit inside the promotion's transaction`,
      passed: inPromotion === wantedInPromotion,
    },
    {
      text: `${verdicts.filter(({ differs }) => differs.length === 0).length} of ${verdicts.length} runs ended as the undisturbed one`,
      passed: verdicts.every(({ differs }) => differs.length === 0),
    },
    { text: 'one version a run', passed: verdicts.every(({ found }) => found.versions === 1) },
    { text: `${resumed} run(s) resumed a training at a train epoch above 0`, passed: resumed > 0 || !killsTraining },
    {
      text: `no trainer outlived its worker by ${ORPHAN_LIMIT_MS / 1000} s (${withTrainer.length} of ${orphans.length} killed workers had one; slowest ${Math.round(slowest)} ms)`,
      passed: slowest <= ORPHAN_LIMIT_MS,
    },
    {
      text: `verify is clean: ${verification.length} models, ${verification.reduce((sum, { entries }) => sum + entries, 0)} entries${broken.map(({ reason }) => `; ${reason}`).join('')}`,
      passed: broken.length === 0 && verification.length > 0,
    },
    {
      text: `no worker ended by itself${worker.crashes.map((text) => `; ${text}`).join('')}`,
      passed: worker.crashes.length === 0,
    },
  ];
}
