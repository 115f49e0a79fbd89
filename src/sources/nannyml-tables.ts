/**
 * Reads what is new in the metric tables that NannyML's DatabaseWriter fills, after a remembered place. Runs cannot be told
 * by time (all runs of one process share `execution_timestamp`), so that row ids are the place; `model_id` may be null;
 * times may or may not carry a zone, and without one are read as UTC. One state of all tables is read, and the rows of one
 * transaction are never torn apart.
 */
import { z } from 'zod';
import { PipelineError } from '../core/errors.js';
import type { DriftClaim, Envelope } from '../core/signals/drift-claim.js';
import { claimsOfRows, NANNYML_TABLES, type NannyRow } from '../core/signals/nannyml-rows.js';
import type { Instant } from '../core/types.js';
import { advance, type NannyPlace, NOTHING_SEEN, placeSchema, type TablePlace } from './nannyml-place.js';
import { openSession, type PostgresSession } from './postgres/session.js';
import { quoteIdent } from './sql.js';

export interface NannymlSource {
  readonly url: string | undefined;
  /** The environment variable that holds the URL: messages name it, never the URL. */
  readonly urlEnv: string;
  /** Where the tables are, `public` for most. */
  readonly schema: string;
  /** The name in NannyML's table `model`; null: rows without a model. */
  readonly modelName: string | null;
  /** Chunks that ended before are passed over; null takes all that is there. */
  readonly since: Instant | null;
}

export interface NannymlNews {
  readonly claims: readonly DriftClaim[];
  /** Where to read on, once the claims are kept. */
  readonly place: NannyPlace;
  /** There is more already. */
  readonly hasMore: boolean;
}

/** Rows a table and read. */
const BATCH = 2_000;

const rowSchema = z.object({
  id: z.coerce.number().int(),
  run_id: z.coerce.number().int(),
  written_by: z.string(),
  start_ms: z.coerce.number().int().nullable(),
  end_ms: z.coerce.number().int().nullable(),
  fields: z.string().nullable(),
});

/** A place that was stored. @throws INVARIANT_BROKEN when it is none */
export function parsePlace(stored: unknown): NannyPlace {
  const read = placeSchema.safeParse(stored ?? {});
  if (read.success) return read.data;
  throw new PipelineError('INVARIANT_BROKEN', `The stored place in NannyML's tables is none: ${read.error.message}`);
}

async function tablesOf(session: PostgresSession, schema: string): Promise<string[]> {
  const { rows } = await session.query(
    `select table_name from information_schema.tables where table_schema = $1 and table_name = any($2::text[])`,
    [schema, [...NANNYML_TABLES]],
  );
  const names = rows.map((row) => String(row.table_name)).sort();
  if (names.length > 0) return names;
  throw new PipelineError(
    'DATA_SCHEMA_VIOLATION',
    `Schema ${schema} holds none of NannyML's tables (${NANNYML_TABLES.join(', ')}), or its role may not see them. ` +
      'Let DatabaseWriter write once, grant select, or name the schema.',
    { details: { schema } },
  );
}

/** Whole transactions: of each that the first rows belong to, all its new rows. */
function statementFor(table: string, schema: string): string {
  const [name, models] = [table, 'model'].map((one) => `${quoteIdent(schema)}.${quoteIdent(one)}`);
  const isNew = `(t.id > $1::bigint or exists (
      select from unnest($2::bigint[], $3::bigint[]) gap (first, last) where t.id between gap.first and gap.last))`;
  return `
    with first_rows as (select t.xmin as written_by from ${name} t where ${isNew} order by t.id limit ${BATCH})
    select t.id::text as id, t.run_id::text as run_id, t.xmin::text as written_by,
      floor(extract(epoch from t.start_timestamp) * 1000)::bigint::text as start_ms,
      floor(extract(epoch from t.end_timestamp) * 1000)::bigint::text as end_ms,
      case when (case when $4::text is null then t.model_id is null else m.name = $4::text end)
        then to_jsonb(t)::text end as fields
    from ${name} t left join ${models} m on m.id = t.model_id
    where ${isNew} and t.xmin in (select written_by from first_rows)
    order by t.id`;
}

interface TableNews {
  readonly rows: readonly NannyRow[];
  readonly ids: readonly number[];
}

async function readTable(session: PostgresSession, source: NannymlSource, at: { table: string; place: TablePlace }) {
  const { table, place } = at;
  const found = await session.query(statementFor(table, source.schema), [
    place.seen,
    place.gaps.map(({ from }) => from),
    place.gaps.map(({ to }) => to),
    source.modelName,
  ]);
  const sinceMs = source.since === null ? Number.NEGATIVE_INFINITY : Date.parse(source.since);
  const all = found.rows.map((row) => rowSchema.parse(row));
  const rows = all.flatMap((row): NannyRow[] => {
    const { fields, start_ms: startMs, end_ms: endMs } = row;
    if (fields === null || startMs === null || endMs === null || endMs < sinceMs) return [];
    return [
      { table, id: row.id, runId: row.run_id, writtenBy: row.written_by, startMs, endMs, fields: JSON.parse(fields) },
    ];
  });
  return { rows, ids: all.map(({ id }) => id) } satisfies TableNews;
}

/**
 * @param envelope model, source and time of receipt; windows come from the rows
 * @throws SOURCE_UNAVAILABLE, DATA_SCHEMA_VIOLATION
 */
export async function readNannymlNews(
  source: NannymlSource,
  from: { readonly place: NannyPlace; readonly envelope: Envelope; readonly signal: AbortSignal },
): Promise<NannymlNews> {
  const { place, envelope, signal } = from;
  const session = await openSession({ url: source.url, urlEnv: source.urlEnv, signal });
  try {
    const claims: DriftClaim[] = [];
    const next: NannyPlace = { ...place };
    let hasMore = false;
    for (const table of await tablesOf(session, source.schema)) {
      const before = place[table] ?? NOTHING_SEEN;
      const { rows, ids } = await readTable(session, source, { table, place: before });
      const isCut = ids.length >= BATCH;
      claims.push(...claimsOfRows(rows, envelope));
      next[table] = advance(before, ids, { now: envelope.receivedAt, isCut });
      hasMore ||= isCut;
    }
    return { claims, place: next, hasMore };
  } finally {
    await session.close();
  }
}
