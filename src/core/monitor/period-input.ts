/** What the figures of a period are made from, and a figure on its way to be judged. */
import type { ColumnTable, TableColumn } from '../column-table.js';
import { DAY_MS } from '../spec/duration.js';
import type { MonitorSpec } from '../spec/monitor-schema.js';
import type { MetricName } from '../spec/schema.js';
import type { Instant, Window } from '../types.js';
import type { MonitorBaseline } from './baseline.js';
import type { FeedFacts } from './feed-points.js';
import type { MonitorPoint } from './monitor-point.js';

export interface PeriodInput {
  readonly baseline: MonitorBaseline;
  /** Rows of both windows, in the order of events; a label may be UNKNOWN_LABEL. */
  readonly table: ColumnTable;
  /** The champion's, a row. */
  readonly scores: Float32Array;
  readonly window: Window;
  readonly mature: Window | null;
  readonly feed: FeedFacts;
  readonly monitor: MonitorSpec;
  /** The pipeline's own metric: the one whose fall may alert, where a fall of it can be judged. */
  readonly metric: MetricName;
  readonly seed: number;
}

/** A point before it is judged, with the p-value that is corrected over all of them. */
export interface TestedPoint {
  readonly point: MonitorPoint;
  /** NaN: not tested. */
  readonly pValue: number;
  /** The effect reaches its floor. */
  readonly isLarge: boolean;
}

/** UTC days since 1970-01-01. */
export const dayOf = (instant: Instant): number => Math.floor(Date.parse(instant) / DAY_MS);

interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** @param window of whole days */
export function rowsWithin(day: Int32Array, window: Window): RowRange {
  const [first, end] = [dayOf(window.start), dayOf(window.end)];
  let from = 0;
  while (from < day.length && day[from]! < first) from += 1;
  let to = from;
  while (to < day.length && day[to]! < end) to += 1;
  return { from, to };
}

export function partOf(column: TableColumn, { from, to }: RowRange): TableColumn {
  return column.kind === 'numeric'
    ? { ...column, values: column.values.subarray(from, to) }
    : { ...column, codes: column.codes.subarray(from, to) };
}
