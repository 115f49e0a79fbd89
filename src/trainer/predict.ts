/** Probabilities of the positive class from a loaded model: the one prediction function, used by every job that scores. */
import type { ColumnTable } from '../core/column-table.js';
import type { Backend } from './backend.js';
import { encodeTable } from './encode.js';
import type { Model } from './model-file.js';
import { createNetworkPass, sigmoid } from './network-pass.js';

const CHUNK_ROWS = 8192;

/**
 * @param options.rows row numbers to score; all rows of the table when absent
 * @param options.yieldToLoop called between chunks of 8,192 rows, so that the process still hears its parent
 * @returns a probability in [0, 1] for each row asked for, in that order
 * @throws DATA_SCHEMA_VIOLATION when the table lacks a feature of the model
 */
export async function predict(
  model: Model,
  table: ColumnTable,
  options: { readonly backend: Backend; readonly rows?: Uint32Array; readonly yieldToLoop?: () => Promise<void> },
): Promise<Float32Array> {
  const encoded = encodeTable(table, model.fitted);
  const order = options.rows ?? Uint32Array.from({ length: table.rows }, (_, row) => row);
  const pass = createNetworkPass(options.backend, model.network);
  const scores = new Float32Array(order.length);
  for (let start = 0; start < order.length; start += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, order.length - start);
    const logits = pass.forward(model.parameters, { table: encoded, order, start, count });
    for (let i = 0; i < count; i += 1) scores[start + i] = sigmoid(logits[i]!);
    await options.yieldToLoop?.();
  }
  return scores;
}
