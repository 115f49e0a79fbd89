/**
 * The training loop: batches, early stopping on the validation tail, best weights. All its state is one object of plain
 * numbers and arrays, and every random number is a function of (seed, train epoch, batch), so that a state restored from a
 * checkpoint goes on exactly as if nothing had happened.
 */
import { PipelineError } from '../core/errors.js';
import { createRng, permutation } from '../core/rng.js';
import type { TrainerSpec } from '../core/spec/schema.js';
import { type AdamState, adamStep, addL2Gradient, createAdamState } from './adam.js';
import type { Batch } from './embedding.js';
import type { EncodedTable } from './encode.js';
import { fillUntrainedRows, initialParameters, type Network } from './network.js';
import { type DropoutMasks, type NetworkPass, rowLoss } from './network-pass.js';
import type { FeaturePreprocessing } from './preprocessing.js';

const VALIDATION_CHUNK_ROWS = 8192;
/** Streams of the seed; 0 is taken by the initial parameters. */
const ORDER_STREAM = 1;
const DROPOUT_STREAM = 2;

export interface TrainingState {
  readonly parameters: Float32Array;
  readonly adam: AdamState;
  /** Finished train epochs. */
  trainEpoch: number;
  /** Finished batches of the present train epoch. */
  batch: number;
  /** Sum of row losses over those batches. */
  lossSum: number;
  lossRows: number;
  best: { readonly parameters: Float32Array; readonly validationLoss: number; readonly trainEpoch: number } | null;
  trainEpochsWithoutGain: number;
}

export interface TrainingSetup {
  readonly table: EncodedTable;
  readonly labels: Uint8Array;
  /** Rows [0, trainRows) are fitted on, the others watched. */
  readonly trainRows: number;
  readonly fitted: readonly FeaturePreprocessing[];
  readonly network: Network;
  readonly pass: NetworkPass;
  readonly settings: Pick<
    TrainerSpec,
    'batchSize' | 'learningRate' | 'l2' | 'dropout' | 'maxTrainEpochs' | 'patience' | 'seed' | 'hidden'
  >;
}

/** Mean log losses: of the batches as they were trained on, and of the validation tail afterwards. */
export interface TrainEpochLosses {
  readonly trainLoss: number;
  readonly validationLoss: number;
}

export interface TrainingHooks {
  /** After every batch and every validation chunk; false stops the training at this point. */
  readonly goOn: (state: TrainingState) => Promise<boolean>;
  /** After a train epoch is complete, validation included. */
  readonly afterTrainEpoch: (state: TrainingState, losses: TrainEpochLosses) => Promise<void>;
}

export const batchesOf = (setup: Pick<TrainingSetup, 'trainRows' | 'settings'>): number =>
  Math.ceil(setup.trainRows / setup.settings.batchSize);

/** @throws DATA_WINDOW_EMPTY without training or validation rows, DATA_SCHEMA_VIOLATION when the training labels are all alike */
export function positiveShareOf(labels: Uint8Array, trainRows: number): number {
  if (trainRows < 1 || trainRows >= labels.length) {
    throw new PipelineError(
      'DATA_WINDOW_EMPTY',
      `Training needs rows to fit on and later rows to watch: ${trainRows} of ${labels.length} rows lie before the validation tail. Change the window or trainer.validationTail.`,
      { details: { trainRows, rows: labels.length } },
    );
  }
  let positives = 0;
  for (let row = 0; row < trainRows; row += 1) positives += labels[row]!;
  if (positives === 0 || positives === trainRows) {
    throw new PipelineError(
      'DATA_SCHEMA_VIOLATION',
      `All ${trainRows} training rows have label ${positives === 0 ? 0 : 1}: nothing can be learnt. Check target.positive and the window.`,
      { details: { trainRows, positives } },
    );
  }
  return positives / trainRows;
}

export function freshState(setup: TrainingSetup): TrainingState {
  const positiveShare = positiveShareOf(setup.labels, setup.trainRows);
  return {
    parameters: initialParameters(setup.network, { seed: setup.settings.seed, positiveShare }),
    adam: createAdamState(setup.network.parameters),
    trainEpoch: 0,
    batch: 0,
    lossSum: 0,
    lossRows: 0,
    best: null,
    trainEpochsWithoutGain: 0,
  };
}

const isFinished = (state: TrainingState, settings: TrainingSetup['settings']): boolean =>
  state.trainEpoch >= settings.maxTrainEpochs || state.trainEpochsWithoutGain >= settings.patience;

