/**
 * The real thing for one test file: a database and task queues of its own, workers in this process (the trainer in forked
 * children), real flights, and the typed client. What tests wait for is polled here, with a bound.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import type { RunDetail } from '#dist/client/show-run.js';
import { connectClient, type PerennialClient } from '#dist/client.js';
import { quietRuntime, type RunningWorkers, startWorkers } from '#dist/worker.js';
import { freshDatabase, temporalAddress, uniqueTaskQueue } from '../setup/services.js';
import { writeSmallFlights } from './flights.js';

const PATIENCE_MS = 120_000;

/** All labels of January and February are in. */
export const MARCH = '2001-03-03T00:00:00.000Z';
/** All labels of March too. */
export const APRIL = '2001-04-03T00:00:00.000Z';

export interface RunKey {
  readonly modelId: string;
  readonly runNo: number;
}

export interface Stage {
  readonly client: PerennialClient;
  /** For what the typed client does not offer: terminations, raw messages. */
  readonly temporal: Client;
  readonly databaseUrl: string;
  readonly stateDir: string;
  readonly queue: string;
  readonly sql: (text: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
  /** A connection of the test's own, e.g. to hold a lock. */
  readonly pool: pg.Pool;
  startWorkers(): Promise<void>;
  /** Nobody polls the queues any more; what waits, waits. */
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(name: string): Promise<Stage> {
  quietRuntime('error');
  const database = await freshDatabase(`e2e_${name}`);
  const stateDir = mkdtempSync(join(tmpdir(), `perennial-e2e-${name}-`));
  await writeSmallFlights(stateDir);
  const queue = uniqueTaskQueue(`e2e-${name}`);
  const address = temporalAddress();
  const temporal = { address, namespace: 'default' };
  const client = await connectClient({ databaseUrl: database.url, temporal, queue });
  const connection = await Connection.connect({ address });
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  let workers: RunningWorkers | null = null;
  const stage: Stage = {
    client,
    temporal: new Client({ connection }),
    databaseUrl: database.url,
    stateDir,
    queue,
    pool,
    sql: async (text, values = []) => (await pool.query(text, [...values])).rows as Record<string, unknown>[],
    startWorkers: async () => {
      workers = await startWorkers({
        databaseUrl: database.url,
        temporal: { ...temporal, connectionOptions: { address } },
        artifactDir: join(stateDir, 'artifacts'),
        scratchDir: join(stateDir, 'scratch'),
        queue,
        sourceUrl: (variable) => (variable === 'DATABASE_URL' ? database.url : undefined),
      });
    },
    stopWorkers: async () => {
      await workers?.stop();
      workers = null;
    },
    close: async () => {
      await stage.stopWorkers();
      await client.close();
      await connection.close();
      await pool.end();
      await database.drop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
  await stage.startWorkers();
  return stage;
}

/** Waits for the thing, bounded: null, undefined and false are "not yet". */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
): Promise<Exclude<T, null | undefined | false>> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== undefined && found !== false) {
      return found as Exclude<T, null | undefined | false>;
    }
    if (Date.now() > giveUpAt) throw new Error(`Waited ${PATIENCE_MS / 1000} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const closedAs = ({ run }: RunDetail): string =>
  run.failure ?? (run.outcome === null ? 'open' : `${run.outcome.kind}: ${run.outcome.reasons.join(' ')}`);

/** The run as it ended. */
export async function ended(stage: Pick<Stage, 'client'>, key: RunKey): Promise<RunDetail> {
  return until(`the end of ${key.modelId}/${key.runNo}`, async () => {
    const [run] = (await stage.client.listRuns({ modelId: key.modelId, limit: 100 })).filter(
      ({ runNo }) => runNo === key.runNo,
    );
    return run !== undefined && run.closedAt !== null ? stage.client.showRun(key) : null;
  });
}

/** The run as it waits for a person, on evidence other than `not`; fails at once when it ends instead. */
export async function awaitingDecision(
  stage: Pick<Stage, 'client'>,
  key: RunKey,
  not: string | null = null,
): Promise<{ detail: RunDetail; evidence: string }> {
  return until(`${key.modelId}/${key.runNo} to wait for a decision`, async () => {
    const status = await stage.client.status(key);
    const isNew = status?.evidenceDigest !== not;
    if (status?.stage === 'approve' && status.awaits !== null && status.evidenceDigest !== null && isNew) {
      return { detail: await stage.client.showRun(key), evidence: status.evidenceDigest };
    }
    if (status !== null && status.stage !== 'done') return null;
    const detail = await stage.client.showRun(key);
    if (detail.run.closedAt !== null) throw new Error(`It ended instead of waiting, ${closedAs(detail)}`);
    return null;
  });
}

/** Asks for a run by the replayed clock and answers its key. */
export async function retrain(
  stage: Pick<Stage, 'client'>,
  modelId: string,
  request: { now: string; by?: string; triggerId?: string },
): Promise<RunKey> {
  const { now, by = 'monitor', ...rest } = request;
  const answer = await stage.client.requestRetrain({
    modelId,
    by,
    reason: 'end-to-end test',
    clock: { mode: 'replay', now },
    ...rest,
  });
  if (answer.runNo === null) throw new Error(`No run was started: ${answer.reason}`);
  return { modelId, runNo: answer.runNo };
}
