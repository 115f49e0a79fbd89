/** Figures of the feed itself: rows, values that are missing, labels that have come. */
import type { PipelineSpec } from '../spec/schema.js';
import type { Window } from '../types.js';
import type { SnapshotFacts } from './baseline.js';
import type { MonitorPoint } from './monitor-point.js';

/** A share of nulls up to this many times the training rows' is usual. */
const USUAL_FACTOR = 2;

export interface FeedFacts {
  readonly window: Window;
  readonly mature: Window | null;
  /** Of the window; all rows, whatever the sample that is scored. */
  readonly rows: number;
  readonly days: number;
  /** Rows whose labels are to be complete. */
  readonly ofMature: { readonly rows: number; readonly labelled: number; readonly days: number };
  readonly nulls: readonly {
    readonly name: string;
    readonly column: string;
    readonly nulls: number;
    readonly before: number;
  }[];
  readonly training: SnapshotFacts;
  readonly quality: Pick<PipelineSpec['quality'], 'minRowShare' | 'maxNullShare'>;
  /** Share of mature rows whose label is to be known. */
  readonly coverage: number;
}

const BLANK = { column: null, interval: null, adjustedPValue: null, binError: null } as const;

export function feedPoints(facts: FeedFacts): MonitorPoint[] {
  return [rowsPoint(facts), ...facts.nulls.map((one) => nullsPoint(facts, one)), ...coveragePoint(facts)];
}

function rowsPoint({ window, rows, days, training, quality }: FeedFacts): MonitorPoint {
  const span = (Date.parse(window.end) - Date.parse(window.start)) / 86_400_000;
  const usual = training.rows / Math.max(1, training.days);
  const threshold = quality.minRowShare * usual * span;
  return {
    ...BLANK,
    series: 'rows',
    scope: 'quality',
    value: rows,
    threshold,
    alert: rows < threshold,
    window,
    rows,
    days,
    referenceDays: training.days,
    method: 'row-count',
    note: `${rows} rows in ${span} days; the training rows were ${usual.toFixed(0)} a day, and a share of ${quality.minRowShare} of them is the least.`,
  };
}

function nullsPoint(facts: FeedFacts, one: FeedFacts['nulls'][number]): MonitorPoint {
  const { window, rows, days, training, quality } = facts;
  const value = rows === 0 ? null : one.nulls / rows;
  const threshold = Math.max(quality.maxNullShare, USUAL_FACTOR * one.before);
  return {
    ...BLANK,
    series: `nulls:${one.name}`,
    scope: 'quality',
    column: one.column,
    value,
    threshold,
    alert: value === null ? null : value > threshold,
    window,
    rows,
    days,
    referenceDays: training.days,
    method: 'null-share',
    note: `${one.nulls} of ${rows} rows have no value; in the training rows a share of ${one.before.toFixed(4)} had none.`,
  };
}

/** Labels that are late are no reason to retrain: shown, never an alarm. */
function coveragePoint({ mature, ofMature, coverage }: FeedFacts): MonitorPoint[] {
  if (mature === null) return [];
  const { rows, labelled, days } = ofMature;
  return [
    {
      ...BLANK,
      series: 'labels:coverage',
      scope: 'quality',
      value: rows === 0 ? null : labelled / rows,
      threshold: coverage,
      alert: null,
      window: mature,
      rows,
      days,
      referenceDays: 0,
      method: 'label-coverage',
      note: `${labelled} of ${rows} rows that are old enough have their label; the pipeline asks for a share of ${coverage}.`,
    },
  ];
}

/**
 * A source that no longer has what the champion reads, or has it as another type: nothing can be measured, and that is the finding.
 * @param problem.text one sentence, with the column that it names where there is one
 */
export const schemaPoint = (
  window: Window,
  problem: { readonly text: string; readonly column: string | null },
): MonitorPoint => ({
  ...BLANK,
  series: 'schema',
  scope: 'quality',
  column: problem.column,
  value: null,
  threshold: null,
  alert: true,
  window,
  rows: 0,
  days: 0,
  referenceDays: 0,
  method: 'schema',
  note: problem.text,
});
