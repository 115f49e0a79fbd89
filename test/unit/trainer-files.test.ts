// Model and checkpoint files: exact, deterministic, and closed to everything that was not written here.
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import { createAdamState } from '#dist/trainer/adam.js';
import { type Backend, loadBackend } from '#dist/trainer/backend.js';
import { decodeCheckpoint, encodeCheckpoint } from '#dist/trainer/checkpoint.js';
import { encodeModel, loadArtifact } from '#dist/trainer/model-file.js';
import { initialParameters, networkOf } from '#dist/trainer/network.js';
import { predict } from '#dist/trainer/predict.js';
import { type FeaturePreprocessing, fitPreprocessing } from '#dist/trainer/preprocessing.js';
import { encodeTensorFile } from '#dist/trainer/tensor-file.js';
import type { TrainingState } from '#dist/trainer/training.js';
import { categorical, categoricalFeature, numeric, numericFeature, tableOf } from './trainer-fixtures.js';

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const HIDDEN = [4];
const fitted: FeaturePreprocessing[] = [
  { kind: 'numeric', name: 'x', mean: 0.1 + 0.2, sd: 1e-3, hasMissingInput: false },
  { kind: 'categorical', name: 'c', levels: ['a', 'b'], width: 2, counts: [1, 0, 5, 4] },
];
const network = networkOf(fitted, HIDDEN);
const parameters = initialParameters(network, { seed: 3, positiveShare: 0.25 });
const bytes = encodeModel({ fitted, hidden: HIDDEN, parameters });

/** The model file with its header changed and everything else as it was, under its own valid digest. */
function withHeader(
  change: (header: Record<string, unknown>) => void,
  arrays?: { name: string; values: Float32Array }[],
): Buffer {
  const length = bytes.readUInt32LE(8);
  const header = JSON.parse(bytes.toString('utf8', 12, 12 + length)) as Record<string, unknown>;
  delete header.arrays;
  change(header);
  const own = network.tensors.map(({ name, offset, size }) => ({
    name,
    values: parameters.slice(offset, offset + size),
  }));
  return encodeTensorFile('PMODEL1\n', header, arrays ?? own);
}

let backend: Backend;
beforeAll(async () => {
  backend = await loadBackend({ backend: 'wasm', threads: 1 });
});

describe('model file', () => {
  it('gives back exactly what was written', () => {
    const model = loadArtifact(bytes, digestOf(bytes));
    expect(model.fitted).toEqual(fitted);
    expect(model.parameters).toEqual(parameters);
    expect(model.network).toEqual(network);
  });

  it('is the same bytes for the same model', () => {
    expect(
      encodeModel({ fitted: structuredClone(fitted), hidden: [...HIDDEN], parameters: parameters.slice() }),
    ).toEqual(bytes);
  });

  it('refuses every single flipped bit by its digest', () => {
    const digest = digestOf(bytes);
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = damaged[at]! ^ (1 << (at % 8));
      expect(() => loadArtifact(damaged, digest)).toThrowError(
        expect.objectContaining({ code: 'ARTIFACT_DIGEST_MISMATCH' }),
      );
    }
  });

  it('refuses by name what was stored whole but is no model: cut, extended, random, or of another kind', () => {
    const rng = createRng(2);
    const hugeHeader = Buffer.from(bytes);
    hugeHeader.writeUInt32LE(0xffffffff, 8);
    const wrong = [
      ...[0, 4, 11, 12, 40, bytes.length - 1].map((length) => bytes.subarray(0, length)),
      Buffer.concat([bytes, Buffer.alloc(4)]),
      Buffer.from(Array.from({ length: 500 }, () => Math.floor(rng() * 256))),
      Buffer.from('PMODEL1\n\x10\x00\x00\x00not JSON at all!', 'latin1'),
      encodeTensorFile('PCHKPT1\n', { format: 'perennial-checkpoint' }, []),
      hugeHeader,
    ];
    for (const file of wrong) {
      expect(() => loadArtifact(file, digestOf(file))).toThrowError(
        expect.objectContaining({ code: 'INVARIANT_BROKEN' }),
      );
    }
  });

  it('refuses names off the allow-list, extra fields, foreign shapes and weights that are no numbers', () => {
    const poisoned = parameters.slice();
    poisoned[3] = Number.NaN;
    const own = network.tensors.map(({ name, offset, size }) => ({
      name,
      values: poisoned.slice(offset, offset + size),
    }));
    const wrong = [
      withHeader((header) => {
        header.activation = 'lambda';
      }),
      withHeader((header) => {
        header.model = 'pickle';
      }),
      withHeader((header) => {
        header.onLoad = 'process.exit()';
      }),
      withHeader((header) => {
        header.hidden = [1e9];
      }),
      withHeader((header) => {
        header.hidden = [5];
      }),
      withHeader((header) => {
        (header.tensors as { shape: number[] }[])[0]!.shape = [2, 4];
      }),
      withHeader((header) => {
        (header.preprocessing as { sd: number }[])[0]!.sd = 0;
      }),
      withHeader(() => undefined, own),
      withHeader(() => undefined, own.slice(1)),
      withHeader(() => undefined, [...own, { name: 'extra', values: new Float32Array(1) }]),
    ];
    for (const file of wrong) {
      expect(() => loadArtifact(file, digestOf(file))).toThrowError(
        expect.objectContaining({ code: 'INVARIANT_BROKEN' }),
      );
    }
  });

  it('carries hostile level names through saving, loading and scoring', async () => {
    const names = [
      '"',
      "'",
      '\\',
      '\n\r\u2028\0',
      '__proto__',
      'constructor',
      '😀é\u0301',
      '\ud800',
      'x'.repeat(10_000),
      '',
      ' ',
    ];
    const table = tableOf(
      [
        categorical('c', [...names, null]),
        numeric(
          'x',
          names.concat('').map((_, i) => i),
        ),
      ],
      [...names, ''].map((_, i) => i % 2),
    );
    const features = [categoricalFeature('c'), numericFeature('x')];
    const hostile = fitPreprocessing(table, table.rows, features);
    const net = networkOf(hostile, HIDDEN);
    const weights = initialParameters(net, { seed: 1, positiveShare: 0.5 });
    const file = encodeModel({ fitted: hostile, hidden: HIDDEN, parameters: weights });
    const model = loadArtifact(file, digestOf(file));
    expect(model.fitted).toEqual(hostile);
    const scores = await predict(model, table, { backend });
    const original = await predict({ digest: '', fitted: hostile, network: net, parameters: weights }, table, {
      backend,
    });
    expect(scores).toEqual(original);
    expect(hostile[0]).toMatchObject({ levels: expect.arrayContaining(names) });
  });
});

