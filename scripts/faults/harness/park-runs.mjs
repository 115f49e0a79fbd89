// Many runs asleep in `labels` while worker, Temporal and Postgres are all killed and started again; then the labels come. Half
// of the runs are told by signal; of the other half the signal is lost, and their own poll has to find out. One more is told
// nothing and polls rarely: it must sleep on, or the others woke for another reason.
import { createTinySource, tinySpec } from './tiny-source.mjs';
import { pause, persist, until } from './wait.mjs';

const AT_ONCE = 8;
const RARELY = 'P1D';

async function inTurns(list, work) {
  const left = [...list];
  const turn = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turn));
}

/**
 * @param world {stack, worker, probe, signal, say}
 * @param options {runs, poll, outageMs}: how many runs, the poll of those whose signal is lost (ISO duration)
 * @returns what became of them
 */
export async function parkRuns(world, { runs, poll, outageMs }) {
  const { stack, probe, say } = world;
  const source = await createTinySource(stack.dir);
  const models = Array.from({ length: runs }, (_, at) => {
    const isTold = at % 2 === 0;
    return { modelId: `${isTold ? 'told' : 'polls'}-${at}`, isTold, poll: isTold ? RARELY : poll };
  });
  const control = { modelId: 'sleeps-on', isTold: false, poll: RARELY };
  const all = [...models, control];
  await inTurns(all, (model) => startOne(world, { model, source }));
  say(`${all.length} runs started`);
  await untilAsleep(world, all);
  say('all of them sleep in stage labels');
  await killEverything(world, outageMs);
  const restartedAtMs = Date.now();
  say('worker, Temporal and Postgres are back');
  await source.deliver();
  const told = models.filter((model) => model.isTold);
  await inTurns(told, ({ modelId }) =>
    persist(
      `the notice to ${modelId}`,
      () => probe.client.labelsArrived({ modelId, eventId: 'labels', through: new Date().toISOString() }),
      { signal: world.signal },
    ),
  );
  say(`labels delivered; ${told.length} runs were told`);
  const rows = await untilEnded(world, models);
  const [sleeper] = (await stagesAfter(world, [control])).values();
  return {
    rows: rows.map((row) => ({ ...row, wokeAfterSec: (row.wokeAtMs - restartedAtMs) / 1000 })),
    sleeperStage: sleeper?.stage ?? null,
    verification: await probe.client.verify({}),
  };
}

async function startOne({ probe, signal }, { model, source }) {
  const { modelId, poll } = model;
  const text = tinySpec(modelId, { path: source.path, poll });
  await persist(`applying ${modelId}`, () => probe.client.applySpec({ text, file: 'tiny.yaml', by: 'faults' }), {
    signal,
  });
  const request = { modelId, by: 'faults', reason: 'to be parked', triggerId: 'parked' };
  await persist(`starting ${modelId}`, () => probe.client.requestRetrain(request), { signal });
}

/** Both windows measured and found wanting: what follows is the wait. */
async function untilAsleep({ probe, signal }, models) {
  const asleep = async ({ modelId }) => {
    const status = await probe.status({ modelId, runNo: 1 });
    return status.stage === 'labels' && status.awaits === 'labels';
  };
  await inTurns(models, (model) =>
    until(`${model.modelId} to wait for labels`, () => asleep(model), { timeoutMs: 600_000, everyMs: 500, signal }),
  );
}

async function killEverything({ stack, worker, signal }, outageMs) {
  await worker.kill();
  const killed = [await stack.temporal.kill(), await stack.postgres.kill()];
  if (killed.some(({ isGone }) => !isGone)) throw new Error('a server is still there after its kill');
  await pause(outageMs, signal);
  await stack.postgres.start();
  await stack.temporal.start();
  await worker.start();
}

/** Newest stage, when the run left `labels`, and its end, by model. */
async function stagesAfter({ probe }, models) {
  const { rows } = await probe.pool.query(
    `select r.model_id, r.closed_at, r.outcome, r.failure,
       (select s.stage from perennial.run_stages s where s.model_id = r.model_id and s.run_no = r.run_no
        order by s.step desc limit 1) as stage,
       (select s.at from perennial.run_stages s where s.model_id = r.model_id and s.run_no = r.run_no
        and s.stage = 'freeze' order by s.step limit 1) as froze_at
     from perennial.runs r where r.model_id = any($1)`,
    [models.map(({ modelId }) => modelId)],
  );
  return new Map(rows.map((row) => [row.model_id, row]));
}

async function untilEnded(world, models) {
  const found = await until(
    `${models.length} runs to wake and end`,
    async () => {
      const stages = await stagesAfter(world, models);
      return [...stages.values()].filter((row) => row.closed_at !== null).length === models.length ? stages : null;
    },
    { timeoutMs: 900_000, everyMs: 500, signal: world.signal },
  );
  return models.map(({ modelId, isTold }) => {
    const row = found.get(modelId);
    return {
      modelId,
      isTold,
      outcome: row.outcome?.kind ?? `failed: ${row.failure}`,
      wokeAtMs: row.froze_at?.getTime() ?? Number.NaN,
    };
  });
}
