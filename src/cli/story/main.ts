/**
 * `npm start`: the embedded platform, workers, the gateway, and the reference story on real flights through the real workflows with
 * the replayed clock. Told as it happens; at the end the table. Leaves the platform up and one run waiting for approval.
 */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureStartToken } from '../../client/tokens.js';
import { connectClient, type PerennialClient } from '../../client.js';
import { readEnv } from '../../env.js';
import { createPool } from '../../registry/pool.js';
import { type PlatformWithWorkers, startPlatformAndWorkers, stopSignal } from '../platform-with-workers.js';
import { decisionInstant, LANES } from './lanes.js';
import { measureRealised } from './realised.js';
import {
  alarmChecks,
  alarmTable,
  checks,
  decisionTable,
  lessons,
  realisedTable,
  storyJson,
  type Told,
} from './report.js';
import { followRun, pause } from './run-decision.js';
import { type AnsweredAlarm, tellAlarms } from './tell-alarms.js';
import { applyExample, makeFirstChampion, type Stage, tellLane } from './tell-lane.js';

export interface StoryOptions {
  /** End after the table instead of keeping the platform up. */
  readonly exit: boolean;
  /** Also write the figures there. */
  readonly json: string | null;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const EXAMPLES = join(ROOT, 'examples', 'flights');
/** The example's own model: all the past, a person decides, a Schedule asks. */
const MODEL = { file: 'flights.yaml', modelId: 'flights' };
const APPROVAL_MONTH = '2001-04';

export async function runStory(options: StoryOptions): Promise<number> {
  const startedAt = Date.now();
  const say = (line: string): void => {
    process.stdout.write(`[${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s] ${line}\n`);
  };
  const stop = stopSignal(() => process.exit(130));
  let platform: PlatformWithWorkers | undefined;
  let client: PerennialClient | undefined;
  try {
    await prepareData(say);
    say('starting Postgres, Temporal, the workers and the gateway');
    const env = readEnv();
    platform = await startPlatformAndWorkers(env, say);
    client = await connectClient(platform.clientSettings);
    say(`Web UI ${platform.facts.uiUrl ?? 'of your own Temporal'}`);
    const { gatewayUrl } = platform;
    const token = await startToken(platform.clientSettings.databaseUrl);
    say(`gateway ${gatewayUrl}, with a token of this start: ${token}`);
    const stage: Stage = { client, gateway: { url: gatewayUrl, token }, examplesDir: EXAMPLES, say };
    const told = await Promise.race([tell(stage), stop.asked, platform.failed]);
    if (typeof told === 'string') return 130;
    const holds = report(told, say);
    if (options.json !== null)
      await writeFile(resolve(options.json), `${JSON.stringify(storyJson(told.told, told.alarms), null, 2)}\n`);
    if (options.exit) return holds ? 0 : 1;
    if (typeof (await Promise.race([leaveOneWaiting(stage), stop.asked, platform.failed])) === 'string') return 130;
    say(`The platform stays up (Web UI ${platform.facts.uiUrl ?? 'of your own Temporal'}); Ctrl-C stops it.`);
    await Promise.race([stop.asked, platform.failed]);
    return 0;
  } finally {
    say('stopping: finishing what is at hand');
    await client?.close();
    await platform?.stop();
    stop.release();
  }
}

/** Shown once, and good until the next start. */
async function startToken(databaseUrl: string): Promise<string> {
  const pool = createPool(databaseUrl, { maxConnections: 1 });
  try {
    return await ensureStartToken(pool, 'npm start');
  } finally {
    await pool.end();
  }
}

/** Data first: three million real flights, with the instants at which each label was known. */
async function prepareData(say: (line: string) => void): Promise<void> {
  const script = (name: string): string => new URL(`../../../examples/flights/${name}`, import.meta.url).href;
  const { prepareFlights } = (await import(script('prepare.mjs'))) as {
    prepareFlights: (options: { target: string }) => Promise<unknown>;
  };
  const { prepareFaultyWeek } = (await import(script('faulty-week.mjs'))) as {
    prepareFaultyWeek: (options: { folder: string }) => Promise<void>;
  };
  say('preparing three million flights of 2001, and a week of April damaged in two ways');
  const folder = join(EXAMPLES, 'data');
  await prepareFlights({ target: join(folder, 'flights.parquet') });
  await prepareFaultyWeek({ folder });
}

interface Story {
  readonly told: readonly Told[];
  readonly alarms: readonly AnsweredAlarm[];
}

async function tell(stage: Stage): Promise<Story> {
  await applyExample(stage, MODEL);
  const schedule = await stage.client.setSchedule({
    modelId: MODEL.modelId,
    clock: { mode: 'replay', now: decisionInstant(APPROVAL_MONTH) },
  });
  stage.say(`${schedule.scheduleId} is set; it fires next at ${schedule.nextAt[0] ?? 'no time'}`);
  // The lanes share workers: one trains while another waits, evaluates or freezes.
  const [alarms, ...lanes] = await Promise.all([tellAlarms(stage), ...LANES.map((lane) => tellLane(stage, lane))]);
  const told: Told[] = [];
  for (const lane of lanes) told.push({ lane, realised: await measureRealised(stage.client, lane) });
  return { told, alarms };
}

function report({ told, alarms }: Story, say: (line: string) => void): boolean {
  say('the story is told');
  const all = [...checks(told), ...alarmChecks(alarms)];
  const parts = [
    'Candidate against champion (AUC) on a whole month that neither was trained on:',
    decisionTable(told),
    'Realised AUC, mean of April to June, had the model been replaced never, always, or by the gates:',
    realisedTable(told),
    lessons(told),
    'Alarms between the months, and what they were answered with:',
    alarmTable(alarms),
    all.map(({ text, holds }) => `${holds ? 'holds      ' : 'falls short'}  ${text}`).join('\n'),
  ];
  process.stdout.write(`\n${parts.join('\n\n')}\n\n`);
  return all.every(({ holds }) => holds);
}

/** The Schedule fires once, now, and its run asks a person. */
async function leaveOneWaiting(stage: Stage): Promise<void> {
  const { client, say } = stage;
  const { modelId } = MODEL;
  const open = (await client.listRuns({ modelId, limit: 10, isOpenOnly: true }))[0];
  let runNo = open?.runNo;
  if (runNo === undefined) {
    say('a first champion for the example model, then its Schedule fires');
    await makeFirstChampion(stage, modelId);
    await applyExample(stage, MODEL);
    const newest = async (): Promise<number> => (await client.listRuns({ modelId, limit: 1 }))[0]?.runNo ?? 0;
    const before = await newest();
    await client.triggerSchedule(modelId);
    do {
      await pause();
      runNo = await newest();
    } while (runNo === before);
  }
  const told = { modelId, say: (line: string) => say(`${modelId}: ${line}`) };
  const detail = await followRun(client, told, { runNo, untilApproval: true });
  if (detail.evaluation === null || detail.run.closedAt !== null) {
    say(`run ${modelId}/${runNo} ended as ${detail.run.outcome?.kind ?? detail.run.failure ?? 'unknown'}`);
    return;
  }
  const evidence = detail.evaluation.evidenceDigest.slice(0, 16);
  process.stdout.write(
    `\nRun ${modelId}/${runNo} waits for a person. Look at it, then decide, in another terminal:\n\n` +
      `  npx perennial show ${modelId}/${runNo}\n` +
      `  npx perennial approve ${modelId}/${runNo} --evidence ${evidence} --reason "the gain holds on every day"\n\n`,
  );
}