function requireFinite(loss: number, where: string): void {
  if (Number.isFinite(loss)) return;
  throw new PipelineError(
    'TRAINING_DIVERGED',
    `The loss became ${loss} ${where}. Lower trainer.learningRate or look for extreme feature values.`,
    { details: { where } },
  );
}

function dropoutMasks(setup: TrainingSetup, state: TrainingState, count: number): DropoutMasks | null {
  const { dropout: rate, hidden, seed } = setup.settings;
  if (rate === 0) return null;
  const rng = createRng(seed, DROPOUT_STREAM, state.trainEpoch, state.batch);
  return hidden.map((width) => {
    const mask = new Float32Array(count * width);
    for (let i = 0; i < mask.length; i += 1) mask[i] = rng() < rate ? 0 : 1 / (1 - rate);
    return mask;
  });
}

function trainBatch(
  setup: TrainingSetup,
  state: TrainingState,
  work: { readonly order: Uint32Array; readonly gradient: Float64Array },
): void {
  const { network, settings, pass, trainRows } = setup;
  const batches = batchesOf(setup);
  // Batches of nearly equal size: a last batch of a few rows would take as large a step as a full one.
  const start = Math.floor((state.batch * trainRows) / batches);
  const count = Math.floor(((state.batch + 1) * trainRows) / batches) - start;
  const batch: Batch = { table: setup.table, order: work.order, start, count };
  const masks = dropoutMasks(setup, state, count);
  const loss = pass.gradient(state.parameters, batch, { labels: setup.labels, gradient: work.gradient, masks });
  requireFinite(loss, `in train epoch ${state.trainEpoch + 1}, batch ${state.batch + 1} of ${batches}`);
  addL2Gradient(work.gradient, state.parameters, network, settings.l2);
  adamStep(state.parameters, work.gradient, state.adam, settings.learningRate);
  state.batch += 1;
  state.lossSum += loss;
  state.lossRows += count;
}

/** Mean log loss of the validation tail; null when stopped meanwhile. */
async function validate(setup: TrainingSetup, state: TrainingState, hooks: TrainingHooks): Promise<number | null> {
  const { table, labels, trainRows, pass } = setup;
  const order = Uint32Array.from({ length: table.rows - trainRows }, (_, index) => trainRows + index);
  let sum = 0;
  for (let start = 0; start < order.length; start += VALIDATION_CHUNK_ROWS) {
    const count = Math.min(VALIDATION_CHUNK_ROWS, order.length - start);
    const logits = pass.forward(state.parameters, { table, order, start, count });
    for (let i = 0; i < count; i += 1) sum += rowLoss(logits[i]!, labels[order[start + i]!]!);
    if (!(await hooks.goOn(state))) return null;
  }
  return sum / order.length;
}

function closeTrainEpoch(state: TrainingState, validationLoss: number): void {
  state.trainEpoch += 1;
  state.batch = 0;
  state.lossSum = 0;
  state.lossRows = 0;
  if (state.best === null || validationLoss < state.best.validationLoss) {
    state.best = { parameters: state.parameters.slice(), validationLoss, trainEpoch: state.trainEpoch };
    state.trainEpochsWithoutGain = 0;
  } else {
    state.trainEpochsWithoutGain += 1;
  }
}

/**
 * Goes on from `state` (changed in place) until early stopping, the last train epoch, or a hook says stop.
 * @returns whether the training is finished; `state.best` is then set
 * @throws TRAINING_DIVERGED
 */
export async function runTraining(setup: TrainingSetup, state: TrainingState, hooks: TrainingHooks): Promise<boolean> {
  const { settings, network, trainRows } = setup;
  const gradient = new Float64Array(network.parameters);
  while (!isFinished(state, settings)) {
    const order = permutation(trainRows, createRng(settings.seed, ORDER_STREAM, state.trainEpoch));
    while (state.batch < batchesOf(setup)) {
      trainBatch(setup, state, { order, gradient });
      if (!(await hooks.goOn(state))) return false;
    }
    fillUntrainedRows(state.parameters, network, setup.fitted);
    const validationLoss = await validate(setup, state, hooks);
    if (validationLoss === null) return false;
    requireFinite(validationLoss, `on the validation tail after train epoch ${state.trainEpoch + 1}`);
    const trainLoss = state.lossSum / state.lossRows;
    closeTrainEpoch(state, validationLoss);
    await hooks.afterTrainEpoch(state, { trainLoss, validationLoss });
  }
  return true;
}
