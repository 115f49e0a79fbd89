// The network's arithmetic, on the WebAssembly backend inside the test's process: forward pass against a plain
// computation, gradient against finite differences and tf.grads, Adam against the published algorithm, no leaked tensor.

import { beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '#dist/core/rng.js';
import { adamStep, addL2Gradient, createAdamState } from '#dist/trainer/adam.js';
import { type Backend, loadBackend } from '#dist/trainer/backend.js';
import type { Batch } from '#dist/trainer/embedding.js';
import type { EncodedTable } from '#dist/trainer/encode.js';
import { fillUntrainedRows, initialParameters, type Network, networkOf } from '#dist/trainer/network.js';
import { createNetworkPass, rowLoss, sigmoid } from '#dist/trainer/network-pass.js';
import type { FeaturePreprocessing } from '#dist/trainer/preprocessing.js';

const ROWS = 37;
const HIDDEN = [6, 5];
const fitted: FeaturePreprocessing[] = [
  { kind: 'categorical', name: 'c', levels: ['a', 'b'], width: 3, counts: [0, 2, 30, 10] },
  { kind: 'numeric', name: 'x', mean: 0, sd: 1, hasMissingInput: true },
  { kind: 'categorical', name: 'd', levels: ['u'], width: 2, counts: [1, 0, 41] },
];
const network = networkOf(fitted, HIDDEN);
const rng = createRng(11);
const table: EncodedTable = {
  rows: ROWS,
  numeric: [
    Float32Array.from({ length: ROWS }, () => rng() * 4 - 2),
    Float32Array.from({ length: ROWS }, () => +(rng() < 0.2)),
  ],
  categorical: [4, 3].map((rows) => Uint32Array.from({ length: ROWS }, () => Math.floor(rng() * rows))),
};
const labels = Uint8Array.from({ length: ROWS }, () => Number(rng() < 0.4));
// A shuffled part of the table, so that rows and batch positions differ.
const batch: Batch = {
  table,
  order: Uint32Array.from({ length: ROWS }, (_, i) => (i * 5 + 3) % ROWS),
  start: 4,
  count: 29,
};
// Larger than initial ones, so that every layer matters.
const parameters = initialParameters(network, { seed: 5, positiveShare: 0.3 }).map(
  (value) => value + (rng() - 0.5) * 0.8,
);

/** The forward pass in double precision, straight from its definition. */
function plainLogit(
  weights: ArrayLike<number>,
  net: Network,
  row: number,
  masks?: { at: number; values: Float32Array[] },
): number {
  let values: number[] = [];
  net.embeddings.forEach((tensor, index) => {
    const from = tensor.offset + table.categorical[index]![row]! * tensor.shape[1]!;
    for (let k = 0; k < tensor.shape[1]!; k += 1) values.push(weights[from + k]!);
  });
  for (const column of table.numeric) values.push(column[row]!);
  net.layers.forEach((layer, index) => {
    const isLogit = index === net.layers.length - 1;
    values = Array.from({ length: layer.outputs }, (_, out) => {
      let sum = weights[layer.bias.offset + out]!;
      for (let i = 0; i < layer.inputs; i += 1)
        sum += values[i]! * weights[layer.kernel.offset + i * layer.outputs + out]!;
      const mask = masks?.values[index]?.[masks.at * layer.outputs + out] ?? 1;
      return isLogit ? sum : Math.max(0, sum) * mask;
    });
  });
  return values[0]!;
}

function plainMeanLoss(weights: ArrayLike<number>, masks?: Float32Array[]): number {
  let sum = 0;
  for (let i = 0; i < batch.count; i += 1) {
    const row = batch.order[batch.start + i]!;
    sum += rowLoss(plainLogit(weights, network, row, masks && { at: i, values: masks }), labels[row]!);
  }
  return sum / batch.count;
}

let backend: Backend;
beforeAll(async () => {
  backend = await loadBackend({ backend: 'wasm', threads: 1 });
});

describe('network', () => {
  it('lays every tensor out once, without gaps', () => {
    let next = 0;
    for (const tensor of network.tensors) {
      expect(tensor.offset).toBe(next);
      next += tensor.size;
    }
    expect(next).toBe(network.parameters);
    expect(network.tensors.map((tensor) => tensor.name)).toEqual([
      ...['embedding/c', 'embedding/d', 'hidden1/kernel', 'hidden1/bias'],
      ...['hidden2/kernel', 'hidden2/bias', 'logit/kernel', 'logit/bias'],
    ]);
    expect(network.inputWidth).toBe(3 + 2 + 2);
  });

  it('starts from the same parameters for the same seed, other ones for another, and the base rate in the logit’s bias', () => {
    const first = initialParameters(network, { seed: 5, positiveShare: 0.2 });
    expect(initialParameters(network, { seed: 5, positiveShare: 0.2 })).toEqual(first);
    expect(initialParameters(network, { seed: 6, positiveShare: 0.2 })).not.toEqual(first);
    expect(first.at(-1)).toBeCloseTo(Math.log(0.25), 6);
  });

  it('gives the logits that the definition gives', () => {
    const logits = createNetworkPass(backend, network).forward(parameters, batch);
    const expected = Array.from({ length: batch.count }, (_, i) =>
      plainLogit(parameters, network, batch.order[batch.start + i]!),
    );
    expect(logits.length).toBe(batch.count);
    for (let i = 0; i < batch.count; i += 1) expect(logits[i]).toBeCloseTo(expected[i]!, 4);
  });

  it.each(['without', 'with'])('has the gradient that finite differences give, %s dropout', (how) => {
    const masks =
      how === 'with'
        ? HIDDEN.map((n) => Float32Array.from({ length: batch.count * n }, () => (rng() < 0.3 ? 0 : 1 / 0.7)))
        : null;
    const gradient = new Float64Array(network.parameters).fill(99);
    const loss = createNetworkPass(backend, network).gradient(parameters, batch, { labels, gradient, masks });
    expect(loss / batch.count).toBeCloseTo(plainMeanLoss(parameters, masks ?? undefined), 5);
    const weights = Float64Array.from(parameters);
    for (let i = 0; i < network.parameters; i += 1) {
      const value = weights[i]!;
      const step = 1e-5;
      weights[i] = value + step;
      const above = plainMeanLoss(weights, masks ?? undefined);
      weights[i] = value - step;
      const below = plainMeanLoss(weights, masks ?? undefined);
      weights[i] = value;
      expect(Math.abs(gradient[i]! - (above - below) / (2 * step)), `parameter ${i}`).toBeLessThan(2e-5);
    }
  });

  it('agrees with tf.grads on the dense layers', () => {
    const { tf } = backend;
    const gradient = new Float64Array(network.parameters);
    createNetworkPass(backend, network).gradient(parameters, batch, { labels, gradient, masks: null });
    const rows = Array.from({ length: batch.count }, (_, i) => batch.order[batch.start + i]!);
    const inputs = rows.map((row) => [
      ...network.embeddings.flatMap((tensor, index) => {
        const from = tensor.offset + table.categorical[index]![row]! * tensor.shape[1]!;
        return [...parameters.slice(from, from + tensor.shape[1]!)];
      }),
      ...table.numeric.map((column) => column[row]!),
    ]);
    const dense = network.layers.flatMap((layer) => [layer.kernel, layer.bias]);
    const flat = tf.tidy(() => {
      const tensors = dense.map((t) => tf.tensor([...parameters.slice(t.offset, t.offset + t.size)], [...t.shape]));
      const loss = tf.grads((...weights) => {
        let values = tf.tensor2d(inputs);
        for (let i = 0; i < weights.length; i += 2) {
          values = tf.add(tf.matMul(values, weights[i]!), weights[i + 1]!);
          if (i < weights.length - 2) values = tf.relu(values);
        }
        const y = tf.tensor2d(rows.map((row) => [labels[row]!]));
        return tf.mean(tf.losses.sigmoidCrossEntropy(y, values)) as ReturnType<typeof tf.scalar>;
      })(tensors);
      return loss.map((tensor) => [...tensor.dataSync()]);
    });
    dense.forEach((tensor, index) => {
      flat[index]!.forEach((value, i) => {
        expect(gradient[tensor.offset + i]).toBeCloseTo(value, 5);
      });
    });
  });

  it('leaves no tensor behind', () => {
    const pass = createNetworkPass(backend, network);
    const gradient = new Float64Array(network.parameters);
    const before = backend.tf.memory().numTensors;
    for (let i = 0; i < 20; i += 1) {
      pass.gradient(parameters, batch, { labels, gradient, masks: null });
      pass.forward(parameters, batch);
    }
    expect(backend.tf.memory().numTensors).toBe(before);
  });

  it('gives rows that no training row touched the weighted mean of the others, and leaves the others alone', () => {
    const changed = parameters.slice();
    fillUntrainedRows(changed, network, fitted);
    const c = network.embeddings[0]!;
    for (let k = 0; k < 3; k += 1) {
      const at = (row: number): number => parameters[c.offset + row * 3 + k]!;
      expect(changed[c.offset + k]).toBeCloseTo((2 * at(1) + 30 * at(2) + 10 * at(3)) / 42, 6);
    }
    expect(changed.subarray(c.offset + 3, c.offset + c.size)).toEqual(
      parameters.subarray(c.offset + 3, c.offset + c.size),
    );
  });

  it('computes log loss and probability without overflow', () => {
    expect([rowLoss(1000, 0), rowLoss(-1000, 1), rowLoss(1000, 1), rowLoss(0, 1)]).toEqual([1000, 1000, 0, Math.LN2]);
    expect([sigmoid(1000), sigmoid(-1000), sigmoid(0)]).toEqual([1, 0, 0.5]);
  });
});

describe('Adam', () => {
  it('takes the steps of the published algorithm', () => {
    const gradients = [0.5, -1, 0.25, 2];
    const weights = new Float32Array([1]);
    const state = createAdamState(1);
    let [m, v, expected] = [0, 0, 1];
    gradients.forEach((g, index) => {
      adamStep(weights, Float64Array.of(g), state, 0.1);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      const t = index + 1;
      expected -= (0.1 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-7);
      expect(weights[0]).toBeCloseTo(expected, 6);
    });
    expect(state.iterations).toBe(4);
    expect(state.beta1Power).toBeCloseTo(0.9 ** 4, 14);
  });

  it('shrinks kernels and embeddings by the L2 term, never biases', () => {
    const gradient = new Float64Array(network.parameters);
    addL2Gradient(gradient, parameters, network, 0.25);
    for (const tensor of network.tensors) {
      const factor = tensor.role === 'bias' ? 0 : 0.5;
      expect(gradient[tensor.offset]).toBeCloseTo(factor * parameters[tensor.offset]!, 12);
    }
  });
});
