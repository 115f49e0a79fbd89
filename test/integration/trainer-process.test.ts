// The trainer's process under force: killed, stopped, over its limits, orphaned. Whatever happens it is gone soon, and the
// work goes on from the last checkpoint to the same bytes.
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainProgress } from '#dist/activities/deps.js';
import { createTrainerHost } from '#dist/trainer/host.js';
import { numeric, numericFeature, tableOf, xorTable } from '../unit/trainer-fixtures.js';
import { type Bench, createBench, isAlive, startTraining, untilGone } from './trainer-fixtures.js';

const PARENT = fileURLToPath(new URL('../fixtures/trainer-parent.mjs', import.meta.url));
const quiet = { signal: new AbortController().signal, onProgress: () => undefined };
/** Long enough that nobody gets to its end by accident. */
const endless = { maxTrainEpochs: 1000, patience: 1000 };

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterAll(() => bench.close());

describe('a killed training', () => {
  it.each(['tensorflow', 'wasm'] as const)('resumed on %s gives the bytes of an undisturbed one', async (backend) => {
    // Large enough that a train epoch takes several checkpoints' time, also on a fast machine.
    const table = xorTable(40_000);
    const settings = { backend, batchSize: 32, maxTrainEpochs: 4, patience: 4, dropout: 0.1 };
    const undisturbed = await bench.host.train(await bench.job(table, settings), quiet);
    const training = startTraining(bench.host, await bench.job(table, settings));
    // Within a train epoch, so that batch, order and running sums have to be right too.
    const { pid } = await training.until(
      (now) => now.checkpoint !== null && now.trainEpoch > 1 && now.batch < now.batches,
    );
    process.kill(pid, 'SIGKILL');
    await expect(training.done).rejects.toMatchObject({ code: 'TRAINER_CRASHED', details: { signal: 'SIGKILL' } });
    expect(isAlive(pid)).toBe(false);

    const { checkpoint } = training.seen.at(-1)!;
    const resumed = await bench.host.train(await bench.job(table, settings, { resumeFrom: checkpoint }), quiet);
    expect(resumed.resumedFromTrainEpoch).toBeGreaterThan(0);
    expect(resumed).toEqual({ ...undisturbed, resumedFromTrainEpoch: resumed.resumedFromTrainEpoch });
  });
});

