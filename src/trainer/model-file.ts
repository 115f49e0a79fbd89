/**
 * The artifact: topology, preprocessing and weights of a trained model as one deterministic file, whose sha256 is the
 * artifact digest. No time, run or host in it. Data, never code: every name comes from an allow-list, and the shapes follow
 * from topology and preprocessing, so that a file cannot ask for tensors of its own.
 */
import { z } from 'zod';
import { PipelineError } from '../core/errors.js';
import type { Digest } from '../core/types.js';
import { type Network, networkOf } from './network.js';
import type { FeaturePreprocessing } from './preprocessing.js';
import { decodeTensorFile, encodeTensorFile, type NamedArray } from './tensor-file.js';

const MAGIC = 'PMODEL1\n';

const preprocessingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('numeric'),
    name: z.string(),
    mean: z.number(),
    sd: z.number().positive(),
    hasMissingInput: z.boolean(),
  }),
  z
    .strictObject({
      kind: z.literal('categorical'),
      name: z.string(),
      levels: z.array(z.string()),
      width: z.int().min(1).max(64),
      counts: z.array(z.int().min(0)),
    })
    .refine((feature) => feature.counts.length === feature.levels.length + 2, 'one count a row'),
]);

const fittedSchema = z.array(preprocessingSchema).min(1).max(500);

const headerSchema = z.strictObject({
  format: z.literal('perennial-model'),
  model: z.literal('embedding-mlp'),
  hidden: z.array(z.int().min(1).max(1024)).min(1).max(4),
  activation: z.literal('relu'),
  output: z.literal('sigmoid'),
  preprocessing: fittedSchema,
  tensors: z.array(z.strictObject({ name: z.string(), shape: z.array(z.int().min(0)), dtype: z.literal('float32') })),
});

export interface Model {
  readonly digest: Digest;
  readonly fitted: readonly FeaturePreprocessing[];
  readonly network: Network;
  readonly parameters: Float32Array;
}

const tensorListOf = (network: Network) =>
  network.tensors.map(({ name, shape }) => ({ name, shape: [...shape], dtype: 'float32' as const }));

export function encodeModel(model: {
  readonly fitted: readonly FeaturePreprocessing[];
  readonly hidden: readonly number[];
  readonly parameters: Float32Array;
}): Buffer {
  const network = networkOf(model.fitted, model.hidden);
  const arrays: NamedArray[] = network.tensors.map(({ name, offset, size }) => ({
    name,
    values: model.parameters.subarray(offset, offset + size),
  }));
  const header = {
    format: 'perennial-model',
    model: 'embedding-mlp',
    hidden: model.hidden,
    activation: 'relu',
    output: 'sigmoid',
    preprocessing: model.fitted,
    tensors: tensorListOf(network),
  };
  return encodeTensorFile(MAGIC, header, arrays);
}

function refuse(digest: Digest, reason: string): never {
  throw new PipelineError(
    'INVARIANT_BROKEN',
    `Artifact ${digest} is not a model that this version can load: ${reason}.`,
    {
      details: { digest, reason },
    },
  );
}

/**
 * @param expectedDigest checked against the bytes before anything in them is read
 * @throws ARTIFACT_DIGEST_MISMATCH; INVARIANT_BROKEN for a file that is whole but no model of this format
 */
export function loadArtifact(bytes: Buffer, expectedDigest: Digest): Model {
  const file = decodeTensorFile(bytes, { magic: MAGIC, digest: expectedDigest, what: 'model' });
  const parsed = headerSchema.safeParse(file.header);
  if (!parsed.success) return refuse(expectedDigest, parsed.error.issues[0]?.message ?? 'malformed header');
  const { preprocessing, hidden, tensors } = parsed.data;
  const network = networkOf(preprocessing, hidden);
  if (JSON.stringify(tensors) !== JSON.stringify(tensorListOf(network))) {
    return refuse(expectedDigest, 'its tensors do not follow from its topology');
  }
  const parameters = new Float32Array(network.parameters);
  for (const [index, tensor] of network.tensors.entries()) {
    const array = file.arrays[index];
    if (array?.name !== tensor.name || array.values.length !== tensor.size) {
      return refuse(expectedDigest, `tensor ${tensor.name} is missing or has another size`);
    }
    parameters.set(array.values, tensor.offset);
  }
  if (file.arrays.length !== network.tensors.length) return refuse(expectedDigest, 'it holds extra arrays');
  if (!parameters.every(Number.isFinite)) return refuse(expectedDigest, 'a weight is not finite');
  return { digest: expectedDigest, fitted: preprocessing, network, parameters };
}
