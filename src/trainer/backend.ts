/**
 * The tensor library behind the network: TensorFlow's C library through tfjs-node, or WebAssembly from npm alone. Only a
 * forked child (or a test) loads it: tfjs takes half a second and 300 MB, and TensorFlow may not share a process with
 * signal handlers.
 */
import { createRequire } from 'node:module';
import util from 'node:util';
import type * as TfModule from '@tensorflow/tfjs';
import { PipelineError } from '../core/errors.js';
import type { TrainerSpec } from '../core/spec/schema.js';

type Tf = typeof TfModule;
export type Tensor2D = TfModule.Tensor2D;
export type BackendName = TrainerSpec['backend'];

export interface Backend {
  readonly name: BackendName;
  readonly tf: Tf;
  /** Threads that the backend really uses: WebAssembly runs on one in Node, whatever was asked. */
  readonly threads: number;
  readonly versions: Readonly<Record<string, string>>;
  /** 1 where a ReLU's output is positive, else 0; by the operation that is fast in this backend. */
  readonly isPositive: (activation: Tensor2D) => Tensor2D;
  /** aᵀ · b; WebAssembly is five times faster with an explicit transpose. */
  readonly transposedMatMul: (a: Tensor2D, b: Tensor2D) => Tensor2D;
}

const require = createRequire(import.meta.url);

/** tfjs-node 4 still calls two functions that Node 23 removed. */
function restoreRemovedUtilities(): void {
  const old = util as unknown as Record<string, unknown>;
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  old.isArray ??= Array.isArray;
}

function loadTensorflow(threads: number): Backend {
  restoreRemovedUtilities();
  let tf: Tf;
  try {
    tf = require('@tensorflow/tfjs-node') as Tf;
  } catch (cause) {
    throw new PipelineError(
      'NATIVE_PART_MISSING',
      'TensorFlow’s native part cannot be loaded. Run `npm run setup`, or set `trainer.backend: wasm`, which needs none.',
      { cause, details: { part: 'tensorflow', reason: cause instanceof Error ? cause.message : String(cause) } },
    );
  }
  const native = tf.backend() as unknown as { binding?: { TF_Version?: string } };
  return {
    name: 'tensorflow',
    tf,
    threads,
    versions: {
      tfjs: tf.version.tfjs,
      tfjsNode: (tf.version as Record<string, string>)['tfjs-node'] ?? 'unknown',
      tensorflow: native.binding?.TF_Version ?? 'unknown',
    },
    isPositive: (activation) => tf.sign(activation),
    transposedMatMul: (a, b) => tf.matMul(a, b, true, false),
  };
}

async function loadWasm(): Promise<Backend> {
  const tf = require('@tensorflow/tfjs') as Tf;
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { version_wasm: string };
  const isReady = await tf.setBackend('wasm');
  if (!isReady || tf.getBackend() !== 'wasm') {
    throw new PipelineError('NATIVE_PART_MISSING', 'The WebAssembly backend did not start; reinstall with `npm ci`.', {
      details: { part: 'wasm' },
    });
  }
  return {
    name: 'wasm',
    tf,
    threads: 1,
    versions: { tfjs: tf.version.tfjs, tfjsBackendWasm: wasm.version_wasm },
    isPositive: (activation) => tf.step(activation),
    transposedMatMul: (a, b) => tf.matMul(tf.transpose(a), b),
  };
}

/**
 * @param settings.threads for TensorFlow they take effect through the environment of the process (see child-process.ts)
 * @throws NATIVE_PART_MISSING
 */
export async function loadBackend(settings: {
  readonly backend: BackendName;
  readonly threads: number;
}): Promise<Backend> {
  return settings.backend === 'tensorflow' ? loadTensorflow(settings.threads) : await loadWasm();
}
