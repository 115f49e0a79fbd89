/**
 * How fast rows go from Postgres to a finished snapshot (Parquet in the artifact store, content digest, profile, manifest):
 * 1,000,000 rows of 33 columns (id, event time, label, 30 floats), made by the server. Runs in a process of its own, so that the
 * peak memory is this work's alone. The best of three is the figure: on a shared machine the others measure the neighbours.
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const ROWS = 1_000_000;
const FEATURES = 30;
const COLUMNS = FEATURES + 3;
const GOAL_ROWS_PER_SEC = 250_000;
const RUNS = 3;
const TABLE = 'bench_snapshot_rows';
const names = Array.from({ length: FEATURES }, (_, at) => `f${at + 1}`);

/** Times fall at random over four weeks, so rows have to be sorted as in a table that was updated. */
async function createTable(databaseUrl) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`DROP TABLE IF EXISTS ${TABLE}`);
    const values = names.map((name) => `random() AS ${name}`).join(', ');
    await client.query(
      `CREATE TABLE ${TABLE} AS SELECT n::bigint AS id, timestamptz '2001-01-01Z' + random() * interval '28 days' AS event_at, ` +
        `(random() < 0.2)::int AS label, ${values} FROM generate_series(1, ${ROWS}) n`,
    );
    await client.query(`VACUUM ANALYZE ${TABLE}`);
    return async () => {
      await client.query(`DROP TABLE IF EXISTS ${TABLE}`);
      await client.end();
    };
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** The child's part: freezes once a message, and measures the event loop's longest pause. */
async function serve() {
  const { createDataset } = await import('../../dist/dataset/create-dataset.js');
  const { createLocalStore } = await import('../../dist/storage/local-store.js');
  const { specSchema } = await import('../../dist/core/spec/schema.js');
  process.on('message', async ({ databaseUrl, dir }) => {
    const store = createLocalStore(join(dir, 'store'));
    const dataset = createDataset({ store, scratchDir: join(dir, 'scratch'), connectionUrl: () => databaseUrl });
    const spec = specSchema.parse({
      model: 'bench',
      source: { kind: 'postgres', table: TABLE, columns: { label: 'label' } },
      features: names.map((name) => ({ kind: 'numeric', name })),
      window: { expanding: '2001-01-01' },
      gates: [{ metric: 'auc', min: 0.5 }],
    });
    const window = { start: '2001-01-01T00:00:00.000Z', end: '2001-02-01T00:00:00.000Z' };
    const asOf = '2001-03-01T00:00:00.000Z';
    let worstMs = 0;
    let last = performance.now();
    const ticks = setInterval(() => {
      const now = performance.now();
      worstMs = Math.max(worstMs, now - last - 5);
      last = now;
    }, 5);
    const startedAt = performance.now();
    const request = { kind: 'training', window, inputsAsOf: asOf, labelsAsOf: asOf, excluding: [], last: null };
    const snapshot = await dataset.freeze(spec, request, { signal: new AbortController().signal });
    const sec = (performance.now() - startedAt) / 1000;
    clearInterval(ticks);
    const peakMb = process.resourceUsage().maxRSS / 1024;
    process.send({ sec, worstMs, peakMb, rows: snapshot.rows.used, contentDigest: snapshot.contentDigest });
  });
}

function ask(child, message) {
  return new Promise((resolve, reject) => {
    const onExit = (code) => reject(new Error(`The snapshot process ended with code ${code}.`));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer);
    });
    child.send(message);
  });
}

/**
 * @param {{ databaseUrl: string }} options a database in which a table may be made and dropped
 * @returns {Promise<{ name: string, figures: Record<string, number>, holds: boolean, text: string }>}
 */
export async function benchSnapshot({ databaseUrl }) {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-bench-'));
  const dropTable = await createTable(databaseUrl);
  const child = fork(fileURLToPath(import.meta.url), ['serve'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await ask(child, { databaseUrl, dir }));
    if (new Set(runs.map((run) => run.contentDigest)).size !== 1 || runs.some((run) => run.rows !== ROWS)) {
      throw new Error('Snapshots of the same rows differ.');
    }
    const best = runs.reduce((a, b) => (a.sec <= b.sec ? a : b));
    const figures = {
      rowsPerSec: Math.round(ROWS / best.sec),
      rows: ROWS,
      columns: COLUMNS,
      seconds: Number(best.sec.toFixed(2)),
      peakMemoryMb: Math.round(Math.max(...runs.map((run) => run.peakMb))),
      longestPauseMs: Math.round(best.worstMs),
    };
    const holds = figures.rowsPerSec >= GOAL_ROWS_PER_SEC;
    const text =
      `${figures.rowsPerSec.toLocaleString('en-US')} rows/s of ${COLUMNS} columns from Postgres to a snapshot ` +
      `(goal ${GOAL_ROWS_PER_SEC.toLocaleString('en-US')}), ${figures.peakMemoryMb} MB at most, event loop never held longer than ${figures.longestPauseMs} ms.`;
    return { name: 'snapshot', figures, holds, text };
  } finally {
    child.disconnect();
    child.kill('SIGKILL');
    await dropTable();
    await rm(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === 'serve') await serve();
