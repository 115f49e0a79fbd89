// Loads the TensorFlow add-on and multiplies two 2x2 matrices; prints one line of JSON. A process of its own, because a
// library that does not fit the machine ends the process (illegal instruction) rather than throwing.
import { createRequire } from 'node:module';
import util from 'node:util';

// Removed in Node 23, still called by tfjs-node.
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;

const tf = createRequire(import.meta.url)('@tensorflow/tfjs-node');
const product = tf.matMul(
  [
    [1, 2],
    [3, 4],
  ],
  [
    [5, 6],
    [7, 8],
  ],
);
const values = Array.from(product.dataSync());
if (values.join() !== '19,22,43,50') throw new Error(`the product of two matrices came out as ${values}`);
process.stdout.write(`${JSON.stringify({ backend: tf.getBackend(), tfjsNode: tf.version['tfjs-node'] })}\n`);
