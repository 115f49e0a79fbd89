/** What differs between two schemas of a source, one line a difference, for the person who reviews it. */
import { canonicalJson } from '../canonical-json.js';
import type { SchemaColumn, SourceSchema } from './source-schema.js';

export interface SchemaDifference {
  readonly column: string;
  readonly what: 'added' | 'removed' | 'role' | 'type' | 'nulls' | 'range' | 'categories';
  /** For a person: before and after. */
  readonly text: string;
}

/** Categories named in a sentence. */
const NAMED = 8;

const share = (of: number | null): string => (of === null ? 'any' : `${Math.round(of * 100)} %`);
/** Seven digits: what a sum of floats leaves behind is no matter of a review. Differences are of the exact numbers. */
const figure = (value: number): string => String(Number(value.toPrecision(7)));
const span = (range: SchemaColumn['range']): string =>
  range === null ? 'any number' : `${figure(range.min)} to ${figure(range.max)}`;

function some(names: readonly string[]): string {
  const more = names.length - NAMED;
  return `${names.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function categoryText(before: SchemaColumn, after: SchemaColumn): string | null {
  if (canonicalJson(before.categories) === canonicalJson(after.categories)) return null;
  if (before.categories === null || after.categories === null) {
    return after.categories === null ? 'any category' : `${after.categories.length} categories are listed`;
  }
  const [was, is] = [new Set(before.categories), new Set(after.categories)];
  const added = after.categories.filter((name) => !was.has(name));
  const removed = before.categories.filter((name) => !is.has(name));
  const parts = [
    ...(added.length > 0 ? [`new: ${some(added)}`] : []),
    ...(removed.length > 0 ? [`gone: ${some(removed)}`] : []),
  ];
  return parts.join('; ');
}

function differences(before: SchemaColumn, after: SchemaColumn): SchemaDifference[] {
  const column = after.name;
  const found: SchemaDifference[] = [];
  const tell = (what: SchemaDifference['what'], text: string): void => {
    found.push({ column, what, text });
  };
  if (before.role !== after.role) tell('role', `${before.role} is now ${after.role}`);
  if (before.type !== after.type) tell('type', `${before.type} is now ${after.type}`);
  if (before.maxNullShare !== after.maxNullShare) {
    tell('nulls', `empty in at most ${share(before.maxNullShare)}, now ${share(after.maxNullShare)}`);
  }
  if (canonicalJson(before.range) !== canonicalJson(after.range)) {
    tell('range', `${span(before.range)}, now ${span(after.range)}`);
  }
  const categories = categoryText(before, after);
  if (categories !== null) tell('categories', categories);
  return found;
}

/** @param before null: everything is new */
export function diffSchemas(before: SourceSchema | null, after: SourceSchema): SchemaDifference[] {
  const known = new Map((before?.columns ?? []).map((column) => [column.name, column]));
  const there = new Set(after.columns.map(({ name }) => name));
  const changed = after.columns.flatMap((column): SchemaDifference[] => {
    const was = known.get(column.name);
    return was === undefined ? [{ column: column.name, what: 'added', text: column.type }] : differences(was, column);
  });
  const removed = (before?.columns ?? [])
    .filter(({ name }) => !there.has(name))
    .map(({ name, type }): SchemaDifference => ({ column: name, what: 'removed', text: type }));
  return [...changed, ...removed];
}
