/**
 * Whether a column or the scores differ from the baseline: how far against the stored profile, and how surely with days as
 * units, since rows of one day depend on each other.
 */
import type { TableColumn } from '../column-table.js';
import type { Rng } from '../rng.js';
import { countLevels } from '../stats/align-counts.js';
import { dayShift } from '../stats/day-shift.js';
import { histogramDrift } from '../stats/histogram-drift.js';
import type { NumericHistogram } from '../stats/numeric-summary.js';
import { topCategoriesDrift } from '../stats/top-categories-drift.js';
import { type BaselineColumn, countCategoriesByDay, LONGEST_CATEGORY } from './baseline.js';
import { countNumbersByDay, type DayCounts } from './day-counts.js';

/** With fewer days on both sides together a change cannot be told from a day's whim. */
const LEAST_DAYS = 14;
/** Fewer days of the period say nothing of themselves. */
const LEAST_CURRENT_DAYS = 3;
/** A look, and the thorough test of what the look left possible: it draws deals of its own, so its p stays valid. */
const DEALS = { look: 199, thorough: 9_999 } as const;
const LOOK_ALPHA = 0.1;

export interface Drift {
  readonly method: 'ks' | 'jensen-shannon';
  readonly effect: number;
  readonly binError: number;
  /** NaN: not tested, and `problem` says why. */
  readonly pValue: number;
  readonly problem: string | null;
  readonly rows: number;
  readonly days: number;
  readonly referenceDays: number;
}

export interface Current<Column> {
  readonly column: Column;
  readonly day: Int32Array;
  readonly rng: () => Rng;
}

type Numeric = Extract<TableColumn, { kind: 'numeric' }>;
type Categorical = Extract<TableColumn, { kind: 'categorical' }>;

export function numbersDrift(
  reference: { readonly histogram: NumericHistogram; readonly byDay: DayCounts },
  { column, day, rng }: Current<Pick<Numeric, 'values'>>,
): Drift {
  const { byDay, total } = countNumbersByDay(column.values, day, reference.histogram.edges);
  const { statistic, binError } = histogramDrift(reference.histogram, total);
  const tested = testDays('ks', { reference: reference.byDay, current: byDay, rng });
  return { method: 'ks', effect: statistic, binError, rows: total.rows, ...tested };
}

export function categoriesDrift(
  reference: Extract<BaselineColumn, { kind: 'categorical' }>,
  { column, day, rng }: Current<Categorical>,
): Drift {
  const counts = new Map<string, number>();
  for (const [level, rows] of countLevels(column)) {
    const name = level.slice(0, LONGEST_CATEGORY);
    counts.set(name, (counts.get(name) ?? 0) + rows);
  }
  const drift = topCategoriesDrift(reference.top, counts);
  const current = countCategoriesByDay(reference.top, column, day);
  const tested = testDays('jensen-shannon', { reference: reference.byDay, current, rng });
  return {
    method: 'jensen-shannon',
    effect: drift.distance,
    binError: drift.binError,
    rows: drift.nCurrent,
    ...tested,
  };
}

function testDays(
  statistic: 'ks' | 'jensen-shannon',
  of: { readonly reference: DayCounts; readonly current: DayCounts; readonly rng: () => Rng },
): Pick<Drift, 'pValue' | 'problem' | 'days' | 'referenceDays'> {
  const sizes = { days: of.current.days.length, referenceDays: of.reference.days.length };
  const all = sizes.days + sizes.referenceDays;
  if (sizes.days < LEAST_CURRENT_DAYS || all < LEAST_DAYS) {
    const problem = `${sizes.days} days against ${sizes.referenceDays}: at least ${LEAST_CURRENT_DAYS}, and ${LEAST_DAYS} in all, are needed`;
    return { pValue: Number.NaN, problem, ...sizes };
  }
  const arrays = (side: DayCounts): Float64Array[] => side.counts.map((counts) => Float64Array.from(counts));
  const windows = { reference: arrays(of.reference), current: arrays(of.current), statistic };
  // One generator for both, so that the thorough test draws deals of its own.
  const rng = of.rng();
  const look = dayShift({ ...windows, permutations: DEALS.look, rng });
  const isPossible = look.pValue <= LOOK_ALPHA;
  const { pValue } = isPossible ? dayShift({ ...windows, permutations: DEALS.thorough, rng }) : look;
  return { pValue, problem: Number.isNaN(pValue) ? 'one side has no values' : null, ...sizes };
}
