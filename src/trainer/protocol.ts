/** Messages between the worker and the forked trainer, checked on arrival at both ends. Files carry data; messages carry paths. */
import { z } from 'zod';
import { specSchema } from '../core/spec/schema.js';

const fileRef = z.strictObject({ path: z.string(), digest: z.string() });
const backend = specSchema.shape.trainer.unwrap().shape.backend;

export const requestSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('train'),
    columnsPath: z.string(),
    trainRows: z.int().min(0),
    features: specSchema.shape.features,
    trainer: specSchema.shape.trainer,
    /** Already verified by the parent; the child checks the digest again. */
    resumeFrom: fileRef.nullable(),
    workDir: z.string(),
    /** At most this long between two checkpoints within a train epoch. */
    checkpointEveryMs: z.number().positive(),
  }),
  z.strictObject({
    type: z.literal('predict'),
    columnsPath: z.string(),
    artifacts: z.array(fileRef).min(1),
    workDir: z.string(),
    backend,
    threads: z.int().min(1),
    memoryMb: z.number(),
    rows: z.int().min(0).nullable(),
  }),
  /** Write a checkpoint at the next batch, then leave. */
  z.strictObject({ type: z.literal('stop') }),
]);

const progress = {
  trainEpoch: z.int(),
  batch: z.int(),
  batches: z.int(),
  trainLoss: z.number().nullable(),
  validationLoss: z.number().nullable(),
  bestTrainEpoch: z.int().nullable(),
  rowsPerSec: z.number().nullable(),
};

export const replySchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('progress'),
    progress: z.strictObject(progress),
    /** Why the checkpoint to resume from could not be used; null when it could, or there was none. */
    discarded: z.string().nullable(),
    /** A finished checkpoint file that the parent takes over. */
    checkpointPath: z.string().nullable(),
    /** Resident memory of the child now. */
    memoryMb: z.number(),
  }),
  z.strictObject({
    type: z.literal('trained'),
    artifactPath: z.string(),
    trainEpochs: z.int(),
    bestTrainEpoch: z.int(),
    validationLoss: z.number(),
    resumedFromTrainEpoch: z.int(),
    discarded: z.string().nullable(),
    environment: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  z.strictObject({
    type: z.literal('predicted'),
    /** Raw float32 in the machine's byte order, a file an artifact. */
    scorePaths: z.array(z.string()),
    rows: z.int(),
    latencyMs: z.number(),
    peakMemoryMb: z.number(),
  }),
  z.strictObject({ type: z.literal('stopped') }),
  z.strictObject({
    type: z.literal('failed'),
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
]);

export type TrainerRequest = z.output<typeof requestSchema>;
export type TrainRequest = Extract<TrainerRequest, { type: 'train' }>;
export type PredictRequest = Extract<TrainerRequest, { type: 'predict' }>;
export type TrainerReply = z.output<typeof replySchema>;
export type ProgressReply = Extract<TrainerReply, { type: 'progress' }>;
export type FinalReply = Exclude<TrainerReply, ProgressReply>;