describe('prediction', () => {
  it('scores unseen levels, nulls and infinities with a probability, and an empty table with none', async () => {
    const model = loadArtifact(bytes, digestOf(bytes));
    const x = [0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308];
    const table = tableOf([numeric('x', x), categorical('c', ['never seen', null, 'a', 'b', ''])], [0, 1, 0, 1, 0]);
    for (const score of await predict(model, table, { backend })) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
    }
    expect(await predict(model, tableOf([numeric('x', []), categorical('c', [])], []), { backend })).toHaveLength(0);
  });

  it('scores the rows asked for, in the order asked', async () => {
    const model = loadArtifact(bytes, digestOf(bytes));
    const table = tableOf([numeric('x', [0.3, 0.301, 0.299]), categorical('c', ['a', 'b', 'a'])], [0, 0, 0]);
    const all = await predict(model, table, { backend });
    const some = await predict(model, table, { backend, rows: Uint32Array.of(2, 0) });
    expect([...some]).toEqual([expect.closeTo(all[2]!, 6), expect.closeTo(all[0]!, 6)]);
  });

  it('names the feature that a table lacks', async () => {
    const model = loadArtifact(bytes, digestOf(bytes));
    await expect(predict(model, tableOf([numeric('x', [1])], [0]), { backend })).rejects.toMatchObject({
      code: 'DATA_SCHEMA_VIOLATION',
      details: { feature: 'c' },
    });
  });
});

describe('checkpoint file', () => {
  const state: TrainingState = {
    parameters,
    adam: { ...createAdamState(network.parameters), iterations: 17, beta1Power: 0.9 ** 17, beta2Power: 0.1 + 0.2 },
    trainEpoch: 2,
    batch: 5,
    lossSum: 1 / 3,
    lossRows: 10_240,
    best: { parameters: parameters.map((value) => value * 2), validationLoss: 0.1 + 0.7, trainEpoch: 1 },
    trainEpochsWithoutGain: 1,
  };
  state.adam.m.fill(1e-30);
  const expectation = (file: Buffer) => ({ digest: digestOf(file), jobKey: 'k', parameters: network.parameters });

  it.each([state, { ...state, best: null }])('holds the training state to the last bit', (kept) => {
    const file = encodeCheckpoint(kept, { jobKey: 'k', owner: 'a' });
    expect(decodeCheckpoint(file, expectation(file))).toEqual(kept);
  });

  it('of another attempt is another file, though the state is the same', () => {
    const by = (owner: string) => encodeCheckpoint(state, { jobKey: 'k', owner });
    expect(by('a').equals(by('b'))).toBe(false);
    expect(by('a').equals(by('a'))).toBe(true);
  });

  it('is ignored by another job and by a network of another size', () => {
    const file = encodeCheckpoint(state, { jobKey: 'k', owner: 'a' });
    expect(decodeCheckpoint(file, { ...expectation(file), jobKey: 'other' })).toBeNull();
    expect(decodeCheckpoint(file, { ...expectation(file), parameters: 3 })).toBeNull();
  });

  it('is refused when its bytes were changed', () => {
    const file = encodeCheckpoint(state, { jobKey: 'k', owner: 'a' });
    const expected = expectation(file);
    file[file.length - 1] = file[file.length - 1]! ^ 1;
    expect(() => decodeCheckpoint(file, expected)).toThrowError(
      expect.objectContaining({ code: 'ARTIFACT_DIGEST_MISMATCH' }),
    );
  });
});
