/**
 * Shape of the network and where each tensor lies in the one flat parameter array: embeddings of every categorical
 * feature and all numeric inputs side by side, hidden ReLU layers, one logit. One flat Float32Array a model keeps Adam,
 * checkpoints and files simple and exact.
 */
import { createRng } from '../core/rng.js';
import { type CategoricalPreprocessing, type FeaturePreprocessing, NULL_ROW, OTHER_ROW } from './preprocessing.js';

interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** First element in the flat array. */
  readonly offset: number;
  readonly size: number;
  readonly role: 'embedding' | 'kernel' | 'bias';
}

export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: TensorSpec;
  readonly bias: TensorSpec;
}

export interface Network {
  readonly embeddings: readonly TensorSpec[];
  /** Hidden layers, then the logit. */
  readonly layers: readonly DenseLayer[];
  readonly numericInputs: number;
  /** Width of a row of the first layer's input: embeddings first, then numeric inputs. */
  readonly inputWidth: number;
  readonly tensors: readonly TensorSpec[];
  readonly parameters: number;
}

const isCategorical = (feature: FeaturePreprocessing): feature is CategoricalPreprocessing =>
  feature.kind === 'categorical';

export function networkOf(fitted: readonly FeaturePreprocessing[], hidden: readonly number[]): Network {
  const tensors: TensorSpec[] = [];
  let parameters = 0;
  const add = (name: string, role: TensorSpec['role'], shape: readonly number[]): TensorSpec => {
    const size = shape.reduce((product, length) => product * length, 1);
    const tensor = { name, shape, offset: parameters, size, role };
    parameters += size;
    tensors.push(tensor);
    return tensor;
  };
  const embeddings = fitted
    .filter(isCategorical)
    .map((feature) => add(`embedding/${feature.name}`, 'embedding', [feature.counts.length, feature.width]));
  const numericInputs = fitted.reduce(
    (sum, feature) => sum + (feature.kind === 'numeric' ? 1 + Number(feature.hasMissingInput) : 0),
    0,
  );
  const inputWidth = numericInputs + embeddings.reduce((sum, tensor) => sum + (tensor.shape[1] ?? 0), 0);
  const layers = [...hidden, 1].map((outputs, index) => {
    const inputs = index === 0 ? inputWidth : (hidden[index - 1] ?? 0);
    const name = index === hidden.length ? 'logit' : `hidden${index + 1}`;
    const kernel = add(`${name}/kernel`, 'kernel', [inputs, outputs]);
    return { inputs, outputs, kernel, bias: add(`${name}/bias`, 'bias', [outputs]) };
  });
  return { embeddings, layers, numericInputs, inputWidth, tensors, parameters };
}

/**
 * Embeddings uniform in ± 0.05, kernels He-uniform (± sqrt(6 / inputs)) for the hidden layers and Glorot-uniform for the
 * logit, biases 0 except the logit's, which starts at the log odds of the training rows, so that no step is spent on the base rate.
 * @param options.positiveShare share of label 1 in the training rows, strictly between 0 and 1
 */
export function initialParameters(
  network: Network,
  options: { readonly seed: number; readonly positiveShare: number },
): Float32Array {
  const parameters = new Float32Array(network.parameters);
  const fill = (tensor: TensorSpec, limit: number, stream: number): void => {
    const rng = createRng(options.seed, 0, stream);
    for (let i = 0; i < tensor.size; i += 1) parameters[tensor.offset + i] = (2 * rng() - 1) * limit;
  };
  network.embeddings.forEach((tensor, index) => {
    fill(tensor, 0.05, index);
  });
  network.layers.forEach((layer, index) => {
    const isLogit = index === network.layers.length - 1;
    const limit = Math.sqrt(6 / (layer.inputs + (isLogit ? layer.outputs : 0)));
    fill(layer.kernel, limit, network.embeddings.length + index);
    if (isLogit) parameters[layer.bias.offset] = Math.log(options.positiveShare / (1 - options.positiveShare));
  });
  return parameters;
}

/**
 * Gives embedding rows that no training row touches (null or other that never occurred) the mean of the trained rows,
 * weighted by their training rows: an unseen level is then scored like an average one instead of by leftover noise.
 * Changes `parameters` in place; safe during training, since such rows have no gradient.
 */
export function fillUntrainedRows(
  parameters: Float32Array,
  network: Network,
  fitted: readonly FeaturePreprocessing[],
): void {
  fitted.filter(isCategorical).forEach((feature, index) => {
    const offset = network.embeddings[index]?.offset ?? 0;
    const total = feature.counts.reduce((sum, count) => sum + count, 0);
    for (const row of [NULL_ROW, OTHER_ROW]) {
      if (feature.counts[row] !== 0) continue;
      for (let k = 0; k < feature.width; k += 1) {
        let sum = 0;
        feature.counts.forEach((count, other) => {
          sum += count * (parameters[offset + other * feature.width + k] ?? 0);
        });
        parameters[offset + row * feature.width + k] = total === 0 ? 0 : sum / total;
      }
    }
  });
}
