// What Temporal costs a run: the time of each stage that no activity was executing in (scheduling, workflow tasks, and
// the two round trips per activity), read from the histories of real runs on real flights.
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { connectClient } from '../../dist/client.js';
import { quietRuntime, startWorkers } from '../../dist/worker.js';
import { flightsFile, flightsSpec } from '../faults/harness/flights-spec.mjs';
import { startStack } from '../faults/harness/stack.mjs';
import { until } from '../faults/harness/wait.mjs';

const RUNS = 3;
const GOAL_MS_PER_STAGE = 500;

const ms = (time) => Number(time.seconds) * 1000 + Number(time.nanos) / 1e6;

/** @returns per stage: wall time, time in activities, and how many there were, in milliseconds */
function stagesOf(history) {
  const scheduled = new Map();
  const spans = [];
  let stage = 'plan';
  for (const event of history.events) {
    if (event.activityTaskScheduledEventAttributes) {
      const { activityType, input } = event.activityTaskScheduledEventAttributes;
      const name = activityType.name;
      if (name === 'recordStage') stage = JSON.parse(Buffer.from(input.payloads[1].data).toString());
      scheduled.set(String(event.eventId), { name, stage, scheduledAt: ms(event.eventTime) });
    }
    const started = event.activityTaskStartedEventAttributes;
    if (started) scheduled.get(String(started.scheduledEventId)).startedAt = ms(event.eventTime);
    const done = event.activityTaskCompletedEventAttributes;
    if (done) spans.push({ ...scheduled.get(String(done.scheduledEventId)), endedAt: ms(event.eventTime) });
  }
  const stages = new Map();
  for (const [at, span] of spans.entries()) {
    const entry = stages.get(span.stage) ?? { wallMs: 0, activityMs: 0, activities: 0 };
    const before = spans[at - 1]?.endedAt ?? ms(history.events[0].eventTime);
    entry.wallMs += span.endedAt - before;
    entry.activityMs += span.endedAt - span.startedAt;
    entry.activities += 1;
    stages.set(span.stage, entry);
  }
  return stages;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function runOnce({ api, client }, modelId) {
  await api.applySpec({ text: flightsSpec(modelId, { approval: 'never' }), file: await flightsFile(), by: 'bench' });
  const { runNo } = await api.requestRetrain({
    modelId,
    by: 'bench',
    reason: 'overhead',
    // Two days past the month: every label is in, so nothing is waited for.
    clock: { mode: 'replay', now: '2001-03-03T06:00:00.000Z' },
  });
  const isClosed = async () => (await api.showRun({ modelId, runNo })).run.closedAt !== null;
  await until(`the end of run ${modelId}/${runNo}`, isClosed, { timeoutMs: 240_000 });
  return stagesOf(await client.workflow.getHandle(`retrain/${modelId}/${runNo}`).fetchHistory());
}

export async function benchOverhead() {
  quietRuntime('error');
  const stack = await startStack('perennial-bench-');
  const temporal = {
    address: stack.temporalAddress,
    namespace: 'default',
    connectionOptions: { address: stack.temporalAddress },
  };
  const workers = await startWorkers({
    databaseUrl: stack.databaseUrl,
    temporal,
    artifactDir: stack.artifactDir,
    scratchDir: stack.scratchDir,
    sourceUrl: () => undefined,
  });
  const api = await connectClient({ databaseUrl: stack.databaseUrl, temporal });
  const connection = await Connection.connect({ address: stack.temporalAddress });
  try {
    const client = new Client({ connection });
    const runs = [];
    for (let no = 1; no <= RUNS; no++) runs.push(await runOnce({ api, client }, `bench-${no}`));
    const figures = {};
    for (const stage of runs[0].keys()) {
      const overheads = runs.map((run) => run.get(stage)).map(({ wallMs, activityMs }) => wallMs - activityMs);
      figures[stage] = {
        overheadMs: Math.round(median(overheads)),
        wallMs: Math.round(median(runs.map((run) => run.get(stage).wallMs))),
        activities: runs[0].get(stage).activities,
      };
    }
    const worst = Math.max(...Object.values(figures).map(({ overheadMs }) => overheadMs));
    const lines = Object.entries(figures).map(
      ([stage, { overheadMs, wallMs, activities }]) =>
        `  ${stage.padEnd(9)} ${String(overheadMs).padStart(5)} ms of ${String(wallMs).padStart(6)} ms, ${activities} activities`,
    );
    return {
      name: 'overhead',
      figures,
      holds: worst <= GOAL_MS_PER_STAGE,
      text: `Temporal's overhead per stage, median of ${RUNS} runs (goal: at most ${GOAL_MS_PER_STAGE} ms a stage):\n${lines.join('\n')}`,
    };
  } finally {
    await api.close();
    await connection.close();
    await workers.stop();
    await stack.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log((await benchOverhead()).text);
  process.exit(0);
}
