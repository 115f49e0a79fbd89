/** `perennial schema`: a schema column by column, and what a review has to look at. */
import type { SchemaDiff } from '../client/schema-calls.js';
import type { SchemaColumn } from '../core/quality/source-schema.js';
import type { SchemaRow } from '../registry/source-schemas.js';
import { instant, NOTHING, number, share, windowText } from './format.js';
import { type Column, fields, plain, type TableOptions, table } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'COLUMN' },
  { title: 'ROLE' },
  { title: 'TYPE' },
  { title: 'EMPTY', align: 'right' },
  { title: 'FROM', align: 'right' },
  { title: 'TO', align: 'right' },
  { title: 'CATEGORIES', isFlexible: true },
];

const NAMED = 12;

function categories({ categories: list }: SchemaColumn): string {
  if (list === null) return NOTHING;
  const more = list.length > NAMED ? ` … (${list.length})` : '';
  return `${list.slice(0, NAMED).map(plain).join(', ')}${more}`;
}

function review({ accepted, isCurrent }: SchemaRow): string {
  if (accepted === null) return 'proposed: nobody has accepted it yet';
  const was = `accepted by ${plain(accepted.by)} at ${instant(accepted.at)}: ${plain(accepted.reason)}`;
  return isCurrent ? was : `${was} (another one holds now)`;
}

const schemaHead = (row: SchemaRow): string =>
  fields([
    ['schema', `version ${row.version}`],
    [
      'inferred',
      `from ${row.rows} rows of ${windowText(row.window)}, as of ${instant(row.asOf)}, by ${plain(row.proposedBy)}`,
    ],
    ['review', review(row)],
  ]);

const bounds = (column: SchemaColumn): readonly [string, string] =>
  column.range === null
    ? [NOTHING, NOTHING]
    : [number(column.range.min, { digits: 2 }), number(column.range.max, { digits: 2 })];

export function renderSchema(row: SchemaRow, options: TableOptions): string {
  const rows = row.schema.columns.map((column) => [
    plain(column.name),
    column.role,
    column.type,
    column.maxNullShare === null ? 'any' : share(column.maxNullShare),
    ...bounds(column),
    categories(column),
  ]);
  return [schemaHead(row), '', table(COLUMNS, rows, options)].join('\n');
}

const CHANGES: readonly Column[] = [{ title: 'COLUMN' }, { title: 'WHAT' }, { title: 'DIFFERENCE', isFlexible: true }];

export function renderSchemaDiff({ modelId, from, to, differences }: SchemaDiff, options: TableOptions): string {
  const against = from === null ? 'against nothing: none was accepted yet' : `against version ${from.version}`;
  const rows = differences.map(({ column, what, text }) => [plain(column), what, plain(text)]);
  const body = rows.length === 0 ? 'Nothing differs.' : table(CHANGES, rows, options);
  const accept =
    to.isCurrent || (from !== null && from.version === to.version)
      ? []
      : ['', `Accept it: perennial schema accept ${modelId} --version ${to.version} --reason "why"`];
  return [schemaHead(to), `compared  ${against}`, '', body, ...accept].join('\n');
}
