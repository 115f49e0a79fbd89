// `signals`: claims over HTTP from many senders, a tenth of them repeats, shuffled, while worker, gateway and Temporal are
// each killed and started again. Every claim that was answered 202 stands in the ledger once, every arrival has its receipt,
// all become one run, and no history of the coordinator grows beyond its threshold and one batch.
import { createHash } from 'node:crypto';
import { createToken } from '../../dist/client/tokens.js';
import { createRng, permutation } from '../../dist/core/rng.js';
import { createGateway } from './harness/gateway.mjs';
import { createTinySource, tinySpec } from './harness/tiny-source.mjs';
import { pause, persist, until } from './harness/wait.mjs';
import { openWorld } from './harness/world.mjs';

const MODEL = 'signals';
const SENDERS = 20;
const REPEATED = 0.1;
/** Longer than any outage below: the storm is one burst however it is torn. */
const QUIET = 'PT45S';
const OUTAGE_MS = 5_000;
const MOST_EVENTS = 200;
/** What stands in the inbox when a history has reached its threshold: one judgement, one run started, one notice or two. */
const ONE_BATCH = 100;
const ATTEMPT_MS = 20_000;

function claimBody(n) {
  const day = 86_400_000;
  const end = Date.UTC(2026, 0, 1) + (n % 300) * day;
  return JSON.stringify({
    monitor: 'faults',
    eventId: `claim-${n}`,
    source: `sender-${n % SENDERS}`,
    window: { start: new Date(end - day).toISOString(), end: new Date(end).toISOString() },
    nCurrent: 1_000,
    findings: [{ scope: 'column', column: 'x', method: 'psi', score: 0.3, threshold: 0.2, alert: true }],
  });
}

/** Every claim once, a tenth of the arrivals repeats of some, in any order. */
function arrivalsOf({ count, seed }) {
  const rng = createRng(seed, 0);
  const claims = Math.round(count * (1 - REPEATED));
  const list = Array.from({ length: count }, (_, at) => (at < claims ? at : Math.floor(rng() * claims)));
  return { claims, list: [...permutation(count, rng)].map((at) => list[at]) };
}

async function prepare(world, quiet) {
  const source = await createTinySource(world.stack.dir);
  await source.deliver();
  const spec = {
    ...JSON.parse(tinySpec(MODEL, { path: source.path, poll: 'PT10S' })),
    triggers: { debounce: { quiet, maxWait: 'P1D' } },
  };
  const { client, temporal, pool } = world.probe;
  await client.applySpec({ text: JSON.stringify(spec), file: 'signals.yaml', by: 'faults' });
  // The coordinator that applying started has no threshold of ours.
  const workflowId = `model/${MODEL}`;
  await temporal.workflow.getHandle(workflowId).terminate('to be started with a short history');
  const { firstExecutionRunId } = await temporal.workflow.start('modelCoordinatorWorkflow', {
    workflowId,
    taskQueue: 'perennial',
    args: [{ modelId: MODEL, maxHistoryEvents: MOST_EVENTS }],
  });
  const token = await createToken(pool, {
    name: 'faults',
    roles: ['signal'],
    models: [MODEL],
    expiresAt: null,
    by: 'faults',
  });
  return { workflowId, firstRunId: firstExecutionRunId, token };
}

