/**
 * Parquet and CSV files as SQL for DuckDB: how a path is read, and how each of its columns becomes text, number or
 * instant. CSV is read as text throughout: its sniffer would turn the category `007` into 7.
 */
import { PipelineError } from '../core/errors.js';
import { sampleFilter } from './sample.js';
import { type ColumnUse, LABEL_KEYS, ROW_KEYS, type RowScope, type SourceColumn, type WantedColumn } from './source.js';
import { quoteIdent, quoteLiteral, timestampLiteral } from './sql.js';

export type FileKind = 'parquet' | 'csv';

export const fileScan = (kind: FileKind, path: string): string =>
  kind === 'parquet'
    ? `read_parquet(${quoteLiteral(path)}, hive_partitioning = false)`
    : `read_csv(${quoteLiteral(path)}, all_varchar = true, header = true, hive_partitioning = false)`;

const NUMBERS = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\)|BOOLEAN)$/;
const TIMES = /^(TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?|DATE)$/;
const TEXTS = /^(VARCHAR|UUID|ENUM\(.*\)|TIME.*)$/s;

/** How a DuckDB type may be read. In CSV every column is text, and text is read as anything it parses as. */
export function usesOf(type: string, kind: FileKind): ColumnUse[] {
  if (kind === 'csv') return ['text', 'number', 'time'];
  if (NUMBERS.test(type)) return ['text', 'number'];
  if (TIMES.test(type)) return ['text', 'time'];
  if (type === 'VARCHAR') return ['text', 'time'];
  return TEXTS.test(type) ? ['text'] : [];
}

/** Floats as Postgres writes them: 1 and not 1.0, NaN, Infinity. */
const floatText = (value: string): string =>
  `CASE WHEN isnan(${value}) THEN 'NaN' WHEN isinf(${value}) THEN CASE WHEN ${value} > 0 THEN 'Infinity' ELSE '-Infinity' END ` +
  `WHEN ${value} = trunc(${value}) AND abs(${value}) < 9007199254740992 THEN CAST(CAST(${value} AS BIGINT) AS VARCHAR) ` +
  `ELSE CAST(${value} AS VARCHAR) END`;

/** The session's time zone is UTC: an instant with a zone becomes UTC, one without is taken as UTC. */
function expression(value: string, type: string, use: ColumnUse): string {
  if (use === 'text') {
    if (type === 'FLOAT' || type === 'DOUBLE') return floatText(value);
    return type === 'TIMESTAMP WITH TIME ZONE'
      ? `CAST(CAST(${value} AS TIMESTAMP) AS VARCHAR)`
      : `CAST(${value} AS VARCHAR)`;
  }
  if (use === 'number') {
    if (type === 'VARCHAR') return `TRY_CAST(trim(${value}) AS DOUBLE)`;
    // By way of text: a decimal divided by its scale may miss the nearest double.
    return type.startsWith('DECIMAL') ? `CAST(CAST(${value} AS VARCHAR) AS DOUBLE)` : `CAST(${value} AS DOUBLE)`;
  }
  const instant =
    type === 'VARCHAR'
      ? `CAST(TRY_CAST(trim(${value}) AS TIMESTAMP WITH TIME ZONE) AS TIMESTAMP)`
      : `CAST(${value} AS TIMESTAMP)`;
  return `CASE WHEN isfinite(${instant}) THEN ${instant} END`;
}

/** The key of the flag that says: there was a text, and it is no number. Only text columns read as numbers have it. */
export const unparsedKey = (key: string): string => `${key}_unparsed`;

export interface FileRelation {
  readonly scan: string;
  readonly kind: FileKind;
  readonly columns: readonly SourceColumn[];
}

function typeOf(relation: FileRelation, wanted: WantedColumn): string {
  const column = relation.columns.find((candidate) => candidate.name === wanted.source);
  if (column === undefined) {
    throw new PipelineError('INVARIANT_BROKEN', `The column "${wanted.source}" was not checked before it was read.`);
  }
  return column.type;
}

const select = (relation: FileRelation, wanted: readonly WantedColumn[]): string =>
  wanted
    .flatMap((column) => {
      const type = typeOf(relation, column);
      const value = quoteIdent(column.source);
      const read = expression(value, type, column.use);
      const list = [`${read} AS ${column.key}`];
      if (column.use === 'number' && type === 'VARCHAR') {
        list.push(`(${value} IS NOT NULL AND trim(${value}) <> '' AND ${read} IS NULL) AS ${unparsedKey(column.key)}`);
      }
      return list;
    })
    .join(', ');

/** A SELECT of the rows in scope. */
export function fileRows(relation: FileRelation, wanted: readonly WantedColumn[], scope: RowScope): string {
  const filters: string[] = [];
  if (scope.window !== null) {
    const { start, end } = scope.window;
    filters.push(
      `((${ROW_KEYS.eventAt} >= ${timestampLiteral(start)} AND ${ROW_KEYS.eventAt} < ${timestampLiteral(end)}) OR ${ROW_KEYS.eventAt} IS NULL)`,
    );
  }
  if (wanted.some((column) => column.key === ROW_KEYS.rowKnownAt)) {
    // A row without a known-at stays, to be counted and quarantined.
    filters.push(`(${ROW_KEYS.rowKnownAt} <= ${timestampLiteral(scope.rowsAsOf)} OR ${ROW_KEYS.rowKnownAt} IS NULL)`);
  }
  const sample = sampleFilter(scope.sample, ROW_KEYS.id, (text) => `md5(${text})`);
  const inScope = filters.length === 0 ? 'true' : filters.join(' AND ');
  // A CASE, since DuckDB puts the terms of an AND in an order of its own: the hash is for rows in scope only.
  const where = sample === null ? inScope : `CASE WHEN ${inScope} THEN coalesce(${sample}, true) ELSE false END`;
  return `SELECT * FROM (SELECT ${select(relation, wanted)} FROM ${relation.scan}) WHERE ${where}`;
}

/** A SELECT of the label facts known at the as-of; `rowsTable` holds the ids that matter. */
export function fileLabels(
  relation: FileRelation,
  wanted: readonly WantedColumn[],
  options: { scope: RowScope; rowsTable: string },
): string {
  const known = wanted.some((column) => column.key === LABEL_KEYS.knownAt)
    ? ` AND ${LABEL_KEYS.knownAt} <= ${timestampLiteral(options.scope.labelsAsOf)}`
    : '';
  return (
    `SELECT * FROM (SELECT ${select(relation, wanted)} FROM ${relation.scan}) ` +
    `WHERE ${LABEL_KEYS.id} IN (SELECT ${ROW_KEYS.id} FROM ${options.rowsTable})${known}`
  );
}
