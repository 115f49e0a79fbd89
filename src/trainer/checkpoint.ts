/**
 * A checkpoint: the whole training state, exactly. `jobKey` binds it to everything that the result depends on (data, spec,
 * code, environment); under another key it is ignored and training starts afresh, because a mixed state would give a model
 * that nobody could reproduce.
 */
import { z } from 'zod';
import type { Digest } from '../core/types.js';
import { decodeTensorFile, encodeTensorFile, type NamedArray } from './tensor-file.js';
import type { TrainingState } from './training.js';

const MAGIC = 'PCHKPT1\n';

const headerSchema = z.strictObject({
  format: z.literal('perennial-checkpoint'),
  jobKey: z.string(),
  /** The attempt that wrote it: two runs of one recipe on the same data must not share (and tidy away) a file. */
  owner: z.string(),
  trainEpoch: z.int().min(0),
  batch: z.int().min(0),
  lossSum: z.number(),
  lossRows: z.int().min(0),
  iterations: z.int().min(0),
  beta1Power: z.number(),
  beta2Power: z.number(),
  trainEpochsWithoutGain: z.int().min(0),
  best: z.strictObject({ validationLoss: z.number(), trainEpoch: z.int().min(1) }).nullable(),
});

export function encodeCheckpoint(
  state: TrainingState,
  by: { readonly jobKey: Digest; readonly owner: string },
): Buffer {
  const { adam, best } = state;
  const arrays: NamedArray[] = [
    { name: 'parameters', values: state.parameters },
    { name: 'adam/m', values: adam.m },
    { name: 'adam/v', values: adam.v },
  ];
  if (best !== null) arrays.push({ name: 'best', values: best.parameters });
  const header: z.output<typeof headerSchema> = {
    format: 'perennial-checkpoint',
    jobKey: by.jobKey,
    owner: by.owner,
    trainEpoch: state.trainEpoch,
    batch: state.batch,
    lossSum: state.lossSum,
    lossRows: state.lossRows,
    iterations: adam.iterations,
    beta1Power: adam.beta1Power,
    beta2Power: adam.beta2Power,
    trainEpochsWithoutGain: state.trainEpochsWithoutGain,
    best: best === null ? null : { validationLoss: best.validationLoss, trainEpoch: best.trainEpoch },
  };
  return encodeTensorFile(MAGIC, header, arrays);
}

/**
 * @returns null when the checkpoint belongs to another job, an older format or another network size
 * @throws ARTIFACT_DIGEST_MISMATCH, INVARIANT_BROKEN when the bytes are no checkpoint at all
 */
export function decodeCheckpoint(
  bytes: Buffer,
  expected: { readonly digest: Digest; readonly jobKey: Digest; readonly parameters: number },
): TrainingState | null {
  const file = decodeTensorFile(bytes, { magic: MAGIC, digest: expected.digest, what: 'checkpoint' });
  const parsed = headerSchema.safeParse(file.header);
  if (!parsed.success || parsed.data.jobKey !== expected.jobKey) return null;
  const { jobKey: _, format: __, owner: ___, best, iterations, beta1Power, beta2Power, ...counters } = parsed.data;
  const arrays = new Map(file.arrays.map(({ name, values }) => [name, values]));
  const [parameters, m, v, bestParameters] = ['parameters', 'adam/m', 'adam/v', 'best'].map((name) => arrays.get(name));
  if (parameters === undefined || m === undefined || v === undefined) return null;
  if (file.arrays.some(({ values }) => values.length !== expected.parameters)) return null;
  if ((best === null) !== (bestParameters === undefined)) return null;
  return {
    ...counters,
    parameters,
    adam: { m, v, iterations, beta1Power, beta2Power },
    best: best === null || bestParameters === undefined ? null : { ...best, parameters: bestParameters },
  };
}
