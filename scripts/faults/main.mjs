// Faults on purpose: `npm run faults -- NAME [options]`. Each prints what was done and found and, as its last line, `holds …`
// (exit 0) or `falls short …` (exit 1). Everything it starts is its own, and is stopped and removed at the end.
import { parseArgs } from 'node:util';
import { targetsOf } from './harness/plan.mjs';
import { Stopped } from './harness/wait.mjs';
import { STAGES } from './harness/walk-run.mjs';

const FAULTS = {
  kill: async (context, options) => (await import('./kill.mjs')).runKill(context, options),
  assess: async (context, options) => (await import('./assess.mjs')).runAssess(context, options),
  parked: async (context, options) => (await import('./parked.mjs')).runParked(context, options),
  'event-loop': async (context, options) => (await import('./event-loop.mjs')).runEventLoop(context, options),
  signals: async (context, options) => (await import('./signals.mjs')).runSignals(context, options),
  payloads: async (context, options) => (await import('./payloads.mjs')).runPayloads(context, options),
};
const OPTIONS = {
  seed: { type: 'string' },
  only: { type: 'string' },
  runs: { type: 'string' },
  seconds: { type: 'string' },
  count: { type: 'string' },
  kills: { type: 'string' },
  profile: { type: 'boolean' },
};
const USAGE = `Faults:
  kill [--seed N] [--only STAGE:TARGET]       trainer, worker, Postgres and Temporal killed at every stage
  assess [--kills N] [--seed N]               a worker killed N times (20) while it assesses flights with a broken feed
  parked [--runs N]                           N runs asleep through a restart of everything (200)
  event-loop [--seconds N] [--profile]        the worker's event loop while a model is trained
  signals [--count N] [--seed N]              N signals over HTTP while worker, gateway and Temporal are killed (10000)
  payloads [--count N] [--seed N]             N damaged reports of monitors against a running gateway (10000)`;

class Refused extends Error {}

function wholeNumber(text, name, otherwise) {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Refused(`--${name} is a whole number from 1 on.`);
  return number;
}

function onlyOf(text) {
  if (text === undefined) return null;
  const [stage, target] = text.split(':');
  if (!STAGES.includes(stage)) throw new Refused(`--only STAGE:TARGET, with one of the stages ${STAGES.join(', ')}.`);
  if (!targetsOf(stage).includes(target)) throw new Refused(`${stage} can be hit by: ${targetsOf(stage).join(', ')}.`);
  return { stage, target };
}

function parse() {
  let given;
  try {
    given = parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new Refused(error.message);
  }
  const [name] = given.positionals;
  if (name === undefined || !Object.hasOwn(FAULTS, name)) {
    throw new Refused(name === undefined ? 'Which fault?' : `There is no fault ${name}.`);
  }
  const { seed, only, runs, seconds, count, kills, profile = false } = given.values;
  return {
    run: FAULTS[name],
    options: {
      seed: wholeNumber(seed, 'seed', 1),
      only: onlyOf(only),
      runs: wholeNumber(runs, 'runs', 200),
      seconds: wholeNumber(seconds, 'seconds', 30),
      count: wholeNumber(count, 'count', 10_000),
      kills: wholeNumber(kills, 'kills', 20),
      profile,
    },
  };
}

async function main() {
  const { run, options } = parse();
  const stop = new AbortController();
  const cleanUps = [];
  const startedAtMs = Date.now();
  const say = (line) => console.log(`[${((Date.now() - startedAtMs) / 1000).toFixed(0).padStart(4)} s] ${line}`);
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stop.abort());
  try {
    return await run({ signal: stop.signal, say, cleanUps }, options);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    console.log('falls short: stopped before its end');
    return 130;
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp().catch((error) => console.error(error.message));
  }
}

try {
  process.exit(await main());
} catch (error) {
  if (error instanceof Refused) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
  console.error(error);
  console.log(`falls short: ${error.message}`);
  process.exit(1);
}
