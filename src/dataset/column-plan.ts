/**
 * Which source columns a spec names, how each is read, and what they are called in a snapshot. Nothing else leaves the
 * source.
 */

import type { PipelineSpec, SpecFeature } from '../core/spec/schema.js';
import { sourceColumn } from '../core/spec/source-column.js';
import { type ColumnUse, LABEL_KEYS, ROW_KEYS, type WantedColumn } from '../sources/source.js';

/** A column of the snapshot after id, event time and label; `key` is its name in the relation of rows. */
export interface PlannedColumn {
  readonly role: 'feature' | 'slice';
  /** The feature's name, or the source column's that a slice reads. */
  readonly name: string;
  /** Its name in the Parquet file: positional, since DuckDB's names ignore case. */
  readonly parquet: string;
  readonly kind: 'numeric' | 'categorical' | 'time';
  readonly key: string;
  readonly source: string;
}

interface PlannedRange {
  readonly key: string;
  readonly source: string;
  readonly min: number | null;
  readonly max: number | null;
}

export interface ColumnPlan {
  readonly rows: readonly WantedColumn[];
  /** Null: labels are columns of the rows. */
  readonly labels: readonly WantedColumn[] | null;
  readonly columns: readonly PlannedColumn[];
  readonly ranges: readonly PlannedRange[];
  readonly hasRowKnownAt: boolean;
  readonly hasLabel: boolean;
  readonly hasLabelKnownAt: boolean;
}

const USE: Record<SpecFeature['kind'], ColumnUse> = { numeric: 'number', categorical: 'text', time: 'time' };

/** What a feature reads from the source; the key says nothing. */
export const featureColumn = (spec: PipelineSpec, feature: SpecFeature): WantedColumn => ({
  key: feature.name,
  source: sourceColumn(spec.source.columns, feature),
  use: USE[feature.kind],
});

/**
 * Columns that slices read and no feature brings along under their own name, by the source's name, in the spec's order. A time
 * feature stands for the part that it takes, whatever it reads; any other one of that name must read that very column.
 */
function sliceColumns(spec: PipelineSpec): string[] {
  const isSame = (feature: SpecFeature): boolean =>
    feature.kind === 'time' || sourceColumn(spec.source.columns, feature) === feature.name;
  const brought = new Set(spec.features.filter(isSame).map((feature) => feature.name));
  return [...new Set(spec.slices.map((slice) => slice.column))].filter((column) => !brought.has(column));
}

export function planColumns(spec: PipelineSpec): ColumnPlan {
  const { columns: named, labels } = spec.source;
  const rows: WantedColumn[] = [];
  const want = (source: string, use: ColumnUse, role?: string): string => {
    const known = rows.find((column) => column.source === source && column.use === use && !role);
    if (known !== undefined) return known.key;
    const key = role ?? `k${rows.length}`;
    rows.push({ key, source, use });
    return key;
  };
  want(named.id, 'text', ROW_KEYS.id);
  want(named.eventAt, 'time', ROW_KEYS.eventAt);
  if (named.rowKnownAt !== undefined) want(named.rowKnownAt, 'time', ROW_KEYS.rowKnownAt);
  const isLabelInRow = labels === undefined && named.label !== undefined;
  if (isLabelInRow && named.label !== undefined) want(named.label, 'text', LABEL_KEYS.label);
  const rowLabelKnownAt = isLabelInRow ? named.labelKnownAt : undefined;
  if (rowLabelKnownAt !== undefined) want(rowLabelKnownAt, 'time', LABEL_KEYS.knownAt);

  const columns: PlannedColumn[] = spec.features.map((feature, at) => {
    const source = sourceColumn(spec.source.columns, feature);
    const isEventTime = feature.kind === 'time' && source === named.eventAt;
    const key = isEventTime ? ROW_KEYS.eventAt : want(source, USE[feature.kind]);
    return { role: 'feature', name: feature.name, parquet: `f${at}_${feature.name}`, kind: feature.kind, key, source };
  });
  for (const [at, source] of sliceColumns(spec).entries()) {
    columns.push({
      role: 'slice',
      name: source,
      parquet: `s${at}`,
      kind: 'categorical',
      key: want(source, 'text'),
      source,
    });
  }
  const ranges = Object.entries(spec.quality.ranges).map(([column, range]) => {
    const feature = spec.features.find((candidate) => candidate.kind === 'numeric' && candidate.name === column);
    const isRead = spec.features.some((candidate) => sourceColumn(spec.source.columns, candidate) === column);
    const source = feature !== undefined && !isRead ? sourceColumn(spec.source.columns, feature) : column;
    return { key: want(source, 'number'), source, min: range.min ?? null, max: range.max ?? null };
  });
  const labelColumns = labels?.columns;
  return {
    rows,
    labels: labelColumns === undefined ? null : wantedLabels(labelColumns),
    columns,
    ranges,
    hasRowKnownAt: named.rowKnownAt !== undefined,
    hasLabel: labels !== undefined || named.label !== undefined,
    hasLabelKnownAt: labelColumns === undefined ? rowLabelKnownAt !== undefined : labelColumns.knownAt !== undefined,
  };
}

function wantedLabels(columns: { id: string; label: string; knownAt?: string | undefined }): WantedColumn[] {
  const wanted: WantedColumn[] = [
    { key: LABEL_KEYS.id, source: columns.id, use: 'text' },
    { key: LABEL_KEYS.label, source: columns.label, use: 'text' },
  ];
  if (columns.knownAt !== undefined) wanted.push({ key: LABEL_KEYS.knownAt, source: columns.knownAt, use: 'time' });
  return wanted;
}
