// Training and scoring through the host, in real forked processes: what it learns, that it repeats itself bit by bit, and
// what it refuses.
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeColumnTable } from '#dist/core/column-table.js';
import { createRng } from '#dist/core/rng.js';
import { trainerCodeDigest } from '#dist/trainer/code-digest.js';
import {
  categorical,
  categoricalFeature,
  numeric,
  numericFeature,
  tableOf,
  xorFeatures,
  xorTable,
} from '../unit/trainer-fixtures.js';
import { type Bench, createBench, startTraining } from './trainer-fixtures.js';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterAll(() => bench.close());

const signal = new AbortController().signal;
const quiet = { signal, onProgress: () => undefined };

describe.each(['tensorflow', 'wasm'] as const)('training on %s', (backend) => {
  it('learns an interaction that no single column shows, and scores it in a fresh process', async () => {
    const table = xorTable(4000);
    const job = await bench.job(table, { backend, batchSize: 128, learningRate: 0.01 });
    const training = startTraining(bench.host, job);
    const result = await training.done;
    expect(result.validationLoss).toBeLessThan(0.1);
    expect(result.resumedFromTrainEpoch).toBe(0);
    expect(result.bestTrainEpoch).toBeLessThanOrEqual(result.trainEpochs);
    expect(result.environment).toMatchObject({ backend, threads: 1, seed: 1, trainerCodeDigest: trainerCodeDigest() });
    if (backend === 'tensorflow') expect(result.environment.tensorflow).toMatch(/^2\.\d+/);
    const progress = training.seen.at(-1);
    expect(progress).toMatchObject({
      trainEpoch: result.trainEpochs,
      validationLoss: expect.any(Number),
      trainLoss: expect.any(Number),
    });

    const { columnsPath, workDir, trainer } = job;
    const prediction = await bench.host.predict(
      { columnsPath, artifacts: [result.artifact, result.artifact], workDir, trainer },
      { signal },
    );
    const [first, second] = prediction.scores;
    expect(first).toHaveLength(table.rows);
    expect(second).toEqual(first);
    const right = first!.reduce((sum, score, row) => sum + Number(Math.round(score) === table.label[row]), 0);
    expect(right / table.rows).toBeGreaterThan(0.97);
    expect(prediction.latencyMs).toBeGreaterThan(0);
    expect(prediction.peakMemoryMb).toBeGreaterThan(40);

    const head = await bench.host.predict(
      { columnsPath, artifacts: [result.artifact], workDir, trainer, rows: 7 },
      { signal },
    );
    expect(head.scores[0]).toHaveLength(7);
    head.scores[0]!.forEach((score, row) => {
      expect(score).toBeCloseTo(first![row]!, 6);
    });
    // Scores, checkpoints and the artifact were all taken over: nothing is left in the scratch folder.
    expect(await readdir(workDir)).toEqual([]);
  });
});

