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

/** What the reader of a CSV says is no fact of the source. */
const typeText = (type: string, isCsv: boolean): string => (isCsv && type === 'VARCHAR' ? 'text (CSV)' : type);

const columnTable = ({ to, isCsv }: SchemaDiff, options: TableOptions): string =>
  table(
    COLUMNS,
    to.schema.columns.map((column) => [
      plain(column.name),
      column.role,
      typeText(column.type, isCsv),
      column.maxNullShare === null ? 'any' : share(column.maxNullShare),
      ...bounds(column),
      categories(column),
    ]),
    options,
  );

const CHANGES: readonly Column[] = [{ title: 'COLUMN' }, { title: 'WHAT' }, { title: 'DIFFERENCE', isFlexible: true }];

function comparison({ from, differences, isCsv }: SchemaDiff, options: TableOptions): string {
  const against = from === null ? 'against nothing: none was accepted yet' : `against version ${from.version}`;
  const rows = differences.map(({ column, what, text }) => [
    plain(column),
    what,
    what === 'added' ? typeText(plain(text), isCsv) : plain(text),
  ]);
  const body = rows.length === 0 ? 'Nothing differs.' : table(CHANGES, rows, options);
  return [`compared  ${against}`, '', body].join('\n');
}

const howToAccept = ({ modelId, from, to }: SchemaDiff): string[] =>
  to.isCurrent || (from !== null && from.version === to.version)
    ? []
    : ['', `Accept it: perennial schema accept ${modelId} --version ${to.version} --reason "why"`];

/** Of what was just inferred: its columns, and what differs from the accepted one, where there is one. */
export function renderInferred(diff: SchemaDiff, options: TableOptions): string {
  const differs = diff.from === null ? [] : ['', comparison(diff, options)];
  return [schemaHead(diff.to), '', columnTable(diff, options), ...differs, ...howToAccept(diff)].join('\n');
}

export function renderSchemaDiff(diff: SchemaDiff, options: TableOptions): string {
  return [schemaHead(diff.to), comparison(diff, options), ...howToAccept(diff)].join('\n');
}
