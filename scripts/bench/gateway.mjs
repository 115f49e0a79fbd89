// How much the gateway takes, as a process of its own over an embedded Postgres that syncs to disk: real Evidently reports,
// 202 only after the commit. First as fast as it goes, then at a fixed rate with latencies from the moment each was due,
// then while Temporal is away: nothing that was answered may be missing, and each sender's signals keep their order.
// Options (environment): BENCH_SECONDS (60), BENCH_AWAY_SECONDS (60), BENCH_CONNECTIONS (100).
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createToken } from '../../dist/client/tokens.js';
import { canonicalDigest, canonicalJson } from '../../dist/core/canonical-json.js';
import { specSchema } from '../../dist/core/spec/schema.js';
import { createPool } from '../../dist/registry/pool.js';
import { applySpec } from '../../dist/registry/specs.js';
import { startStack } from '../faults/harness/stack.mjs';
import { pause, until } from '../faults/harness/wait.mjs';

const GOAL_PER_SEC = 1_000;
const GOAL_P99_MS = 100;
const WARM_UP_SEC = 10;
const CLOSED_SEC = 15;
const AWAY_RATE = 300;
const MODELS = Array.from({ length: 8 }, (_, no) => `bench-${no}`);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const REPORT = at('../../test/fixtures/monitors/evidently-0.7.23/distance_km.drift-tests.json');
const setting = (name, otherwise) => Number(process.env[name] ?? otherwise);

async function applyModels(pool) {
  for (const model of MODELS) {
    const spec = specSchema.parse({
      model,
      source: { kind: 'csv', path: '/data/rows.csv' },
      features: [{ kind: 'numeric', name: 'distance' }],
      window: { sliding: 'P30D' },
      gates: [{ metric: 'auc', min: 0.5 }],
    });
    await applySpec(pool, { spec, digest: canonicalDigest(spec), canonicalText: canonicalJson(spec), by: 'bench' });
  }
}