describe('training', () => {
  it('gives the same digest in two processes, and another one for another seed', async () => {
    const table = xorTable(3000);
    const settings = { backend: 'tensorflow' as const, maxTrainEpochs: 3, dropout: 0.2, l2: 1e-4 };
    const digests: string[] = [];
    for (const seed of [5, 5, 6]) {
      const result = await bench.host.train(await bench.job(table, { ...settings, seed }), quiet);
      digests.push(result.artifact.digest);
    }
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
  });

  it('trains on nulls, constant and empty columns, rare and unseen levels without a number going wrong', async () => {
    const rng = createRng(3);
    const rows = 1200;
    const mixed = Array.from({ length: rows }, (_, row) =>
      rng() < 0.2 ? null : row < 900 ? `l${Math.floor(rng() * 4)}` : 'only in validation',
    );
    const table = tableOf(
      [
        numeric('empty', new Array(rows).fill(Number.NaN)),
        numeric('constant', new Array(rows).fill(0.1)),
        numeric(
          'holes',
          Array.from({ length: rows }, () => (rng() < 0.3 ? Number.NaN : rng())),
        ),
        numeric(
          'endless',
          Array.from({ length: rows }, (_, row) => (row === 5 ? Number.POSITIVE_INFINITY : rng())),
        ),
        categorical('mixed', mixed),
        categorical(
          'unique',
          Array.from({ length: rows }, (_, row) => `id ${row}`),
        ),
      ],
      Array.from({ length: rows }, () => Number(rng() < 0.3)),
    );
    const features = [
      ...['empty', 'constant', 'holes', 'endless'].map(numericFeature),
      categoricalFeature('mixed'),
      categoricalFeature('unique', { minCount: 2 }),
    ];
    const job = await bench.job(table, { maxTrainEpochs: 3 }, { features });
    const result = await bench.host.train(job, quiet);
    expect(result.validationLoss).toBeLessThan(0.75);
    const { scores } = await bench.host.predict({ ...job, artifacts: [result.artifact] }, { signal });
    expect(scores[0]!.every((score) => score > 0 && score < 1)).toBe(true);
  });

  it('stops with a name when the loss is no number any more', async () => {
    const job = await bench.job(xorTable(2000), { learningRate: 1, l2: 1e300 });
    await expect(bench.host.train(job, quiet)).rejects.toMatchObject({ code: 'TRAINING_DIVERGED' });
  });

  it('refuses rows of one class, and a split without training or validation rows', async () => {
    const table = xorTable(100);
    table.label.fill(0, 0, 80);
    await expect(bench.host.train(await bench.job(table), quiet)).rejects.toMatchObject({
      code: 'DATA_SCHEMA_VIOLATION',
    });
    for (const trainRows of [0, 100]) {
      const job = await bench.job(xorTable(100), {}, { trainRows });
      await expect(bench.host.train(job, quiet)).rejects.toMatchObject({ code: 'DATA_WINDOW_EMPTY' });
    }
  });

  it('names a feature that the columns lack', async () => {
    const job = await bench.job(xorTable(100), {}, { features: [...xorFeatures, numericFeature('altitude')] });
    await expect(bench.host.train(job, quiet)).rejects.toMatchObject({
      code: 'DATA_SCHEMA_VIOLATION',
      details: { feature: 'altitude' },
    });
  });

  it('refuses to score with an artifact that was changed or is not there', async () => {
    const job = await bench.job(xorTable(200), { maxTrainEpochs: 1 });
    const { artifact } = await bench.host.train(job, quiet);
    const missing = { ...artifact, digest: artifact.digest.replace(/./g, '0') };
    await expect(bench.host.predict({ ...job, artifacts: [missing] }, { signal })).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
    });
    const path = await bench.store.verifiedPath(artifact);
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    await expect(bench.host.predict({ ...job, artifacts: [artifact] }, { signal })).rejects.toMatchObject({
      code: 'ARTIFACT_DIGEST_MISMATCH',
    });
  });

  it('leaves one checkpoint in the store, and the artifact', async () => {
    const clean = await createBench();
    try {
      const training = startTraining(clean.host, await clean.job(xorTable(1000), { maxTrainEpochs: 4, patience: 4 }));
      const { artifact } = await training.done;
      const { checkpoint } = training.seen.at(-1)!;
      const folders = (await readdir(join(clean.dir, 'store'))).filter((name) => name !== 'tmp');
      const files = await Promise.all(
        folders.map((name) => readdir(join(clean.dir, 'store', name)).then((rest) => rest.map((end) => name + end))),
      );
      expect(files.flat().sort()).toEqual([artifact.digest, checkpoint!.digest].sort());
    } finally {
      await clean.close();
    }
  });

  it('refuses a column file that is cut short', async () => {
    const job = await bench.job(xorTable(200));
    const whole = Buffer.concat(encodeColumnTable(xorTable(200)));
    await writeFile(job.columnsPath, whole.subarray(0, whole.length - 100));
    await expect(bench.host.train(job, quiet)).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
  });
});

/** The built project beside all its dependencies, but tfjs-node as npm leaves it without set-up: no native part. */
async function checkoutWithoutNativePart(dir: string): Promise<string> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const modules = join(root, 'node_modules');
  const copy = join(dir, 'checkout');
  const scope = join(copy, 'node_modules', '@tensorflow');
  await mkdir(join(scope, 'tfjs-node'), { recursive: true });
  const link = (from: string, to: string, names: string[]) =>
    Promise.all(names.map((name) => symlink(join(from, name), join(to, name))));
  await link(
    modules,
    join(copy, 'node_modules'),
    (await readdir(modules)).filter((name) => name !== '@tensorflow'),
  );
  const packages = (await readdir(join(modules, '@tensorflow'))).filter((name) => name !== 'tfjs-node');
  await link(join(modules, '@tensorflow'), scope, packages);
  for (const part of ['package.json', 'dist']) {
    await cp(join(modules, '@tensorflow', 'tfjs-node', part), join(scope, 'tfjs-node', part), { recursive: true });
  }
  for (const part of ['package.json', 'dist']) await cp(join(root, part), join(copy, part), { recursive: true });
  return copy;
}

describe('a checkout without the native part', () => {
  it('says what is missing and what to do about it, and trains on WebAssembly', async () => {
    const copy = await checkoutWithoutNativePart(bench.dir);
    const { createTrainerHost } = (await import(
      join(copy, 'dist/trainer/host.js')
    )) as typeof import('#dist/trainer/host.js');
    const host = createTrainerHost({ store: bench.store });
    const settings = { maxTrainEpochs: 1 };
    await expect(
      host.train(await bench.job(xorTable(200), { ...settings, backend: 'tensorflow' }), quiet),
    ).rejects.toMatchObject({
      code: 'NATIVE_PART_MISSING',
      message: expect.stringContaining('npm run setup'),
    });
    const result = await host.train(await bench.job(xorTable(200), settings), quiet);
    expect(result.environment).toMatchObject({ backend: 'wasm' });
  });
});
