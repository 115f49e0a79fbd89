// `payloads`: damaged reports of real monitors over HTTP against a running gateway, whose heap is kept small: each gets an
// answer below 500 in time, what is accepted stands in the ledger and nothing else does, and memory stays bounded.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createToken } from '../../dist/client/tokens.js';
import { canonicalDigest, canonicalJson } from '../../dist/core/canonical-json.js';
import { specSchema } from '../../dist/core/spec/schema.js';
import { startPostgres } from '../../dist/local/postgres.js';
import { migrate } from '../../dist/registry/migrate.js';
import { createPool } from '../../dist/registry/pool.js';
import { applySpec } from '../../dist/registry/specs.js';
import { createMutator, realReports } from './harness/mutate-payload.mjs';
import { conclude, table } from './harness/table.mjs';
import { Stopped } from './harness/wait.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MODEL = 'payloads';
const SENDERS = 8;
const ANSWER_MS = 20_000;
const HEAP_MB = 256;
/** Heap, buffers of the bodies under way, code and native memory. */
const MOST_RSS_MB = 640;

async function openLedger(context) {
  const dir = mkdtempSync(join(tmpdir(), 'perennial-payloads-'));
  // Under root Postgres runs as another user, who has to pass through this folder.
  chmodSync(dir, 0o711);
  context.cleanUps.push(async () => rmSync(dir, { recursive: true, force: true }));
  const postgres = await startPostgres({ stateDir: dir });
  context.cleanUps.push(() => postgres.stop());
  await migrate(postgres.url);
  const pool = createPool(postgres.url, { maxConnections: 2 });
  context.cleanUps.push(() => pool.end());
  const spec = specSchema.parse({
    model: MODEL,
    source: { kind: 'csv', path: '/data/rows.csv' },
    features: [{ kind: 'numeric', name: 'distance' }],
    window: { sliding: 'P30D' },
    gates: [{ metric: 'auc', min: 0.5 }],
    trainer: { seed: 1 },
  });
  await applySpec(pool, { spec, digest: canonicalDigest(spec), canonicalText: canonicalJson(spec), by: 'payloads' });
  const token = await createToken(pool, {
    name: 'payloads',
    roles: ['signal'],
    models: [MODEL],
    expiresAt: null,
    by: 'payloads',
  });
  return { dir, pool, token, databaseUrl: postgres.url };
}

/** With no Temporal behind it: what it accepts waits in Postgres. */
async function startGateway(context, { dir, databaseUrl }) {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, join(ROOT, 'dist/gateway/main.js')], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      PERENNIAL_STATE_DIR: dir,
      PERENNIAL_GATEWAY_PORT: '0',
      PERENNIAL_GATEWAY_RATE: '1000000',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  context.cleanUps.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line.slice(0, 500)));
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /listens on (\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    exited.then(({ code }) => reject(new Error(`the gateway ended with ${code}: ${log.join(' | ')}`)));
  });
  return { url, pid: child.pid, log, isRunning: () => child.exitCode === null && child.signalCode === null };
}

