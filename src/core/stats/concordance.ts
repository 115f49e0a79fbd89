/**
 * Day × day concordance of a ranked sample: how often a positive row of one block scores above a negative row of another.
 * Pooled AUC under *any* weights of the blocks is a ratio of two sums over it, so that leaving a day out costs no new pass.
 */
import { endOfTie, type RankedSample } from './ranked-sample.js';

interface Concordance {
  readonly blocks: number;
  /** [block of the positive × block of the negative], row-major: pairs in which the positive scores higher, ties as half. */
  readonly pairs: Float64Array;
  /** [blocks] rows of each class. */
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

/** O(n + positives × blocks). Counts are exact multiples of one half below 2^52 pairs. */
export function concordance(sample: RankedSample): Concordance {
  const { rows, score, label, block, blocks } = sample;
  const pairs = new Float64Array(blocks * blocks);
  const positives = new Float64Array(blocks);
  /** Negatives below the present score, those that tie with it as half. */
  const below = new Float64Array(blocks);
  const addNegatives = (start: number, end: number): void => {
    for (let at = start; at < end; at += 1) if (label[at] === 0) below[block[at]!]! += 0.5;
  };
  let end = 0;
  for (let start = 0; start < rows; start = end) {
    end = endOfTie(score, start);
    addNegatives(start, end);
    for (let at = start; at < end; at += 1) {
      if (label[at] === 0) continue;
      const offset = block[at]! * blocks;
      positives[block[at]!]! += 1;
      for (let other = 0; other < blocks; other += 1) pairs[offset + other]! += below[other]!;
    }
    addNegatives(start, end);
  }
  return { blocks, pairs, positives, negatives: below };
}

/**
 * Pooled AUC when each row of block i counts `weights[i]` times.
 * @param weights [blocks], not negative
 * @returns in [0, 1]; NaN when a class has no weight
 */
export function weightedAuc(matrix: Concordance, weights: Float64Array): number {
  const { blocks, pairs, positives, negatives } = matrix;
  let won = 0;
  let positiveWeight = 0;
  let negativeWeight = 0;
  for (let i = 0; i < blocks; i += 1) {
    positiveWeight += weights[i]! * positives[i]!;
    negativeWeight += weights[i]! * negatives[i]!;
    let row = 0;
    for (let j = 0; j < blocks; j += 1) row += weights[j]! * pairs[i * blocks + j]!;
    won += weights[i]! * row;
  }
  return won / (positiveWeight * negativeWeight);
}