/** One sender: each arrival until it is answered 202, as a monitor that keeps what it could not deliver. */
async function sendAll(world, gateway, { list, token, seen }) {
  let next = 0;
  const sender = async () => {
    for (let at = next++; at < list.length; at = next++) {
      await persist(`claim ${list[at]}`, () => sendOne(gateway, { n: list[at], token, seen }), {
        signal: world.signal,
        timeoutMs: 300_000,
        everyMs: 300,
      });
      seen.done += 1;
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

async function sendOne(gateway, { n, token, seen }) {
  seen.attempts += 1;
  const response = await fetch(`${gateway.url}/v1/models/${MODEL}/signals/generic`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: claimBody(n),
    signal: AbortSignal.timeout(ATTEMPT_MS),
  });
  const text = await response.text();
  if (response.status === 202) return;
  seen.refusals.set(response.status, (seen.refusals.get(response.status) ?? 0) + 1);
  const error = new Error(`${response.status} ${text.slice(0, 300)}`);
  // Only an outage may stand in the way.
  if (response.status < 500 && response.status !== 429) error.isFinal = true;
  throw error;
}

/** Worker, gateway and Temporal, each after a quarter of the arrivals. */
async function strike(world, gateway, { list, seen, outageMs }) {
  const { stack, worker, say, signal } = world;
  const targets = [
    ['the worker', worker.kill, worker.start],
    ['the gateway', gateway.kill, gateway.start],
    ['Temporal', stack.temporal.kill, stack.temporal.start],
  ];
  for (const [at, [name, kill, start]] of targets.entries()) {
    const after = Math.round((list.length * (at + 1)) / (targets.length + 1));
    await until(`${after} arrivals`, () => seen.done >= after, { timeoutMs: 600_000, everyMs: 50, signal });
    await kill();
    say(`${name} killed after ${seen.done} arrivals`);
    await pause(outageMs, signal);
    await start();
    say(`${name} is back; ${seen.done} arrivals taken`);
  }
}

async function coordinatorHistories({ probe }, { workflowId, firstRunId }) {
  const lengths = [];
  for (let runId = firstRunId; runId; ) {
    const { events } = await probe.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    lengths.push(events.length);
    runId = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return lengths;
}

const LEDGER = `
  select (select count(*)::integer from perennial.triggers where model_id = $1) as triggers,
    (select count(*)::integer from perennial.claims where model_id = $1) as claims,
    (select count(*)::integer from perennial.claim_receipts where model_id = $1) as receipts,
    (select count(*)::integer from perennial.claim_receipts where model_id = $1 and is_new) as new_receipts,
    (select count(*)::integer from perennial.runs where model_id = $1) as runs,
    (select count(*)::integer from perennial.trigger_heads where model_id = $1 and state = 'started') as started,
    (select count(*)::integer from perennial.trigger_heads where model_id = $1 and state = 'merged') as merged`;

/** @returns what falls short, in sentences */
function judge({ ledger, expected, seen, histories }) {
  const faults = [];
  const check = (what, is, ought) => {
    if (is !== ought) faults.push(`${what}: ${is} instead of ${ought}`);
  };
  check('runs', ledger.runs, 1);
  check('triggers', ledger.triggers, expected.claims);
  check('claims', ledger.claims, expected.claims);
  check('claims that made a trigger', ledger.new_receipts, expected.claims);
  check('claims started', ledger.started, 1);
  check('claims merged into the run', ledger.merged, expected.claims - 1);
  // An attempt whose answer was lost may have been committed: it has its receipt too, and no more than that.
  if (ledger.receipts < expected.arrivals || ledger.receipts > seen.attempts) {
    faults.push(`receipts: ${ledger.receipts}, between ${expected.arrivals} and ${seen.attempts} attempts expected`);
  }
  const longest = Math.max(...histories);
  if (longest > MOST_EVENTS + ONE_BATCH) faults.push(`a history of the coordinator has ${longest} events`);
  return faults;
}

/** @returns exit code */
export async function runSignals(context, { count, seed, outageMs = OUTAGE_MS, quiet = QUIET }) {
  const { say, cleanUps, signal } = context;
  const world = await openWorld(context);
  const prepared = await prepare(world, quiet);
  const gateway = createGateway(world.stack);
  cleanUps.push(() => gateway.kill());
  await gateway.start();
  const { claims, list } = arrivalsOf({ count, seed });
  const digest = createHash('sha256').update(list.join()).digest('hex').slice(0, 12);
  say(`${count} arrivals of ${claims} claims from ${SENDERS} senders, order ${digest}`);
  const seen = { done: 0, attempts: 0, refusals: new Map() };
  const startedAtMs = performance.now();
  await Promise.all([
    sendAll(world, gateway, { list, token: prepared.token, seen }),
    strike(world, gateway, { list, seen, outageMs }),
  ]);
  const tookSec = (performance.now() - startedAtMs) / 1000;
  say(`all taken in ${tookSec.toFixed(0)} s with ${seen.attempts - count} attempts in vain; waiting for the run`);
  const row = async (sql) => (await world.probe.pool.query(sql, [MODEL])).rows[0];
  await until(
    'the end of the run',
    async () => (await row('select closed_at from perennial.runs where model_id = $1'))?.closed_at,
    {
      timeoutMs: 600_000,
      everyMs: 500,
      signal,
    },
  );
  const ledger = await row(LEDGER);
  const histories = await coordinatorHistories(world, prepared);
  say(`ledger: ${JSON.stringify(ledger)}`);
  say(`histories of the coordinator: ${histories.join(', ')} events`);
  say(`answers other than 202: ${JSON.stringify(Object.fromEntries(seen.refusals))}`);
  const expected = { claims, arrivals: count };
  const faults = [...judge({ ledger, expected, seen, histories }), ...world.worker.crashes, ...gateway.crashes];
  for (const fault of faults) say(fault);
  console.log(
    faults.length === 0
      ? `holds: ${claims} claims and ${ledger.receipts} receipts of ${count} arrivals, one run, longest history ${Math.max(...histories)} events`
      : `falls short: ${faults.length} expectation(s) not met`,
  );
  return faults.length === 0 ? 0 : 1;
}
