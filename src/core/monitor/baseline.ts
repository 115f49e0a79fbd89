/**
 * What a champion is compared with: how the columns that it learnt from were spread, in the bins of the profile that was stored
 * with its training snapshot, and how its scores did on its holdout, which it had not seen. Made once a champion, from the
 * frozen snapshots in the artifact store; no later look reads an old row.
 */
import type { ColumnTable, TableColumn } from '../column-table.js';
import { countLevels } from '../stats/align-counts.js';
import { auc } from '../stats/auc.js';
import { rowBrier } from '../stats/brier.js';
import { type IsotonicFit, isotonicFit } from '../stats/isotonic.js';
import { jackknife } from '../stats/jackknife.js';
import type { LeaveOneOut } from '../stats/leave-one-out.js';
import { rowLogLoss } from '../stats/log-loss.js';
import { meanLoss } from '../stats/mean-loss.js';
import { type NumericHistogram, numericHistogram } from '../stats/numeric-summary.js';
import { blocksOfDays, type RankedSample, rankSample } from '../stats/ranked-sample.js';
import type { TopCategories } from '../stats/top-categories-drift.js';
import type { Digest, Window } from '../types.js';
import { countCodesByDay, countNumbersByDay, type DayCounts, daySpans, keepDays } from './day-counts.js';

/** More days than this add nothing to a test and cost at each look. */
const MOST_DAYS = 92;
/** Between two edges the scores are known to 1 / 64 of the rows. */
const SCORE_STEPS = 64;
/** As the stored profile cuts the names of categories. */
export const LONGEST_CATEGORY = 200;

/** Of a manifest, where the feature has one. */
export type StoredProfile =
  | {
      readonly kind: 'numeric';
      readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
    }
  | ({ readonly kind: 'categorical' } & TopCategories);

export interface MonitoredFeature {
  readonly name: string;
  /** Source column. */
  readonly column: string;
  /** Null: the snapshot keeps no profile of it, as of a part of the event time; its own rows are counted instead. */
  readonly profile: StoredProfile | null;
}

export type BaselineColumn = {
  readonly name: string;
  readonly column: string;
  readonly nullShare: number;
  readonly byDay: DayCounts;
} & (
  | { readonly kind: 'numeric'; readonly histogram: NumericHistogram }
  | { readonly kind: 'categorical'; readonly top: TopCategories }
);

export interface SnapshotFacts {
  readonly contentDigest: Digest;
  readonly window: Window;
  /** Of the snapshot, whatever the sample of it that is looked at. */
  readonly rows: number;
  readonly days: number;
}

export const QUALITY_METRICS = ['auc', 'log-loss', 'brier'] as const;
export type QualityMetric = (typeof QUALITY_METRICS)[number];

export interface QualityFigure {
  readonly value: number;
  /** Days as units. */
  readonly standardError: number;
  readonly degreesOfFreedom: number;
}

export interface MonitorBaseline {
  readonly format: 'perennial-monitor-baseline/1';
  readonly training: SnapshotFacts;
  readonly holdout: SnapshotFacts;
  readonly columns: readonly BaselineColumn[];
  readonly scores: { readonly histogram: NumericHistogram; readonly byDay: DayCounts };
  /** On the holdout; null where it could not be had. */
  readonly quality: Readonly<Record<QualityMetric, QualityFigure | null>>;
  /** From scores to probabilities, fitted on the holdout. */
  readonly calibration: IsotonicFit;
}

interface Rows {
  readonly table: ColumnTable;
  readonly contentDigest: Digest;
  readonly window: Window;
  /** Of the snapshot; the table may be a sample of them. */
  readonly rows: number;
}

const factsOf = ({ table, contentDigest, window, rows }: Rows): SnapshotFacts => ({
  contentDigest,
  window,
  rows,
  days: daySpans(table.day).length,
});

export const QUALITY: Readonly<Record<QualityMetric, (sample: RankedSample) => LeaveOneOut>> = {
  auc,
  'log-loss': (sample) => meanLoss(sample, rowLogLoss),
  brier: (sample) => meanLoss(sample, rowBrier),
};

/** @param input.scores the champion's, of the holdout's rows */
export function makeBaseline(input: {
  readonly training: Rows;
  readonly holdout: Rows;
  readonly features: readonly MonitoredFeature[];
  readonly scores: Float32Array;
}): MonitorBaseline {
  const { training, holdout, features, scores } = input;
  const { label, day } = holdout.table;
  const sample = rankSample(scores, label, blocksOfDays(day));
  const figure = (metric: QualityMetric): QualityFigure | null => jackknife(QUALITY[metric](sample));
  const ranked = Float64Array.from(sample.score);
  const histogram = numericHistogram(ranked, { steps: SCORE_STEPS });
  const byDay = countNumbersByDay(Float64Array.from(scores), day, histogram.edges).byDay;
  return {
    format: 'perennial-monitor-baseline/1',
    training: factsOf(training),
    holdout: factsOf(holdout),
    columns: features.flatMap((feature) => columnBaseline(feature, training.table) ?? []),
    scores: { histogram, byDay: keepDays(byDay, () => true, MOST_DAYS) },
    quality: { auc: figure('auc'), 'log-loss': figure('log-loss'), brier: figure('brier') },
    calibration: isotonicFit(sample.score, sample.label),
  };
}

function columnBaseline(feature: MonitoredFeature, table: ColumnTable): BaselineColumn | null {
  const column = table.features.find(({ name }) => name === feature.name);
  if (column === undefined) return null;
  const { name } = feature;
  const common = { name, column: feature.column, nullShare: nullShare(column) };
  const newest = (byDay: DayCounts): DayCounts => keepDays(byDay, () => true, MOST_DAYS);
  if (column.kind === 'numeric') {
    const histogram =
      feature.profile?.kind === 'numeric'
        ? { ...feature.profile.histogram, atEdge: null }
        : numericHistogram(column.values.filter((value) => !Number.isNaN(value)).sort());
    const { byDay } = countNumbersByDay(column.values, table.day, histogram.edges);
    return { ...common, kind: 'numeric', histogram, byDay: newest(byDay) };
  }
  const top = feature.profile?.kind === 'categorical' ? feature.profile : topOf(column);
  const kept: TopCategories = { count: top.count, distinct: top.distinct, top: top.top };
  return { ...common, kind: 'categorical', top: kept, byDay: newest(countCategoriesByDay(kept, column, table.day)) };
}

/** In the order of the stored categories, one bin more for every other. */
export function countCategoriesByDay(
  { top }: TopCategories,
  column: Extract<TableColumn, { kind: 'categorical' }>,
  day: Int32Array,
): DayCounts {
  const places = new Map(top.map(([category], at) => [category, at]));
  const binOfCode = column.levels.map((level) => places.get(level.slice(0, LONGEST_CATEGORY)) ?? top.length);
  return countCodesByDay(column.codes, day, { binOf: (code) => binOfCode[code] ?? top.length, bins: top.length + 1 });
}

function topOf(column: Extract<TableColumn, { kind: 'categorical' }>): TopCategories {
  const counts = [...countLevels(column)].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return { count: counts.reduce((sum, [, rows]) => sum + rows, 0), distinct: counts.length, top: counts };
}

function nullShare(column: TableColumn): number {
  const values = column.kind === 'numeric' ? column.values : column.codes;
  let nulls = 0;
  for (const value of values) if (column.kind === 'numeric' ? Number.isNaN(value) : value < 0) nulls += 1;
  return values.length === 0 ? 0 : nulls / values.length;
}
