/**
 * A table or a SELECT of the user as something that columns can be read from: its text for FROM, and its columns with their
 * types. A table's name is resolved and quoted by the server itself.
 */
import { PipelineError } from '../../core/errors.js';
import type { ColumnUse, SourceColumn } from '../source.js';
import { bindInstants, type InstantName } from './bind-instants.js';
import type { PostgresSession } from './session.js';

/** Settings of the transaction that hold instants; each relation has its own as-of. */
export const SETTINGS = {
  start: 'perennial.window_start',
  end: 'perennial.window_end',
  rowsAsOf: 'perennial.rows_as_of',
  labelsAsOf: 'perennial.labels_as_of',
} as const;

const readInstant = (setting: string): string => `current_setting('${setting}')::timestamptz`;

export interface PostgresColumn extends SourceColumn {
  readonly oid: number;
  readonly category: string;
}

export interface PostgresRelation {
  /** Goes after FROM, without an alias. */
  readonly from: string;
  /** About how many rows lie in it, where it is a table of its own, whose rows have places; null for all else: a child table may be a foreign one. */
  readonly rowsInPlaces: number | null;
  readonly columns: readonly PostgresColumn[];
}

async function fromText(
  session: PostgresSession,
  relation: { readonly table?: string | undefined; readonly query?: string | undefined },
  asOfSetting: string,
): Promise<{ from: string; rowsInPlaces: number | null }> {
  if (relation.query !== undefined) {
    const settings: Record<InstantName, string> = { start: SETTINGS.start, end: SETTINGS.end, as_of: asOfSetting };
    const query = bindInstants(relation.query, (name) => readInstant(settings[name]));
    return { from: `(${query}\n)`, rowsInPlaces: null };
  }
  if (relation.table === undefined) {
    throw new PipelineError('SPEC_INVALID', 'A Postgres source needs `table` or `query`.');
  }
  const { rows } = await session.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name, CASE WHEN c.relkind IN ('r', 'm') AND NOT c.relhassubclass THEN c.reltuples::float8 END AS rows FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)`,
    [relation.table],
  );
  const { name, rows: rowsInPlaces } = rows[0] ?? {};
  if (typeof name === 'string') {
    return { from: name, rowsInPlaces: typeof rowsInPlaces === 'number' ? rowsInPlaces : null };
  }
  throw new PipelineError(
    'DATA_SCHEMA_VIOLATION',
    `The database has no table "${relation.table}" that its role can see. Correct source.table, or name it with its schema.`,
    { details: { table: relation.table } },
  );
}

const UUID = 2950;
const JSON_TYPES = new Set([114, 3802]);
const TIMES = new Set([1082, 1114, 1184]);

/** By Postgres' type category: N number, B boolean, S string, E enum, D date and time. */
function usesOf(oid: number, category: string): ColumnUse[] {
  if (TIMES.has(oid)) return ['text', 'time'];
  if (category === 'N' || category === 'B') return ['text', 'number'];
  return ['S', 'E', 'D', 'T'].includes(category) || oid === UUID || JSON_TYPES.has(oid) ? ['text'] : [];
}

/** @param asOfSetting which of SETTINGS `:as_of` reads in this relation */
export async function describeRelation(
  session: PostgresSession,
  relation: { readonly table?: string | undefined; readonly query?: string | undefined },
  asOfSetting: string,
): Promise<PostgresRelation> {
  const { from, rowsInPlaces } = await fromText(session, relation, asOfSetting);
  const { fields } = await session.query(`SELECT * FROM ${from} AS source LIMIT 0`, []);
  const oids = [...new Set(fields.map((field) => field.dataTypeID))];
  const { rows } = await session.query(
    'SELECT oid::int8::text AS oid, format_type(oid, NULL) AS name, typcategory::text AS category FROM pg_type WHERE oid = ANY($1::oid[])',
    [oids],
  );
  const types = new Map(
    rows.map((row) => [Number(row.oid), { name: String(row.name), category: String(row.category) }]),
  );
  const columns = fields.map((field) => {
    const oid = field.dataTypeID;
    const { name: type, category } = types.get(oid) ?? { name: `oid ${oid}`, category: '' };
    return { name: field.name, type, oid, category, uses: usesOf(oid, category) };
  });
  return { from, rowsInPlaces, columns };
}