describe('a stopped training', () => {
  it('writes a checkpoint, is gone within five seconds, and goes on from the very batch', async () => {
    const table = xorTable(20_000);
    const settings = { batchSize: 32, maxTrainEpochs: 2, patience: 2 };
    const undisturbed = await bench.host.train(await bench.job(table, settings), quiet);
    const job = await bench.job(table, settings);
    const training = startTraining(bench.host, job);
    const { pid } = await training.until((now) => now.batch > 0);
    const stoppedAtMs = performance.now();
    training.abort();
    await expect(training.done).rejects.toMatchObject({ name: 'AbortError' });
    expect(isAlive(pid)).toBe(false);
    expect(performance.now() - stoppedAtMs).toBeLessThan(5000);
    const { checkpoint, batch, batches } = training.seen.at(-1)!;
    expect(batch).toBeLessThan(batches);
    const resumed = startTraining(bench.host, { ...job, resumeFrom: checkpoint });
    expect((await resumed.done).artifact).toEqual(undisturbed.artifact);
    expect(resumed.seen[0]!.batch).toBeGreaterThan(batch);
  });

  it('does not start at all when it was stopped before', async () => {
    const aborted = AbortSignal.abort();
    const train = bench.host.train(await bench.job(xorTable(100)), { ...quiet, signal: aborted });
    await expect(train).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is killed after the grace when it does not answer', async () => {
    const training = startTraining(
      createTrainerHost({ store: bench.store, graceMs: 300 }),
      await bench.job(xorTable(2000), endless),
    );
    const { pid } = await training.until(() => true);
    process.kill(pid, 'SIGSTOP');
    training.abort();
    await expect(training.done).rejects.toMatchObject({ name: 'AbortError' });
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a checkpoint that does not fit', () => {
  it.each(['missing', 'damaged', 'of other data'] as const)(
    '(%s) costs a fresh start, nothing else, and is told',
    async (how) => {
      const settings = { maxTrainEpochs: 2, patience: 2 };
      const table = xorTable(1000);
      const fresh = startTraining(bench.host, await bench.job(table, settings));
      const undisturbed = await fresh.done;
      const other = startTraining(bench.host, await bench.job(xorTable(1000, 8), settings));
      await other.done;
      let resumeFrom = (how === 'of other data' ? other : fresh).seen.at(-1)!.checkpoint!;
      if (how === 'missing') resumeFrom = { ...resumeFrom, digest: '0'.repeat(64) };
      if (how === 'damaged') {
        const path = await bench.store.verifiedPath(resumeFrom);
        const bytes = await readFile(path);
        await writeFile(path, bytes.fill(1, bytes.length - 8));
      }
      const again = startTraining(bench.host, await bench.job(table, settings, { resumeFrom }));
      const { discardedCheckpoint, ...result } = await again.done;
      expect(result).toEqual({ ...undisturbed, resumedFromTrainEpoch: 0 });
      expect(discardedCheckpoint).toContain(`The checkpoint ${resumeFrom.digest}`);
      expect(discardedCheckpoint).toMatch(how === 'of other data' ? /belongs to another job/ : /cannot be used/);
      expect(new Set(again.seen.map(({ discarded }) => discarded))).toEqual(new Set([discardedCheckpoint]));
    },
  );
});

describe('an orphaned trainer', () => {
  it.each(['loading', 'training'] as const)(
    'is gone within five seconds of its worker’s kill -9 while %s',
    async (phase) => {
      const path = join(bench.dir, `orphan-${phase}.json`);
      const job = await bench.job(xorTable(20_000), { ...endless, backend: 'tensorflow' });
      await writeFile(path, JSON.stringify({ storeDir: join(bench.dir, 'store'), job }));
      const parent = spawn(process.execPath, [PARENT, path], { stdio: ['ignore', 'pipe', 'inherit'] });
      let pid: number | undefined;
      if (phase === 'training') {
        for await (const line of createInterface({ input: parent.stdout })) {
          pid = (JSON.parse(line) as TrainProgress).pid;
          break;
        }
      } else {
        const children = `/proc/${parent.pid}/task/${parent.pid}/children`;
        while (pid === undefined || Number.isNaN(pid)) pid = Number.parseInt(await readFile(children, 'utf8'), 10);
      }
      expect(isAlive(pid!)).toBe(true);
      parent.kill('SIGKILL');
      expect(await untilGone(pid!, 10_000)).toBeLessThan(5000);
    },
  );
});

describe('limits', () => {
  it('stop a training at its wall time, with a checkpoint to go on from', async () => {
    const trainer = { ...endless, limits: { timeout: 'PT3S', memoryMb: 4096 } };
    const training = startTraining(bench.host, await bench.job(xorTable(2000), trainer));
    await expect(training.done).rejects.toMatchObject({ code: 'TRAINER_TIMEOUT', details: { timeoutMs: 3000 } });
    expect(training.seen.at(-1)!.checkpoint).not.toBeNull();
    expect(isAlive(training.seen[0]!.pid)).toBe(false);
  });

  it('stop a training that takes more memory than allowed', async () => {
    const rows = 2_000_000;
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const values = Float64Array.from({ length: rows }, (_, row) => row % 97);
    const table = tableOf(
      names.map((name) => numeric(name, values)),
      values.map((value) => value % 2),
    );
    const trainer = { ...endless, limits: { timeout: 'PT1H', memoryMb: 256 } };
    const job = await bench.job(table, trainer, { features: names.map(numericFeature) });
    await expect(bench.host.train(job, quiet)).rejects.toMatchObject({
      code: 'TRAINER_OUT_OF_MEMORY',
      details: { limitMb: 256 },
    });
  });

  it('refuse columns that alone are larger than the memory allowed, before they are read', async () => {
    const values = new Float64Array(40_000_000);
    const table = tableOf([numeric('x', [0, 1])], [0, 1]);
    const job = await bench.job(
      table,
      { limits: { timeout: 'PT1H', memoryMb: 256 } },
      { features: [numericFeature('x')] },
    );
    await writeFile(job.columnsPath, new Uint8Array(values.buffer));
    await expect(bench.host.train(job, quiet)).rejects.toMatchObject({
      code: 'TRAINER_OUT_OF_MEMORY',
      details: { memoryMb: 256 },
    });
  });
});

describe('the trainer’s environment', () => {
  it('holds nothing of the worker’s', async () => {
    process.env.PERENNIAL_SECRET_FOR_THIS_TEST = 'a database password';
    const training = startTraining(bench.host, await bench.job(xorTable(2000), endless));
    const { pid } = await training.until(() => true);
    const names = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').map((entry) => entry.split('=')[0]);
    training.abort();
    await expect(training.done).rejects.toMatchObject({ name: 'AbortError' });
    delete process.env.PERENNIAL_SECRET_FOR_THIS_TEST;
    expect(names.filter((name) => name !== '').sort()).toEqual([
      'LC_ALL',
      'NODE_CHANNEL_FD',
      'NODE_CHANNEL_SERIALIZATION_MODE',
      'OMP_NUM_THREADS',
      'TF_CPP_MIN_LOG_LEVEL',
      'TF_ENABLE_ONEDNN_OPTS',
      'TF_NUM_INTEROP_THREADS',
      'TF_NUM_INTRAOP_THREADS',
    ]);
  });

  it('has no signal handlers: SIGTERM ends it at once, and the worker is told how', async () => {
    const training = startTraining(bench.host, await bench.job(xorTable(2000), endless));
    const { pid } = await training.until(() => true);
    process.kill(pid, 'SIGTERM');
    await expect(training.done).rejects.toMatchObject({ code: 'TRAINER_CRASHED', details: { signal: 'SIGTERM' } });
  });
});
