/**
 * The shape that every statistic reads: the rows of one model in ascending order of its score, as typed arrays side by
 * side, so that each statistic is one walk through memory. A subset of rows stays ranked without another sort.
 */
import { ascendingOrder } from './ascending-order.js';

export interface RankedSample {
  readonly rows: number;
  /** Ascending; a probability of the positive class. */
  readonly score: Float32Array;
  /** 0 or 1. */
  readonly label: Uint8Array;
  /** 0 … blocks − 1; every number occurs. */
  readonly block: Int32Array;
  readonly blocks: number;
  /** Row number in the holdout: what pairs two models' samples. */
  readonly row: Uint32Array;
}

export interface Blocks {
  /** Per row, 0 … blocks − 1, in order of the day. */
  readonly block: Int32Array;
  readonly blocks: number;
}

/** Numbers the days that occur 0, 1, …; days without a row are not blocks. */
export function blocksOfDays(day: Int32Array): Blocks {
  const days = Int32Array.from(new Set(day)).sort();
  const numberOf = new Map<number, number>();
  for (const [at, value] of days.entries()) numberOf.set(value, at);
  const block = new Int32Array(day.length);
  for (let row = 0; row < day.length; row += 1) block[row] = numberOf.get(day[row]!)!;
  return { block, blocks: days.length };
}

/** @param score without NaN, aligned with `label` and `blocks.block` */
export function rankSample(score: Float32Array, label: Uint8Array, blocks: Blocks): RankedSample {
  const row = ascendingOrder(score);
  const sample = emptySample(row.length, blocks.blocks);
  sample.row.set(row);
  for (let at = 0; at < row.length; at += 1) {
    const from = row[at]!;
    sample.score[at] = score[from]!;
    sample.label[at] = label[from]!;
    sample.block[at] = blocks.block[from]!;
  }
  return sample;
}

/**
 * Splits a sample by a group number a row, in one walk. Blocks are renumbered within each group in order of the day, so
 * that two models' samples of one group agree on them.
 * @param groupOf per holdout row: 0 … groups − 1, or -1 for rows in no group
 */
export function partitionSample(sample: RankedSample, groupOf: Int32Array, groups: number): RankedSample[] {
  const counts = new Uint32Array(groups);
  const blockNumber = new Int32Array(groups * sample.blocks);
  for (let at = 0; at < sample.rows; at += 1) {
    const group = groupOf[sample.row[at]!]!;
    if (group < 0) continue;
    counts[group]! += 1;
    blockNumber[group * sample.blocks + sample.block[at]!] = 1;
  }
  const parts: RankedSample[] = [];
  for (let group = 0; group < groups; group += 1) {
    let blocks = 0;
    for (let block = 0; block < sample.blocks; block += 1) {
      const slot = group * sample.blocks + block;
      const isPresent = blockNumber[slot] === 1;
      blockNumber[slot] = blocks;
      if (isPresent) blocks += 1;
    }
    parts.push(emptySample(counts[group]!, blocks));
  }
  const filled = new Uint32Array(groups);
  for (let at = 0; at < sample.rows; at += 1) {
    const group = groupOf[sample.row[at]!]!;
    if (group < 0) continue;
    const part = parts[group]!;
    const to = filled[group]!;
    part.score[to] = sample.score[at]!;
    part.label[to] = sample.label[at]!;
    part.block[to] = blockNumber[group * sample.blocks + sample.block[at]!]!;
    part.row[to] = sample.row[at]!;
    filled[group] = to + 1;
  }
  return parts;
}

/** @returns the position after the last row that ties with the row at `start`. */
export function endOfTie(score: Float32Array, start: number): number {
  let end = start + 1;
  while (end < score.length && score[end] === score[start]) end += 1;
  return end;
}

function emptySample(rows: number, blocks: number): RankedSample {
  return {
    rows,
    score: new Float32Array(rows),
    label: new Uint8Array(rows),
    block: new Int32Array(rows),
    blocks,
    row: new Uint32Array(rows),
  };
}