async function startGateway(stack) {
  const child = spawn(process.execPath, [at('../../dist/gateway/main.js')], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: stack.databaseUrl,
      TEMPORAL_ADDRESS: stack.temporalAddress,
      PERENNIAL_STATE_DIR: stack.dir,
      PERENNIAL_GATEWAY_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const url = /listens on (\S+)/.exec(line.toString())?.[1];
  if (url === undefined) throw new Error(`the gateway did not start: ${line}`);
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  return { url, stop };
}

async function load(plan) {
  const child = fork(at('./gateway-load.mjs'));
  child.send(plan);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The generator of the load ended with ${code} and without an answer.`);
  });
  const [result] = await Promise.race([once(child, 'message'), ended]);
  return result;
}

const round = (value) => (value === null ? '-' : Math.round(value * 10) / 10);
const latencyText = ({ p50, p90, p99, p999, max }) =>
  `p50 ${round(p50)}, p90 ${round(p90)}, p99 ${round(p99)}, p99.9 ${round(p999)}, max ${round(max)} ms`;
const others = ({ 202: _accepted, ...rest }) =>
  Object.keys(rest).length === 0 ? 'every answer 202' : `other answers ${JSON.stringify(rest)}`;

async function whileAway({ stack, pool, common, awaySec }) {
  const running = load({
    ...common,
    name: 'away',
    rate: AWAY_RATE,
    warmUpSec: 0,
    seconds: awaySec + 10,
    isKeepingIds: true,
  });
  await pause(5_000);
  await stack.temporal.kill();
  await pause(awaySec * 1_000);
  await stack.temporal.start();
  const result = await running;
  const { rows } = await pool.query(`select event_id from perennial.triggers where event_id like 'away-%'`);
  const stored = new Set(rows.map((row) => row.event_id));
  const missing = result.kept.filter((id) => !stored.has(id));
  const delivered = await until(
    'the coordinators to be told of all that came',
    async () => {
      const undelivered = await pool.query(
        'select count(*)::integer as count from perennial.model_inboxes where notified_through < pending_through',
      );
      return undelivered.rows[0].count === 0;
    },
    { timeoutMs: 60_000 },
  ).then(
    () => true,
    () => false,
  );
  return { ...result, missing: missing.length, delivered };
}

async function measure(stack, pool) {
  await applyModels(pool);
  const tokens = [];
  for (let no = 0; no < 8; no++) {
    const request = { name: `sender-${no}`, roles: ['signal'], models: null, expiresAt: null, by: 'bench' };
    tokens.push(await createToken(pool, request));
  }
  const gateway = await startGateway(stack);
  try {
    const common = {
      url: gateway.url,
      tokens,
      models: MODELS,
      report: REPORT,
      query: 'source=bench&start=2001-02-01T00:00:00Z&end=2001-03-01T00:00:00Z&nReference=4000&nCurrent=4000',
      connections: setting('BENCH_CONNECTIONS', 100),
    };
    const seconds = setting('BENCH_SECONDS', 60);
    const closed = await load({ ...common, name: 'closed', rate: null, warmUpSec: WARM_UP_SEC, seconds: CLOSED_SEC });
    const open = await load({ ...common, name: 'open', rate: GOAL_PER_SEC, warmUpSec: WARM_UP_SEC, seconds });
    const awaySec = setting('BENCH_AWAY_SECONDS', 60);
    const away = awaySec === 0 ? null : await whileAway({ stack, pool, common, awaySec });
    return { closed, open, away, seconds, awaySec, connections: common.connections };
  } finally {
    await gateway.stop();
  }
}

function report({ closed, open, away, seconds, awaySec, connections }, { fsync, synchronous_commit: commit }) {
  const perSec = closed.latencies.count / closed.tookSec;
  const openPerSec = open.latencies.count / open.tookSec;
  const isAllTaken = Object.keys(open.statuses).every((status) => status === '202');
  const holds =
    perSec >= GOAL_PER_SEC &&
    isAllTaken &&
    openPerSec >= GOAL_PER_SEC * 0.98 &&
    open.latencies.p99 < GOAL_P99_MS &&
    closed.disordered + open.disordered === 0 &&
    (away === null || (away.missing === 0 && away.disordered === 0 && away.delivered));
  const lines = [
    `Signals through the gateway (fsync ${fsync}, synchronous_commit ${commit}, ${connections} connections, ${MODELS.length} models;`,
    `goal: ${GOAL_PER_SEC}/s with p99 under ${GOAL_P99_MS} ms):`,
    `  as fast as it goes   ${Math.round(perSec)}/s over ${CLOSED_SEC} s, ${latencyText(closed.latencies)}; ${others(closed.statuses)}`,
    `  at ${GOAL_PER_SEC}/s for ${seconds} s  ${Math.round(openPerSec)}/s, from when each was due: ${latencyText(open.latencies)}; ${others(open.statuses)}`,
  ];
  if (away !== null) {
    lines.push(
      `  Temporal away ${awaySec} s   ${away.latencies.count} answered 202 at ${AWAY_RATE}/s, ${away.missing} of them missing, ${away.disordered} out of order, ` +
        `${latencyText(away.latencies)}; ${away.delivered ? 'coordinators told of all' : 'coordinators NOT told of all within 60 s'}`,
    );
  }
  return {
    name: 'gateway',
    figures: { closed, open, away: { ...away, kept: undefined } },
    holds,
    text: lines.join('\n'),
  };
}

export async function benchGateway() {
  const stack = await startStack('perennial-bench-');
  const pool = createPool(stack.databaseUrl, { maxConnections: 2 });
  try {
    const { rows } = await pool.query(
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit`,
    );
    return report(await measure(stack, pool), rows[0]);
  } finally {
    await pool.end();
    await stack.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { text, holds } = await benchGateway();
  console.log(`${text}\n${holds ? 'holds' : 'falls short'}`);
  process.exit(holds ? 0 : 1);
}