function peakRssMb(pid) {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function send(agent, gateway, token, { format, query, headers, body }) {
  const address = new URL(`/v1/models/${MODEL}/signals/${format}?${new URLSearchParams(query)}`, gateway.url);
  return new Promise((resolve) => {
    const startedAtMs = performance.now();
    const done = (status, text) => resolve({ status, text, ms: performance.now() - startedAtMs });
    let request;
    try {
      const all = { ...headers, authorization: `Bearer ${token}`, 'content-length': body.length };
      request = httpRequest(address, { method: 'POST', agent, headers: all, timeout: ANSWER_MS }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', (error) => done('broken', error.message));
        response.on('end', () => done(response.statusCode, Buffer.concat(parts).toString()));
      });
    } catch (error) {
      // A header that HTTP itself cannot carry never leaves this process.
      done('unsendable', error.message);
      return;
    }
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error) => done(error.message === 'timeout' ? 'timeout' : 'broken', error.message));
    request.end(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function bombard(context, world, { count, seed }) {
  const mutate = createMutator(realReports(), seed);
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const seen = { statuses: new Map(), kinds: new Map(), wrong: [], slowestMs: 0, accepted: 0, fresh: 0 };
  let sent = 0;
  const sender = async () => {
    while (sent < count) {
      if (context.signal.aborted) throw new Stopped();
      sent += 1;
      if (sent % 2_000 === 0)
        context.say(`${sent} of ${count} sent, gateway at ${peakRssMb(world.gateway.pid).toFixed(0)} MB`);
      const mutation = mutate();
      note(seen, mutation, await send(agent, world.gateway, world.token, mutation));
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  agent.destroy();
  return seen;
}

const isRefusal = (status) => typeof status === 'number' && status >= 400 && status < 500;

function note(seen, { kind, path, format }, { status, text, ms }) {
  seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1);
  const of = seen.kinds.get(kind) ?? { accepted: 0, refused: 0, other: 0 };
  of[status === 202 ? 'accepted' : isRefusal(status) ? 'refused' : 'other'] += 1;
  seen.kinds.set(kind, of);
  seen.slowestMs = Math.max(seen.slowestMs, ms);
  const body = parsed(text);
  const isGood =
    status === 'unsendable' ||
    (status === 202 && Array.isArray(body?.accepted)) ||
    (isRefusal(status) && typeof body?.code === 'string' && body.message.length > 10);
  if (!isGood) seen.wrong.push(`${kind} of ${path} as ${format}: ${status} ${text.slice(0, 200)}`);
  seen.accepted += body?.accepted?.length ?? 0;
  seen.fresh += body?.accepted?.filter(({ isNew }) => isNew).length ?? 0;
}

async function countLedger(pool) {
  const { rows } = await pool.query(
    'select (select count(*)::int from perennial.claims) as claims, (select count(*)::int from perennial.claim_receipts) as receipts',
  );
  return rows[0];
}

/** @param context {signal, say, cleanUps} */
export async function runPayloads(context, { count, seed }) {
  console.log(
    `payloads: ${count} damaged reports over HTTP from ${SENDERS} senders, seed ${seed}, heap of ${HEAP_MB} MB`,
  );
  const startedAtMs = Date.now();
  const ledger = await openLedger(context);
  const gateway = await startGateway(context, ledger);
  const seen = await bombard(context, { gateway, token: ledger.token }, { count, seed });
  const rows = [...seen.kinds].sort().map(([kind, of]) => [kind, of.accepted, of.refused, of.other]);
  const statuses = [...seen.statuses].map(([status, n]) => `${status}: ${n}`).join(', ');
  console.log(`\n${table(['damage', 'accepted', 'refused', 'other'], rows)}\nanswers: ${statuses}\n`);
  for (const line of seen.wrong.slice(0, 20)) console.log(`wrong: ${line}`);
  const { claims, receipts } = await countLedger(ledger.pool);
  const peak = peakRssMb(gateway.pid);
  const sound = realReports().find(({ path }) => path.endsWith('distance_km.drift-tests.json'));
  const last = await send(new Agent(), gateway, ledger.token, {
    format: sound.format,
    query: { start: '2001-02-05', end: '2001-02-12', source: 'payloads', id: 'the last one' },
    headers: { 'content-type': 'application/json' },
    body: sound.bytes,
  });
  const of202 = seen.statuses.get(202) ?? 0;
  return conclude(
    [
      {
        text: `every request had an answer below 500 that says why, within ${ANSWER_MS / 1000} s`,
        passed: seen.wrong.length === 0,
      },
      { text: `some were accepted (${of202}) and some refused`, passed: of202 > count / 50 && of202 < count * 0.9 },
      {
        text: `the ledger holds the ${seen.fresh} claims accepted (${claims}) and their ${seen.accepted} receipts (${receipts})`,
        passed: claims === seen.fresh && receipts === seen.accepted,
      },
      {
        text: `the gateway never ended and its peak was ${peak.toFixed(0)} MB, at most ${MOST_RSS_MB}`,
        passed: gateway.isRunning() && peak <= MOST_RSS_MB,
      },
      { text: 'a sound report is accepted afterwards', passed: last.status === 202 },
    ],
    `${count} payloads, slowest answer ${seen.slowestMs.toFixed(0)} ms, ${((Date.now() - startedAtMs) / 60_000).toFixed(1)} min`,
  );
}
