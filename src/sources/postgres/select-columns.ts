/**
 * The SELECT inside COPY: each wanted column cast on the server to one of four wire types, the rows filtered there by
 * window, as-of and sample.
 */
import { PipelineError } from '../../core/errors.js';
import { sampleFilter } from '../sample.js';
import { type ColumnUse, LABEL_KEYS, ROW_KEYS, type RowScope, type WantedColumn } from '../source.js';
import { quoteIdent, zonedLiteral } from '../sql.js';
import type { WireType } from './copy-decoder.js';
import type { PostgresColumn, PostgresRelation } from './relation.js';

const INTEGERS = new Set([20, 21, 23]);
const FLOATS = new Set([700, 701]);
const BOOLEAN = 16;
const DATE = 1082;
const ZONED = 1184;

const columnOf = (relation: PostgresRelation, wanted: WantedColumn): PostgresColumn => {
  const column = relation.columns.find((candidate) => candidate.name === wanted.source);
  if (column !== undefined) return column;
  throw new PipelineError('INVARIANT_BROKEN', `The column "${wanted.source}" was not checked before it was read.`);
};

/** Floats without a fraction as integers: the text is then the same from every kind of source. */
function textOf(value: string, oid: number): string {
  if (FLOATS.has(oid)) {
    return `CASE WHEN ${value} = trunc(${value}::float8) AND abs(${value}) < 9007199254740992 THEN ${value}::int8::text ELSE ${value}::text END`;
  }
  return oid === ZONED ? `(${value} AT TIME ZONE 'UTC')::text` : `${value}::text`;
}

function wireOf(value: string, column: PostgresColumn, use: ColumnUse): { wire: WireType; sql: string } {
  if (use === 'number') {
    if (column.oid === 701) return { wire: 'float8', sql: value };
    return { wire: 'float8', sql: column.oid === BOOLEAN ? `${value}::int::float8` : `${value}::float8` };
  }
  if (use === 'time') return { wire: 'timestamp', sql: column.oid === DATE ? `${value}::timestamp` : value };
  if (INTEGERS.has(column.oid)) return { wire: 'int8', sql: `${value}::int8` };
  return { wire: 'text', sql: textOf(value, column.oid) };
}

const at = (alias: string, column: { source: string }): string => `${alias}.${quoteIdent(column.source)}`;

/** Infinite instants arrive as nulls, so the filter keeps them as it keeps nulls: to be counted, and quarantined. */
const orNoInstant = (value: string): string => `${value} IS NULL OR ${value} IN ('infinity', '-infinity')`;

function rowFilter(relation: PostgresRelation, wanted: readonly WantedColumn[], scope: RowScope): string {
  const named = (key: string): WantedColumn | undefined => wanted.find((column) => column.key === key);
  const filters: string[] = [];
  const eventAt = named(ROW_KEYS.eventAt);
  if (eventAt !== undefined && scope.window !== null) {
    const value = at('source', eventAt);
    const { start, end } = scope.window;
    const inside = `(${value} >= ${zonedLiteral(start)} AND ${value} < ${zonedLiteral(end)})`;
    filters.push(`(${inside} OR ${orNoInstant(value)})`);
  }
  const knownAt = named(ROW_KEYS.rowKnownAt);
  if (knownAt !== undefined) {
    const value = at('source', knownAt);
    filters.push(`(${value} <= ${zonedLiteral(scope.rowsAsOf)} OR ${orNoInstant(value)})`);
  }
  const id = named(ROW_KEYS.id);
  if (id !== undefined) {
    const idText = textOf(at('source', id), columnOf(relation, id).oid);
    const sample = sampleFilter(scope.sample, idText, (text) => `md5(convert_to(${text}, 'UTF8')) COLLATE "C"`);
    if (sample !== null) filters.push(`coalesce(${sample}, true)`);
  }
  return filters.length === 0 ? '' : ` WHERE ${filters.join(' AND ')}`;
}

export interface CopyPlan {
  readonly sql: string;
  readonly wires: readonly WireType[];
}

const selectList = (relation: PostgresRelation, wanted: readonly WantedColumn[]) =>
  wanted.map((column) => wireOf(at('source', column), columnOf(relation, column), column.use));

export interface RowsPlan extends CopyPlan {
  /** What is copied. */
  readonly select: string;
  /** The same in two parts of about equal size, for a table whose rows have places. */
  readonly halves: readonly CopyPlan[];
}

const copyOf = (select: string): string => `COPY (${select}) TO STDOUT (FORMAT binary)`;

export function copyRows(relation: PostgresRelation, wanted: readonly WantedColumn[], scope: RowScope): RowsPlan {
  const list = selectList(relation, wanted);
  const where = rowFilter(relation, wanted, scope);
  const select = `SELECT ${list.map((item) => item.sql).join(', ')} FROM ${relation.from} AS source${where}`;
  const wires = list.map((item) => item.wire);
  // By a hash of the row's place: halves are equal wherever a table keeps its rows, and the server scans it as it would for all.
  const isFirst = 'hashtid(source.ctid) < 0';
  const halves = [isFirst, `(${isFirst}) IS NOT TRUE`].map((part) => ({
    sql: copyOf(`${select}${where === '' ? ' WHERE' : ' AND'} ${part}`),
    wires,
  }));
  return { sql: copyOf(select), wires, select, halves };
}

/** Only the facts known at the as-of, of ids that the rows in scope have. */
export function copyLabels(
  labels: { readonly relation: PostgresRelation; readonly wanted: readonly WantedColumn[] },
  rows: { readonly relation: PostgresRelation; readonly wanted: readonly WantedColumn[] },
  scope: RowScope,
): CopyPlan {
  const list = selectList(labels.relation, labels.wanted);
  const select = list.map((item) => item.sql).join(', ');
  const idOf = (side: typeof labels, key: string): { value: string; oid: number } => {
    const column = side.wanted.find((candidate) => candidate.key === key);
    if (column === undefined) throw new PipelineError('INVARIANT_BROKEN', `Nothing asked for ${key}.`);
    return { value: at('source', column), oid: columnOf(side.relation, column).oid };
  };
  const factId = idOf(labels, LABEL_KEYS.id);
  const rowId = idOf(rows, ROW_KEYS.id);
  const isSame = factId.oid === rowId.oid;
  const fact = isSame ? factId.value : textOf(factId.value, factId.oid);
  const row = isSame ? rowId.value : textOf(rowId.value, rowId.oid);
  const known = labels.wanted.find((column) => column.key === LABEL_KEYS.knownAt);
  const isKnown =
    known === undefined
      ? ''
      : ` AND ${at('source', known)} <= ${zonedLiteral(scope.labelsAsOf)} AND ${at('source', known)} <> '-infinity'`;
  const ids = `SELECT ${row} FROM ${rows.relation.from} AS source${rowFilter(rows.relation, rows.wanted, scope)}`;
  return {
    sql: copyOf(`SELECT ${select} FROM ${labels.relation.from} AS source WHERE ${fact} IN (${ids})${isKnown}`),
    wires: list.map((item) => item.wire),
  };
}
