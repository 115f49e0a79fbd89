/** Between tables and tensors: gathers the first layer's input, scatters its gradient back onto the embedding rows. */
import type { EncodedTable } from './encode.js';
import type { Network } from './network.js';

/** Rows `order[start … start + count)` of a table. */
export interface Batch {
  readonly table: EncodedTable;
  readonly order: Uint32Array;
  readonly start: number;
  readonly count: number;
}

/** The first layer's input, [count × inputWidth] row-major, written into `target`. */
export function gatherInputs(
  target: Float32Array,
  batch: Batch,
  model: { network: Network; parameters: Float32Array },
): void {
  const { table, order, start, count } = batch;
  const { network, parameters } = model;
  const stride = network.inputWidth;
  let column = 0;
  network.embeddings.forEach((tensor, index) => {
    const rowOf = table.categorical[index]!;
    const width = tensor.shape[1]!;
    for (let i = 0, to = column; i < count; i += 1, to += stride) {
      const from = tensor.offset + rowOf[order[start + i]!]! * width;
      for (let k = 0; k < width; k += 1) target[to + k] = parameters[from + k]!;
    }
    column += width;
  });
  for (const values of table.numeric) {
    for (let i = 0, to = column; i < count; i += 1, to += stride) target[to] = values[order[start + i]!]!;
    column += 1;
  }
}

/** Adds the input's gradient, [count × inputWidth], to the embedding rows that the batch used. */
export function scatterGradient(
  gradient: Float64Array,
  inputs: ArrayLike<number>,
  batch: Batch,
  network: Network,
): void {
  const { table, order, start, count } = batch;
  const stride = network.inputWidth;
  let column = 0;
  network.embeddings.forEach((tensor, index) => {
    const rowOf = table.categorical[index]!;
    const width = tensor.shape[1]!;
    for (let i = 0, from = column; i < count; i += 1, from += stride) {
      const to = tensor.offset + rowOf[order[start + i]!]! * width;
      for (let k = 0; k < width; k += 1) gradient[to + k]! += inputs[from + k]!;
    }
    column += width;
  });
}
