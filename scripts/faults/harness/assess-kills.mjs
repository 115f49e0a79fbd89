// Runs over flights whose feed broke, and a worker that is killed while it finds that out. Two models at a time are in the middle
// of stage assess when it dies, up to five times each, at moments spread over the whole of an assessment and beyond its record.
import { join } from 'node:path';
import { createRng } from '../../../dist/core/rng.js';
import { injectFlights } from '../../../examples/flights/inject.mjs';
import { flightsSpec } from './flights-spec.mjs';
import { workflowIdOf } from './probe.mjs';
import { intoWork, strike, untilHeld } from './strike.mjs';
import { until } from './wait.mjs';

/** The first retrain decides on 1 March and knows nothing of it. */
const BROKEN_FROM = '2001-03-05';
const BROKEN_TO = '2001-04-01';
const FAULT = 'null-share';
const LANES = 2;
/** Temporal waits longer before each further attempt. */
const MOST_HITS_A_RUN = 5;
const OUTAGE_MS = 1_000;
const UNDISTURBED = 'undisturbed';
const short = { batchSize: 512, learningRate: 0.001, maxTrainEpochs: 3, patience: 3 };

const armOf = (key) => ({ activity: 'assessQuality', workflowId: workflowIdOf(key) });

/** A first champion from sound rows, by the first retrain; the second one is the one to be struck. */
async function prepare(world, modelId, path) {
  const key = { modelId, runNo: 1 };
  await world.follow.apply(flightsSpec(modelId, { path, trainer: short, approval: 'never' }));
  await world.follow.request(key);
  await world.follow.bringLabels(key);
  const run = await world.follow.ended(key);
  if (run.outcome?.kind !== 'promoted')
    throw new Error(`${modelId} has no champion: ${JSON.stringify(run.outcome ?? run.failure)}`);
  return { modelId, runNo: 2 };
}

/** What must be the same for every model, and be there once. */
async function readFindings({ probe }, key) {
  const { rows: assessments } = await probe.pool.query(
    'select digest, verdict from perennial.assessments where model_id = $1 and run_no = $2',
    [key.modelId, key.runNo],
  );
  const { rows: incidents } = await probe.pool.query(
    `select incident_id from perennial.incidents where model_id = $1 and kind <> 'rollback'`,
    [key.modelId],
  );
  const run = await probe.run(key);
  return {
    modelId: key.modelId,
    outcome: run.outcome?.kind ?? `failed: ${run.failure}`,
    verdicts: assessments.map(({ verdict }) => verdict),
    digests: assessments.map(({ digest }) => digest),
    incidents: incidents.length,
  };
}

/** @returns how long its assessment took in the worker, in milliseconds */
async function walkUndisturbed(world, path) {
  const key = await prepare(world, UNDISTURBED, path);
  await world.follow.request(key);
  await world.follow.ended(key);
  const mine = world.worker.events.filter(
    ({ activity, workflowId }) => activity === 'assessQuality' && workflowId === workflowIdOf(key),
  );
  const at = (type) => mine.find((event) => event.type === type)?.atMs ?? Number.NaN;
  return { key, assessMs: at('finished') - at('started') };
}

/** Kills the worker once, in the middle of the assessments of these runs. */
async function hit(world, keys, { delayMs, isLast }) {
  const arms = keys.map(armOf);
  const held = [];
  for (const arm of arms) held.push(await untilHeld(world, arm));
  const landed = await Promise.all(arms.map((arm, at) => intoWork(world, arm, { held: held[at], delayMs })));
  const during = async () => {
    if (isLast) for (const arm of arms) world.worker.disarm(arm);
  };
  const struck = await strike(world, { target: 'worker', outageMs: OUTAGE_MS, during });
  return keys.map((key, at) => {
    const mine = world.worker.events.filter(
      ({ activity, workflowId }) => activity === arms[at].activity && workflowId === arms[at].workflowId,
    );
    const wasReported = mine.some(
      ({ type, attempt, atMs }) => type === 'finished' && attempt === held[at].attempt && atMs < struck.killedAtMs,
    );
    return { key, arm: arms[at], attempt: held[at].attempt, landed: landed[at], killed: struck.killed, wasReported };
  });
}

/** Who died with the attempt must be followed by another one. */
const isTriedAgain = (world, { arm, attempt }) =>
  until(
    `another attempt of ${arm.workflowId}`,
    () =>
      world.worker.events.some(
        (event) => event.type === 'started' && event.workflowId === arm.workflowId && event.attempt > attempt,
      ),
    { timeoutMs: 240_000, signal: world.signal },
  );

/**
 * @param world as openWorld makes it
 * @param options.kills how many assessments are to be hit, two at a time
 * @returns {{ rows: object[], findings: object[], expected: object, assessMs: number }} a row a hit
 */
export async function killInAssess(world, { kills, seed }) {
  const path = join(world.stack.dir, 'broken.parquet');
  await injectFlights({ caseName: FAULT, from: BROKEN_FROM, to: BROKEN_TO, seed, target: path });
  const undisturbed = await walkUndisturbed(world, path);
  const rng = createRng(seed, 5);
  const rows = [];
  const keys = [];
  const rounds = Math.ceil(kills / LANES);
  for (let done = 0; done < rounds; ) {
    const names = Array.from({ length: LANES }, (_, lane) => `struck-${keys.length + lane}`);
    const group = await Promise.all(names.map((name) => prepare(world, name, path)));
    keys.push(...group);
    for (const key of group) world.worker.arm(armOf(key));
    for (const key of group) await world.follow.request(key);
    const hits = Math.min(MOST_HITS_A_RUN, rounds - done);
    for (let at = 0; at < hits; at += 1) {
      // Evenly over the assessment and a little beyond, where it is recorded and not yet reported.
      const share = (done + at + rng()) / rounds;
      const delayMs = Math.round(share * undisturbed.assessMs * 1.3);
      for (const one of await hit(world, group, { delayMs, isLast: at === hits - 1 })) {
        rows.push({ ...one, isHit: (await isTriedAgain(world, one)) && !one.wasReported });
        world.say(`${one.key.modelId}: ${one.killed} killed at attempt ${one.attempt} (${one.landed}), tried again`);
      }
    }
    for (const key of group) await world.follow.ended(key);
    done += hits;
  }
  const findings = [];
  for (const key of keys) findings.push(await readFindings(world, key));
  return { rows, findings, expected: await readFindings(world, undisturbed.key), assessMs: undisturbed.assessMs };
}
