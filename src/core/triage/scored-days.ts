/**
 * A window's scored rows as one measure a day: log loss, ranking, label share, counts of scores by bin. Days are the units of every
 * interval of triage, so this is all that is kept of the rows.
 */
import { type ColumnTable, UNKNOWN_LABEL } from '../column-table.js';
import { DAY_MS } from '../spec/duration.js';
import { concordance } from '../stats/concordance.js';
import { blocksOfDays, rankSample } from '../stats/ranked-sample.js';
import { type DayLoss, dayLoss } from '../stats/within-day-loss.js';
import type { Window } from '../types.js';

export interface ScoredDay {
  /** UTC days since 1970-01-01. */
  readonly day: number;
  readonly rows: number;
  readonly labelled: number;
  readonly positives: number;
  /** Null where the day has one class only, or fewer labelled rows than tell anything. */
  readonly loss: DayLoss | null;
  /** Area under the day's own ROC curve; null as above. */
  readonly auc: number | null;
  /** Rows by bin of score, labelled or not; as many as edges and one. */
  readonly bins: readonly number[];
  /** Labelled ones of them. */
  readonly labelledBins: readonly number[];
}

/** Whether a day lies in the window from midnight to midnight. */
export function isWholeDayOf({ start, end }: Window): (day: Pick<ScoredDay, 'day'>) => boolean {
  const first = Math.ceil(Date.parse(start) / DAY_MS);
  const last = Math.floor(Date.parse(end) / DAY_MS);
  return ({ day }) => day >= first && day < last;
}

/** Fewer labelled rows than this, or fewer of a class, say nothing about a day. */
const LEAST_ROWS = 20;
const LEAST_OF_CLASS = 3;

/** Rows of each day, by place in the table. */
export function rowsByDay(day: Int32Array): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (let row = 0; row < day.length; row += 1) {
    const list = found.get(day[row]!);
    if (list === undefined) found.set(day[row]!, [row]);
    else list.push(row);
  }
  return found;
}

function countBins(
  rows: readonly number[],
  { scores, edges }: { scores: Float32Array; edges: readonly number[] },
): number[] {
  const bins = new Array<number>(edges.length + 1).fill(0);
  for (const row of rows) {
    let bin = 0;
    while (bin < edges.length && scores[row]! > edges[bin]!) bin += 1;
    bins[bin]! += 1;
  }
  return bins;
}

/** Of the labelled rows, by day. */
function aucByDay(scores: Float32Array, rows: Pick<ColumnTable, 'label' | 'day'>): Map<number, number> {
  const labelled = Uint32Array.from(rows.label.keys()).filter((row) => rows.label[row] !== UNKNOWN_LABEL);
  if (labelled.length === 0) return new Map();
  const day = Int32Array.from(labelled, (row) => rows.day[row]!);
  const label = Uint8Array.from(labelled, (row) => rows.label[row]!);
  const score = Float32Array.from(labelled, (row) => scores[row]!);
  const blocks = blocksOfDays(day);
  const { pairs, positives, negatives } = concordance(rankSample(score, label, blocks));
  const found = new Map<number, number>();
  for (let at = 0; at < day.length; at += 1) {
    const block = blocks.block[at]!;
    found.set(day[at]!, pairs[block * blocks.blocks + block]! / (positives[block]! * negatives[block]!));
  }
  return found;
}

/**
 * @param edges upper bounds of the score bins, ascending; the last bin is open above
 * @returns days with rows, oldest first
 */
export function scoreDays(
  table: Pick<ColumnTable, 'label' | 'day'>,
  scores: Float32Array,
  edges: readonly number[],
): ScoredDay[] {
  const aucs = aucByDay(scores, table);
  return [...rowsByDay(table.day)]
    .sort(([a], [b]) => a - b)
    .map(([day, rows]): ScoredDay => {
      const labelled = rows.filter((row) => table.label[row] !== UNKNOWN_LABEL);
      const [bins, labelledBins] = [rows, labelled].map((some) => countBins(some, { scores, edges })) as [
        number[],
        number[],
      ];
      const positives = labelled.filter((row) => table.label[row] === 1).length;
      const isEnough =
        labelled.length >= LEAST_ROWS && Math.min(positives, labelled.length - positives) >= LEAST_OF_CLASS;
      const loss = isEnough
        ? dayLoss(
            Float64Array.from(labelled, (row) => scores[row]!),
            Uint8Array.from(labelled, (row) => table.label[row]!),
          )
        : null;
      const auc = isEnough ? (aucs.get(day) ?? null) : null;
      return { day, rows: rows.length, labelled: labelled.length, positives, loss, auc, bins, labelledBins };
    });
}

/** Quantiles of the scores of `isReference` rows at steps of 5 %, without repeats. */
export function scoreEdges(scores: Float32Array, isReference: (row: number) => boolean): number[] {
  const own = scores.filter((_, row) => isReference(row)).sort();
  if (own.length === 0) return [];
  const steps = Array.from({ length: 19 }, (_, at) => own[Math.ceil(((at + 1) / 20) * own.length) - 1]!);
  return [...new Set(steps)];
}
