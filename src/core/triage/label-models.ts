/**
 * What a small model that never saw a row says of its label: whether labels were chosen, and how many look wrong. Never the champion's
 * scores: to a model of the past a changed concept is wrong labels, so that each window has a model of its own, out of fold, the same
 * learner on as many rows.
 */
import { type ColumnTable, UNKNOWN_LABEL } from '../column-table.js';
import { createRng, permutation } from '../rng.js';
import { classifierTwoSample } from '../stats/classifier-two-sample.js';
import { naiveBayesScores } from '../stats/naive-bayes.js';
import type { LabelChecksOptions, NoiseEstimate } from './label-measures.js';
import { estimateLabelNoise } from './label-noise-estimate.js';

const LEAST_ROWS = 50;
/** Fewer days or rows give no error worth comparing by. */
const LEAST_NOISE_DAYS = 5;
const LEAST_NOISE_ROWS = 500;

/** Below it classes overlap so much that most rows on the wrong side are right: no estimate of wrong labels says anything. */
const LEAST_AUC = 0.75;

const isKnown = (table: ColumnTable) => (row: number) => table.label[row] !== UNKNOWN_LABEL;

/**
 * Definition: area under the ROC curve of naive Bayes scores for "has a label", out of fold.
 * Inputs: rows, labelled or not, and which of them are old enough that their label is due.
 * Output: auc in [0, 1]; .5 says that nothing tells them apart. Null with fewer than fifty rows of either kind.
 * Reference: classifier-two-sample.ts. Example: labels only of rows with x above the median, and x a feature: close to 1.
 */
export function labelSelection(
  table: ColumnTable,
  options: { readonly isMature: (row: number) => boolean; readonly seed: number },
): LabelChecksOptions['selection'] {
  const rows = Uint32Array.from(table.label.keys()).filter(options.isMature);
  const isLabelled = Uint8Array.from(rows, (row) => (isKnown(table)(row) ? 1 : 0));
  const labelled = isLabelled.reduce((sum, one) => sum + one, 0);
  const unlabelled = rows.length - labelled;
  if (Math.min(labelled, unlabelled) < LEAST_ROWS) return null;
  const rng = createRng(options.seed, 1);
  const scores = naiveBayesScores({ columns: table.features, rows, isSecond: isLabelled, rng });
  return { auc: classifierTwoSample(scores, isLabelled).auc, labelled, unlabelled };
}

function noiseOf(table: ColumnTable, rows: Uint32Array, seed: number): NoiseEstimate | null {
  const label = Uint8Array.from(rows, (row) => table.label[row]!);
  const day = Int32Array.from(rows, (row) => table.day[row]!);
  const odds = naiveBayesScores({ columns: table.features, rows, isSecond: label, rng: createRng(seed, 2) });
  if (!(classifierTwoSample(odds, label).auc >= LEAST_AUC)) return null;
  const estimate = estimateLabelNoise({ score: odds.map((one) => 1 / (1 + Math.exp(-one))), label, day });
  return estimate !== null && estimate.days >= LEAST_NOISE_DAYS ? estimate : null;
}

/**
 * Definition: label-noise.ts of each window's labelled rows, as many of either, scored by naive Bayes of that window out of fold.
 * Output: null unless both windows have five days and five hundred rows with labels, of classes that the model tells apart (AUC of at least
 * .75): one window alone says how well classes part.
 * Reference: label-noise.ts. Example: a tenth of the labels exchanged at random in the window alone: its share is the larger one.
 */
export function windowNoise(
  table: ColumnTable,
  options: {
    readonly isCurrent: (row: number) => boolean;
    readonly isReference: (row: number) => boolean;
    readonly seed: number;
  },
): LabelChecksOptions['noise'] {
  const known = Uint32Array.from(table.label.keys()).filter(isKnown(table));
  const [own, past] = [known.filter(options.isCurrent), known.filter(options.isReference)];
  const size = Math.min(own.length, past.length);
  if (size < LEAST_NOISE_ROWS) return null;
  const draw = (rows: Uint32Array, stream: number): Uint32Array => {
    const order = permutation(rows.length, createRng(options.seed, stream)).subarray(0, size);
    return Uint32Array.from(order, (at) => rows[at]!);
  };
  const current = noiseOf(table, draw(own, 3), options.seed);
  const reference = noiseOf(table, draw(past, 4), options.seed);
  return current === null || reference === null ? null : { current, reference };
}
