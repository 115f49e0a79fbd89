// A real retrain on real flights whose Temporal, worker and Postgres are killed one after the other. Its servers are its own,
// since they die. `npm run faults -- kill` does this at every stage and with outages of 20 s.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flightsFile, flightsSpec } from '../../scripts/faults/harness/flights-spec.mjs';
import { type Verdict, verdictOf } from '../../scripts/faults/harness/follow.mjs';
import { identityOf, untilGone } from '../../scripts/faults/harness/processes.mjs';
import { until } from '../../scripts/faults/harness/wait.mjs';
import { type Fault, type FaultRecord, walkRun } from '../../scripts/faults/harness/walk-run.mjs';
import { openWorld, type RunKey, type World } from '../../scripts/faults/harness/world.mjs';

const reference: RunKey = { modelId: 'reference', runNo: 1 };
const struck: RunKey = { modelId: 'struck', runNo: 1 };
const cancelled: RunKey = { modelId: 'cancelled', runNo: 1 };

const FAULTS: readonly Fault[] = [
  { stage: 'labels', target: 'temporal', delayMs: 50, outageMs: 2_500 },
  { stage: 'train', target: 'worker', delayMs: 150, outageMs: 2_000 },
  { stage: 'promote', target: 'postgres', delayMs: 100, outageMs: 2_000 },
];
/** A quiet machine needs a minute and a half. */
const SET_UP_LIMIT_MS = 400_000;
const short = { maxTrainEpochs: 8, patience: 8 };
const endless = { maxTrainEpochs: 1000, patience: 1000 };

const cleanUps: (() => Promise<unknown>)[] = [];
const records = new Map<string, FaultRecord>();
let world: World;
let expected: Verdict;
let found: Verdict;
let trainerGoneMs: number | null;

/** After its kill the server takes half a minute to notice that the training's attempt is lost: time for another training. */
const untilWorkerIsBack = () =>
  until('the second worker', () => world.worker.events.filter((event) => event.type === 'ready').length === 2);

/** @returns how long its trainer lived on in milliseconds, null when it was still there after five seconds */
async function cancelTraining(): Promise<number | null> {
  const { follow, probe, worker } = world;
  await follow.bringLabels(cancelled);
  const isMine = (id?: string): boolean => id === `retrain/${cancelled.modelId}/1`;
  const pid = await until('its training', () =>
    worker.events.map((event) => (isMine(event.workflowId) ? event.details?.pid : null)).find((one) => one),
  );
  const trainer = identityOf(pid);
  if (trainer === null) throw new Error(`the trainer ${pid} was gone before its run was cancelled`);
  await probe.handleOf(cancelled).cancel();
  return untilGone([trainer], 5_000);
}

beforeAll(async () => {
  await flightsFile();
  world = await openWorld({ signal: new AbortController().signal, say: () => undefined, cleanUps });
  const { follow } = world;
  await follow.apply(flightsSpec(reference.modelId, { trainer: short }));
  await follow.apply(flightsSpec(struck.modelId, { trainer: short }));
  await follow.apply(flightsSpec(cancelled.modelId, { trainer: endless }));
  // All three are assessed at once; the other two then sleep until the first one has gone through undisturbed.
  for (const key of [reference, struck, cancelled]) await follow.request(key);
  await walkRun(world, reference, { faults: [], report: () => undefined });
  [, trainerGoneMs] = await Promise.all([
    walkRun(world, struck, { faults: FAULTS, report: (fault, record) => records.set(fault.stage, record) }),
    untilWorkerIsBack().then(cancelTraining),
  ]);
  expected = await verdictOf(world.probe, reference);
  found = await verdictOf(world.probe, struck);
}, SET_UP_LIMIT_MS);

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

describe('a retrain', () => {
  it('goes on after Temporal was killed while it waited for labels', () => {
    expect(records.get('labels')).toMatchObject({ isHit: true, killed: expect.stringMatching(/^temporal \d+$/) });
  });

  it('resumes its training from a checkpoint after its worker was killed, to the same artifact', () => {
    expect(records.get('train')).toMatchObject({ isHit: true, killed: expect.stringMatching(/^worker \d+$/) });
    expect(found.resumedFromTrainEpoch).toBeGreaterThan(0);
    expect(found).toEqual({ ...expected, resumedFromTrainEpoch: found.resumedFromTrainEpoch });
    expect(found).toMatchObject({ outcome: 'promoted', verdict: 'promote', versions: 1 });
  });

  it('leaves no trainer behind five seconds after its worker was killed', () => {
    expect(world.orphans).toHaveLength(1);
    expect(world.orphans[0]!.trainers).toHaveLength(1);
    expect(world.orphans[0]!.goneMs).toBeLessThan(5_000);
  });

  it('moves the champion exactly once when Postgres is killed inside the promotion', async () => {
    expect(records.get('promote')).toMatchObject({ isHit: true, killed: expect.stringMatching(/^postgres \d+$/) });
    const { champion, history } = await world.probe.client.champion({ modelId: struck.modelId });
    expect(champion).toMatchObject({ version: 1, epoch: 1 });
    expect(history).toHaveLength(1);
    const verification = await world.probe.client.verify({});
    expect(verification.map(({ reason }) => reason)).toEqual([null, null, null]);
    expect(world.worker.crashes).toEqual([]);
  });
});

it('a cancelled run has no trainer process five seconds later', async () => {
  expect(trainerGoneMs).not.toBeNull();
  expect((await world.follow.ended(cancelled)).outcome?.kind).toBe('cancelled');
});
