/**
 * What a pipeline's source looks like, inferred from rows that were fine, reviewed by a person, and held against later windows:
 * columns, types, which may be empty and how often, the numbers' span, the categories.
 */
import type { ColumnFacts } from './facts.js';

export interface SchemaColumn {
  /** The source column's name. */
  readonly name: string;
  readonly role: ColumnFacts['role'];
  /** DuckDB's type name. */
  readonly type: string;
  /** Of a window's rows; null: not looked at (labels come later). */
  readonly maxNullShare: number | null;
  /** Of numbers; null for others, and where no finite number was seen. */
  readonly range: { readonly min: number; readonly max: number } | null;
  /** In order; null for other columns, and for those with too many to list. */
  readonly categories: readonly string[] | null;
}

export interface SourceSchema {
  readonly format: 'perennial-schema/1';
  /** By name, then role. */
  readonly columns: readonly SchemaColumn[];
}

/** A column's categories, where there are few enough to list. */
export type Categories = Readonly<Record<string, readonly string[] | null>>;

/** What the schema lists, by column: to count the rows of other categories. */
export const listedIn = (schema: SourceSchema | null): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    (schema?.columns ?? []).flatMap(({ name, categories }) =>
      categories === null ? [] : [[name, categories] as const],
    ),
  );

/** Nulls seen in a part of the rows will be seen in somewhat more of them. */
const NULL_SLACK = 2;
/** Of the span that was seen, on either side. */
const RANGE_SLACK = 0.1;

/** A share rounded up to whole per cents: what was seen plus room for chance. */
const allowedNulls = (nulls: number, rows: number): number =>
  nulls === 0 || rows === 0 ? 0 : Math.min(1, Math.ceil((nulls / rows) * NULL_SLACK * 100) / 100);

function rangeOf({ min, max }: ColumnFacts): SchemaColumn['range'] {
  if (min === null || max === null) return null;
  const slack = (max - min) * RANGE_SLACK;
  // Counts and distances do not become negative for having been seen near zero.
  return { min: min >= 0 ? Math.max(0, min - slack) : min - slack, max: max + slack };
}

/** @param rows of the window that the facts speak of */
export function inferSchema(facts: {
  readonly rows: number;
  readonly columns: readonly ColumnFacts[];
  readonly categories: Categories;
}): SourceSchema {
  const columns = facts.columns
    .filter(({ type }) => type !== null)
    .map((column): SchemaColumn => {
      const isLabel = column.role === 'label';
      const isCategory = column.role === 'feature' && column.expected === 'categorical';
      return {
        name: column.name,
        role: column.role,
        type: column.type ?? '',
        maxNullShare: isLabel ? null : allowedNulls(column.nulls, facts.rows),
        range: isLabel ? null : rangeOf(column),
        categories: isCategory ? (facts.categories[column.name] ?? null) : null,
      };
    });
  return { format: 'perennial-schema/1', columns: columns.sort(byName) };
}

const byName = (a: SchemaColumn, b: SchemaColumn): number =>
  a.name === b.name ? (a.role < b.role ? -1 : 1) : a.name < b.name ? -1 : 1;
