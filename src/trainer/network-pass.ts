/**
 * Forward and backward pass. Matrix products run in the tensor library; embeddings, the loss and everything that has a
 * few thousand elements run here in typed arrays. Own code instead of `model.fit`, which blocks the event loop for 150 ms,
 * shuffles with an unseedable generator and cannot store its optimizer exactly.
 */
import type { Backend, Tensor2D } from './backend.js';
import { type Batch, gatherInputs, scatterGradient } from './embedding.js';
import type { DenseLayer, Network } from './network.js';

/** Factors for each hidden layer's outputs, [count × outputs] row-major: 0 where dropped, 1 / (1 − rate) elsewhere. */
export type DropoutMasks = readonly Float32Array[];

function transposed(parameters: Float32Array, layer: DenseLayer): Float32Array {
  const { inputs, outputs, kernel } = layer;
  const result = new Float32Array(kernel.size);
  for (let i = 0; i < inputs; i += 1) {
    for (let k = 0; k < outputs; k += 1) result[k * inputs + i] = parameters[kernel.offset + i * outputs + k]!;
  }
  return result;
}

/** Log loss of one row from its logit, without overflow: softplus(z) − y z. */
export function rowLoss(logit: number, label: number): number {
  return Math.max(logit, 0) - label * logit + Math.log1p(Math.exp(-Math.abs(logit)));
}

/** 1 / (1 + e^−z) without overflow. */
export function sigmoid(logit: number): number {
  if (logit >= 0) return 1 / (1 + Math.exp(-logit));
  const e = Math.exp(logit);
  return e / (1 + e);
}

export interface NetworkPass {
  /** @returns the logits, [count]; NaN parameters give NaN */
  forward(parameters: Float32Array, batch: Batch): Float32Array;
  /**
   * Writes the gradient of the batch's mean log loss into `gradient` (overwritten, laid out as the parameters).
   * @param step.labels 0 or 1 for each row of the table
   * @returns the sum of the batch's log losses before the step
   */
  gradient(
    parameters: Float32Array,
    batch: Batch,
    step: { readonly labels: Uint8Array; readonly gradient: Float64Array; readonly masks: DropoutMasks | null },
  ): number;
}

interface Layers {
  readonly backend: Backend;
  readonly network: Network;
  readonly parameters: Float32Array;
  readonly batch: Batch;
  readonly masks: DropoutMasks | null;
}

/** @returns the input and every hidden activation, then the logits, [count × outputs] each; the caller's tidy owns them */
function activations({ backend, network, parameters, batch, masks }: Layers, input: Float32Array): Tensor2D[] {
  const { tf } = backend;
  const outputs: Tensor2D[] = [tf.tensor2d(input, [batch.count, network.inputWidth])];
  network.layers.forEach((layer, index) => {
    const { kernel, bias, inputs, outputs: width } = layer;
    const weights = tf.tensor2d(parameters.slice(kernel.offset, kernel.offset + kernel.size), [inputs, width]);
    const offsets = tf.tensor1d(parameters.slice(bias.offset, bias.offset + bias.size));
    let output = tf.add<Tensor2D>(tf.matMul(outputs[index]!, weights), offsets);
    if (index < network.layers.length - 1) {
      output = tf.relu(output);
      const mask = masks?.[index];
      if (mask !== undefined) output = tf.mul(output, tf.tensor2d(mask, [batch.count, width]));
    }
    outputs.push(output);
  });
  return outputs;
}

/**
 * Writes the gradient of every parameter that the batch touches.
 * @param outputs as `activations` gives them
 * @param logitError derivative of the loss by each logit, [count]
 */
function backward(
  { backend, network, parameters, batch, masks }: Layers,
  outputs: readonly Tensor2D[],
  { logitError, gradient }: { logitError: Float32Array; gradient: Float64Array },
): void {
  const { tf } = backend;
  const ones = tf.ones([1, batch.count]) as Tensor2D;
  let error: Tensor2D = tf.tensor2d(logitError, [batch.count, 1]);
  for (let index = network.layers.length - 1; index >= 0; index -= 1) {
    const layer = network.layers[index]!;
    gradient.set(backend.transposedMatMul(outputs[index]!, error).dataSync(), layer.kernel.offset);
    // A product with ones is the column sum, and the faster one of the two.
    gradient.set(tf.matMul(ones, error).dataSync(), layer.bias.offset);
    if (index === 0 && network.embeddings.length === 0) return;
    const back = tf.matMul(error, tf.tensor2d(transposed(parameters, layer), [layer.outputs, layer.inputs]));
    if (index === 0) {
      scatterGradient(gradient, back.dataSync(), batch, network);
      return;
    }
    error = tf.mul<Tensor2D>(back, backend.isPositive(outputs[index]!));
    const mask = masks?.[index - 1];
    if (mask !== undefined) error = tf.mul<Tensor2D>(error, tf.tensor2d(mask, [batch.count, layer.inputs]));
  }
}

export function createNetworkPass(backend: Backend, network: Network): NetworkPass {
  const { tf } = backend;
  /** A fresh array each time: the native backend may upload it later than the call that takes it. */
  const inputOf = (parameters: Float32Array, batch: Batch): Float32Array => {
    const input = new Float32Array(batch.count * network.inputWidth);
    gatherInputs(input, batch, { network, parameters });
    return input;
  };

  return {
    forward: (parameters, batch) => {
      let logits: Float32Array = new Float32Array(0);
      tf.tidy(() => {
        const layers = { backend, network, parameters, batch, masks: null };
        // Returned from tidy, an array would be searched for tensors element by element.
        logits = activations(layers, inputOf(parameters, batch)).at(-1)!.dataSync<'float32'>();
      });
      return logits;
    },
    gradient: (parameters, batch, { labels, gradient, masks }) =>
      tf.tidy(() => {
        const layers = { backend, network, parameters, batch, masks };
        const outputs = activations(layers, inputOf(parameters, batch));
        const logits = outputs.at(-1)!.dataSync();
        const logitError = new Float32Array(batch.count);
        let loss = 0;
        for (let i = 0; i < batch.count; i += 1) {
          const label = labels[batch.order[batch.start + i]!]!;
          loss += rowLoss(logits[i]!, label);
          logitError[i] = (sigmoid(logits[i]!) - label) / batch.count;
        }
        gradient.fill(0);
        backward(layers, outputs, { logitError, gradient });
        return loss;
      }),
  };
}
